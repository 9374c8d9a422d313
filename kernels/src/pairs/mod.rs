//! All pairs of two sets of rows, without the matrix of them: the nearest rows, and means of kernels.
//!
//! ```text
//! nearest       the k smallest |x_i − y_j|² of each i, and their j
//! quantise      q_i = y_j of the nearest j,   ∂L/∂x = ∂L/∂q
//! kernel_mean   Σ_j k(x_i, y_j) / m
//! ```
//!
//! Squares of differences are added up as they are: `|x|² + |y|² − 2 x·y` would be a product of matrices, and lose the digits of rows that
//! lie near one another and far from the origin.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::{DType, FloatDType};

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
mod gradient;
pub mod host;
mod reference;
mod sweep;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// The most neighbours that are looked for.
pub const MOST: usize = 32;
/// Rows that may be looked through: their numbers are told as floating-point numbers.
const ROWS: usize = 1 << 24;
/// As far as what is no finite number is taken to be.
const FAR: f32 = f32::MAX;

/// Which pairs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Each row of the one set with each of the other.
    All,
    /// The same but for rows of the same number: a set with itself.
    Distinct,
}

impl Pairs {
    /// Of how many pairs row `i` is one, beside `rows` others.
    fn count(self, i: usize, rows: usize) -> usize {
        rows - usize::from(self == Self::Distinct && i < rows)
    }
}

/// A similarity of two rows of `d` numbers, or how far apart they are.
#[derive(Clone, Debug, PartialEq)]
pub enum Kernel {
    /// The mean of `exp(−|x − y|² / 2h²)` over these `h`.
    Gaussian(Vec<f64>),
    /// The mean of `c² / (c² + |x − y|²)` over these `c` (Tolstikhin et al. 2018, <https://arxiv.org/abs/1711.01558>, section 4).
    InverseMultiquadric(Vec<f64>),
    /// `(x·y / d + 1)³` (Bińkowski et al. 2018, <https://arxiv.org/abs/1801.01401>).
    Polynomial,
    /// `|x − y|`.
    Distance,
}

impl Kernel {
    /// What is mixed: `−1 / 2h²`, or `c²`.
    fn parameters(&self) -> Vec<f32> {
        let of = |widths: &[f64], f: fn(f64) -> f64| {
            assert!(!widths.is_empty() && widths.iter().all(|h| *h > 0.0), "widths above 0, not {widths:?}");
            widths.iter().map(|h| f(*h) as f32).collect()
        };
        match self {
            Self::Gaussian(widths) => of(widths, |h| -0.5 / (h * h)),
            Self::InverseMultiquadric(widths) => of(widths, |c| c * c),
            Self::Polynomial | Self::Distance => Vec::new(),
        }
    }
}

/// The `k` rows of `y`, `[m, d]`, that lie nearest to each of `x`, `[n, d]`: squared distances and numbers, `[n, k]`, nearest first, and of
/// equally near ones that with the smaller number. What is not at a finite distance is told as number 0.
///
/// There have to be as many: `k` is at most [`MOST`] and the rows that a row may be paired with. Half precision is computed in single, and
/// so are the distances. No gradient passes.
pub fn nearest(x: Tensor<2>, y: Tensor<2>, k: usize, pairs: Pairs) -> (Tensor<2>, Tensor<2, Int>) {
    let [x, y] = both(x, y);
    check_count(k, y.dims()[0], pairs);
    let search = Search { k, pairs };
    let found = <Dispatch as PairOps>::nearest_rows(x.into_dispatch(), y.into_dispatch(), search);
    let found = Tensor::<3>::from_dispatch(found);
    let [distances, numbers] = [0, 1].map(|i| found.clone().narrow(0, i, 1).squeeze_dim::<2>(0));
    (distances, numbers.int())
}

/// Each row of `x`, `[n, d]`, as the nearest of `codes`, `[c, d]`, and the number of that one, `[n]`: the gradient passes to `x` as if
/// nothing had been done, and none to the codes (van den Oord et al. 2017, <https://arxiv.org/abs/1711.00937>, section 3.2).
pub fn quantise(x: Tensor<2>, codes: Tensor<2>) -> (Tensor<2>, Tensor<1, Int>) {
    let numbers = nearest(x.clone(), codes.clone(), 1, Pairs::All).1.squeeze_dim(1);
    let quantised = codes.detach().select(0, numbers.clone());
    let through = <Dispatch as PairOps>::straight_through(x.into_dispatch(), quantised.into_dispatch());
    (Tensor::from_dispatch(through), numbers)
}

/// The mean of `k(x_i, y_j)` over the rows of `y`, `[m, d]`, that row `i` of `x`, `[n, d]`, is paired with: `[n]`.
///
/// Each is rounded to the tensor's precision alone: a mean of means is best taken in double. Half precision is computed in single, and so
/// are the means. No gradient passes.
pub fn kernel_mean(x: Tensor<2>, y: Tensor<2>, kernel: Kernel, pairs: Pairs) -> Tensor<1> {
    let [x, y] = both(x, y);
    check_pairs(x.dims()[0], y.dims()[0], pairs);
    let [x, y] = [x, y].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as PairOps>::kernel_means(x, y, kernel, pairs))
}

fn both(x: Tensor<2>, y: Tensor<2>) -> [Tensor<2>; 2] {
    let widths = [x.dims()[1], y.dims()[1]];
    assert!(widths[0] == widths[1] && widths[0] > 0, "rows of one width, not {widths:?}");
    let half = |x: &Tensor<2>| matches!(x.dtype(), DType::F16 | DType::BF16);
    [x, y].map(|x| if half(&x) { x.cast(FloatDType::F32) } else { x })
}

/// Asking for more neighbours than there are is the caller's mistake.
fn check_count(k: usize, rows: usize, pairs: Pairs) {
    let most = pairs.count(0, rows.max(1)).min(rows);
    assert!((1..=MOST).contains(&k), "from 1 to {MOST} neighbours, not {k}");
    assert!(k <= most, "{k} neighbours of {rows} rows, of which {most} may be paired with a row");
    assert!(rows <= ROWS, "{rows} rows are looked through, of at most {ROWS}");
}

/// There has to be something to take the mean of.
fn check_pairs(rows: usize, others: usize, pairs: Pairs) {
    let least = pairs.count(0, others.max(1)).min(others);
    assert!(rows == 0 || least > 0, "the mean over {others} rows, of which {least} may be paired with a row");
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// How many neighbours.
    pub k: usize,
    /// Among whom.
    pub pairs: Pairs,
}

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait PairOps: Backend {
    /// [`nearest`]: squared distances, and then numbers, `[2, n, k]`.
    #[fusion(dtype = x, shape = Shape::new([2, x[0], search.k]))]
    fn nearest_rows(x: FloatTensor<Self>, y: FloatTensor<Self>, search: Search) -> FloatTensor<Self> {
        reference::nearest::<Self>(x, y, search)
    }

    /// [`kernel_mean`].
    #[fusion(dtype = x, shape = Shape::new([x[0]]))]
    fn kernel_means(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        kernel: Kernel,
        pairs: Pairs,
    ) -> FloatTensor<Self> {
        reference::kernel_means::<Self>(x, y, &kernel, pairs)
    }

    /// `value`, whose gradient is that of `x`, which has its shape.
    #[fusion(default)]
    fn straight_through(x: FloatTensor<Self>, value: FloatTensor<Self>) -> FloatTensor<Self> {
        debug_assert_eq!(x.shape(), value.shape());
        value
    }
}
