//! Means over pairs of rows: each pair in single precision, as the rows are, and their sums in double.

use kiln_kernels::pairs::{Kernel, Pairs, host};

/// Rows of a set that are looked at where all pairs count: with more they would take minutes, and the sample's own error is small by then.
pub(super) const LIMIT: usize = 20_000;

/// `E k(X, Y)`.
pub(super) fn mean(x: &[f32], y: &[f32], dim: usize, kernel: &Kernel, pairs: Pairs) -> f64 {
    let means = host::kernel_mean(x, y, dim, kernel, pairs);
    means.iter().sum::<f64>() / means.len() as f64
}

/// The maximum mean discrepancy squared, `E k(X, X') + E k(Y, Y') − 2 E k(X, Y)`, without bias: no row is paired with itself.
///
/// Lemma 6, Gretton et al. 2012, <https://jmlr.org/papers/v13/gretton12a.html>.
pub(super) fn discrepancy(x: &[f32], y: &[f32], dim: usize, kernel: &Kernel) -> f64 {
    let within = |x: &[f32]| mean(x, x, dim, kernel, Pairs::Distinct);
    within(x) + within(y) - 2.0 * mean(x, y, dim, kernel, Pairs::All)
}
