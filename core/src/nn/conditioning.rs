//! What a network makes of noise level and class: one vector a row, and the shifts, scales and gates its blocks take from it.
//!
//! ```text
//! e = silu(W₂ silu(W₁ fourier(c_noise)) + C·class),   [shift, scale, gate] = M e,   x ← x + gate · f((1 + scale) x̂ + shift)
//! ```
//!
//! where `x̂` is `x` after layer normalisation. `M` begins at zero, so each block begins as the identity: adaLN-Zero (Peebles and
//! Xie 2023, <https://arxiv.org/abs/2212.09748>, section 3.2).

use burn::prelude::*;
use kiln_kernels::activation::silu;

use super::layers::normalised;
use super::{Condition, Init, Linear, fourier_of};

/// Noise level and class as one vector.
#[derive(Module, Debug)]
pub struct Embedder {
    first: Linear,
    second: Linear,
    class: Option<Linear>,
    features: usize,
}

impl Embedder {
    /// From `features` sines and cosines of the noise level, and one of `classes`, to a vector of `width`.
    pub fn new([features, width]: [usize; 2], classes: usize, init: &Init) -> Self {
        Self {
            first: Linear::new(features, width, &init.at("first")),
            second: Linear::new(width, width, &init.at("second")),
            class: (classes > 0).then(|| Linear::new(classes, width, &init.at("class"))),
            features,
        }
    }

    /// `[batch, width]`, or `[1, width]` where noise level and class are the batch's.
    pub fn forward(&self, condition: &Condition, device: &Device) -> Tensor<2> {
        let level = self.first.forward(fourier_of(condition, self.features, device));
        let mut e = self.second.forward(silu(level));
        if let (Some(layer), Some(class)) = (&self.class, &condition.class) {
            e = e + layer.forward(class.clone());
        }
        silu(e)
    }
}

/// Cuts the last axis into `N` equal parts.
pub fn parts<const N: usize, const D: usize>(x: Tensor<D>) -> [Tensor<D>; N] {
    let width = x.dims()[D - 1] / N;
    std::array::from_fn(|i| x.clone().narrow(D - 1, i * width, width))
}

/// `(1 + scale) x̂ + shift`, with one shift and scale for all samples or for each.
pub fn modulated<const D: usize>(x: Tensor<D>, shift: Tensor<D>, scale: Tensor<D>) -> Tensor<D> {
    let lines = |x: Tensor<D>| {
        let [samples, width] = [x.dims()[0], x.dims()[D - 1]];
        x.reshape([samples, width])
    };
    normalised(x, lines(scale) + 1.0, lines(shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_shift_and_scale_each_row_has_mean_zero_and_variance_one() {
        let device = Device::flex();
        let x = Tensor::<2>::from_floats([[1.0, 4.0, -2.0, 7.0], [100.0, 101.0, 99.0, 104.0]], &device);
        let zero = Tensor::<2>::zeros([1, 4], &device);
        let plain = modulated(x.clone(), zero.clone(), zero.clone());
        let (var, mean) = plain.clone().var_mean_bias(1);
        assert!(mean.abs().max().into_scalar::<f32>() < 1e-5);
        assert!((var - 1.0).abs().max().into_scalar::<f32>() < 1e-4);
        let other = modulated(x, zero.clone() + 3.0, zero + 1.0);
        let difference = (other - (plain * 2.0 + 3.0)).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-5, "{difference}");
    }
}
