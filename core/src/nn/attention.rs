//! Attention between tokens, the one that every network here shares.
//!
//! ```text
//! softmax(q kᵀ / √d) v
//! ```
//!
//! Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>, Eq. 1 and section 3.2.2 (heads).

use burn::prelude::*;
use kiln_kernels::attention::{Options, attention};

/// Queries `[batch, heads, tokens, d]` look at keys and values `[batch, heads, others, d]`: `[batch, heads, tokens, d]`.
///
/// `padding` is `[batch, others]`, true where there is nothing to look at; whoever has nothing at all to look at sees zeros.
pub fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, padding: Option<&Tensor<2, Bool>>) -> Tensor<4> {
    attention(q, k, v, &Options { padding: padding.cloned(), ..Options::default() })
}

/// `[batch, tokens, N heads d]` to N times `[batch, heads, tokens, d]`.
pub fn split<const N: usize>(x: Tensor<3>, heads: usize) -> [Tensor<4>; N] {
    let [b, t, width] = x.dims();
    let x = x.reshape([b, t, N * heads, width / (N * heads)]).swap_dims(1, 2); // [B, NH, T, D]
    std::array::from_fn(|i| x.clone().narrow(1, i * heads, heads))
}

/// `[batch, heads, tokens, d]` to `[batch, tokens, heads d]`: the inverse of [`split`] for one part.
pub fn merge(x: Tensor<4>) -> Tensor<3> {
    let [b, h, t, d] = x.dims();
    x.swap_dims(1, 2).reshape([b, t, h * d])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor<const D: usize>(values: &[f64], shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(
            TensorData::new(values.to_vec(), shape),
            (&Device::flex(), burn::tensor::DType::F64),
        )
    }

    #[test]
    fn weights_are_the_softmax_of_scaled_products() {
        let (q, k) = (tensor(&[1.0, 2.0], [1, 1, 1, 2]), tensor(&[3.0, -1.0, 0.5, 0.5], [1, 1, 2, 2]));
        let v = tensor(&[10.0, 20.0], [1, 1, 2, 1]);
        let (first, second) = ((1.0 / 2f64.sqrt()).exp(), (1.5 / 2f64.sqrt()).exp());
        let expected = (10.0 * first + 20.0 * second) / (first + second);
        let out = attend(q, k, v, None).into_scalar::<f64>();
        assert!((out - expected).abs() < 1e-12, "{out} {expected}");
    }

    #[test]
    fn padding_has_no_weight_and_padding_alone_gives_zero() {
        let (q, k) = (tensor(&[1.0, 1.0], [2, 1, 1, 1]), tensor(&[0.3, 9.0, 0.3, 9.0], [2, 1, 2, 1]));
        let v = tensor(&[4.0, 7.0, 4.0, 7.0], [2, 1, 2, 1]);
        let padding = Tensor::<2, Bool>::from_data([[false, true], [true, true]], &Device::flex());
        let out: Vec<f64> = attend(q, k, v, Some(&padding)).into_data().try_to_vec().expect("numbers");
        assert_eq!(out, [4.0, 0.0]);
    }

    #[test]
    fn merging_undoes_splitting() {
        let values: Vec<f64> = (0..2 * 3 * 8).map(f64::from).collect();
        let x = tensor(&values, [2, 3, 8]);
        let [whole] = split::<1>(x.clone(), 4);
        assert_eq!(whole.dims(), [2, 4, 3, 2]);
        assert_eq!(merge(whole).into_data(), x.clone().into_data());
        let [first, second] = split::<2>(x.clone(), 2);
        assert_eq!(Tensor::cat(vec![merge(first), merge(second)], 2).into_data(), x.into_data());
    }
}
