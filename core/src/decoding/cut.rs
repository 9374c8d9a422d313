//! A threshold by weight, without sorting: on a GPU a sort is read back, and in a browser it cannot be.
//!
//! ```text
//! τ = max { τ : Σ_i w_i [v_i ≥ τ] ≥ wanted },   by halving an interval
//! ```

use burn::prelude::*;

/// Halvings of the interval: as many as single precision tells apart, and some.
const HALVINGS: usize = 32;

/// `τ` over the last axis: `[a, b, n]`, weights of the same shape, and wanted `[a, b, 1]`, to `[a, b, 1]`.
pub fn cut(values: &Tensor<3>, weights: &Tensor<3>, wanted: &Tensor<3>) -> Tensor<3> {
    let (mut low, mut high) = (values.clone().min_dim(2), values.clone().max_dim(2));
    for _ in 0..HALVINGS {
        let middle = (low.clone() + high.clone()) * 0.5;
        let below = values.clone().lower(middle.clone().expand(values.dims()));
        let mass = weights.clone().mask_fill(below, 0.0).sum_dim(2);
        let enough = mass.greater_equal(wanted.clone());
        low = low.mask_where(enough.clone(), middle.clone());
        high = middle.mask_where(enough, high);
    }
    low
}
