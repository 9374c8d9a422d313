//! Embeddings of noise levels and classes. They are computed on the host: a GPU's sine may be off by 1e-4.

use burn::prelude::*;

use super::Condition;

/// Sines and cosines of `c_noise` at `features / 2` frequencies, in octaves from 1/4 to 64 radians:
/// `[levels.len(), features]`.
///
/// A noise level enters as `c_noise = ln(σ) / 4` (Karras et al. 2022, Table 1), which lies within ±2.
pub fn fourier(levels: &[f64], features: usize, device: &Device) -> Tensor<2> {
    let half = features / 2;
    let mut values = Vec::with_capacity(levels.len() * features);
    for level in levels {
        let angle = |i: usize| level * libm::exp2(8.0 * i as f64 / (half.max(2) - 1) as f64 - 2.0);
        values.extend((0..half).map(|i| libm::cos(angle(i)) as f32));
        values.extend((0..features - half).map(|i| libm::sin(angle(i)) as f32));
    }
    Tensor::from_data(TensorData::new(values, [levels.len(), features]), device)
}

/// The features of what a network is told in numbers, `[1 or batch, features]`: of the noise level alone, or half of them of the
/// step's span.
pub fn fourier_of(condition: &Condition, features: usize, device: &Device) -> Tensor<2> {
    if condition.span.is_empty() {
        return fourier(&condition.noise, features, device);
    }
    let half = features / 2;
    let level = fourier(&condition.noise, features - half, device);
    Tensor::cat(vec![level, fourier(&condition.span, half, device)], 1)
}

/// `[classes.len(), count]`, a one in each row at the class; a row of zeros for `None`.
pub fn one_hot(classes: &[Option<u32>], count: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0_f32; classes.len() * count];
    for (row, class) in values.chunks_mut(count.max(1)).zip(classes) {
        if let Some(class) = class {
            row[*class as usize] = 1.0;
        }
    }
    Tensor::from_data(TensorData::new(values, [classes.len(), count]), device)
}

/// Numbers, one a row, beside `like`: `[rows, 1, …]`, on its device and of its precision.
pub fn column<const D: usize>(values: impl IntoIterator<Item = f64>, like: &Tensor<D>) -> Tensor<D> {
    let values: Vec<f64> = values.into_iter().collect();
    let mut shape = [1; D];
    shape[0] = values.len();
    Tensor::from_data(TensorData::new(values, shape), (&like.device(), like.dtype()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is told no span sees what was always seen; with one, each has its half.
    #[test]
    fn a_span_shares_the_features_with_the_noise_level() {
        let device = Device::flex();
        let plain = Condition { noise: vec![0.3, -1.0], ..Condition::default() };
        let spanned = Condition { span: vec![0.0, 0.7], ..plain.clone() };
        let read = |x: Tensor<2>| x.into_data();
        assert_eq!(read(fourier_of(&plain, 7, &device)), read(fourier(&plain.noise, 7, &device)));
        let both = fourier_of(&spanned, 7, &device);
        assert_eq!(read(both.clone().narrow(1, 0, 4)), read(fourier(&plain.noise, 4, &device)));
        assert_eq!(read(both.narrow(1, 4, 3)), read(fourier(&spanned.span, 3, &device)));
    }
}
