//! All pairs of two batches of rows, with a gradient: a matrix of them, as batches are small.

use burn::prelude::*;

/// `|x_i − y_j|²`, `[n, m]`, never negative.
///
/// By a product of matrices, about the rows' common mean: digits are lost only where rows lie near one another beside how far all of them spread.
pub(super) fn squares(x: &Tensor<2>, y: &Tensor<2>) -> Tensor<2> {
    let centre = (x.clone().mean_dim(0) + y.clone().mean_dim(0)).detach() * 0.5;
    let [x, y] = [x, y].map(|rows| rows.clone() - centre.clone());
    let norms = |rows: &Tensor<2>| rows.clone().square().sum_dim(1);
    let (own, other) = (norms(&x), norms(&y).transpose());
    (own + other - x.matmul(y.transpose()) * 2.0).clamp_min(0.0)
}

/// `|x_i − y_j|`: with a gradient of 0 where it is 0.
pub(super) fn distances(x: &Tensor<2>, y: &Tensor<2>) -> Tensor<2> {
    let squares = squares(x, y);
    let none = squares.clone().lower_equal_elem(1e-12);
    squares.mask_fill(none.clone(), 1.0).sqrt().mask_fill(none, 0.0)
}

/// The mean over pairs of different rows of a square matrix: `[1]`.
pub(super) fn mean_of_different(pairs: Tensor<2>) -> Tensor<1> {
    let n = pairs.dims()[0];
    assert!(n > 1, "one row makes no pair");
    let own = Tensor::<2, Bool>::diag_mask([n, n], 0, &pairs.device()).bool_not();
    pairs.mask_fill(own, 0.0).sum() / (n * (n - 1)) as f64
}
