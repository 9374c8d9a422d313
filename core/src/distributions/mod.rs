//! Distributions over rows, whose parameters are tensors: to draw from and to take losses of.
//!
//! Parameters are `[1, ...]` or `[rows, ...]`: those of one row hold for all. Draws are those of [`Key`]: a row's numbers belong to its index,
//! however many rows are drawn with it. Everything stays on the parameters' device, in their precision, and gradients pass by Burn's autodiff.
//!
//! Draws are pathwise where a distribution says so: they are a smooth function of parameters and noise, or are given the gradient that such a
//! function would have (Figurnov, Mohamed and Mnih 2018, <https://arxiv.org/abs/1805.08498>).

mod draws;
pub mod special;
mod triangular;

// Of numbers
mod normal;
mod truncated_normal;
mod uniform;
mod laplace;
mod logistic;
mod student_t;
mod gamma;
mod beta;
mod von_mises;

// Of classes and of steps
mod bernoulli;
mod categorical;
mod relaxed;
mod discretised_logistics;

// Of whole rows
mod full_normal;
mod low_rank_normal;

// Made of others
mod independent;
mod mixture;
mod transformed;

mod kl;
#[cfg(test)]
mod tests;

use burn::prelude::*;

use crate::random::Key;

pub use bernoulli::Bernoulli;
pub use beta::Beta;
pub use categorical::Categorical;
pub use discretised_logistics::{DiscretisedLogistics, log_steps, nearest_step};
pub use full_normal::FullNormal;
pub use gamma::Gamma;
pub use independent::Independent;
pub use kl::{ClosedKl, kl, kl_monte_carlo, monte_carlo};
pub use laplace::Laplace;
pub use logistic::Logistic;
pub use low_rank_normal::LowRankNormal;
pub use mixture::Mixture;
pub use normal::{Normal, log_normal_pairs};
pub use relaxed::RelaxedOneHot;
pub use student_t::StudentT;
pub use transformed::{Affine, Bijector, Exp, Sigmoid, Tanh, Transformed};
pub use truncated_normal::TruncatedNormal;
pub use uniform::Uniform;
pub use von_mises::VonMises;

/// A distribution of rows.
///
/// Its `parts` are independent of one another: each feature, or the whole row. What is said of a part is a column: `[rows, parts]`, or one row where
/// the parameters are of one row and nothing else is given.
pub trait Distribution {
    /// Rows of the parameters.
    fn rows(&self) -> usize;

    /// Numbers in a row.
    fn features(&self) -> usize;

    /// Independent parts of a row: each of its features, if not said otherwise.
    fn parts(&self) -> usize {
        self.features()
    }

    /// Whether gradients pass through draws to all parameters. Otherwise draws are constants to some of them.
    fn pathwise(&self) -> bool {
        true
    }

    /// `[rows, features]`, row `i` drawn from the stream of index `key.index + i`.
    fn sample(&self, key: Key, rows: usize) -> Tensor<2>;

    /// Logarithm of the density, or of the probability where values are discrete: `[rows, parts]`.
    fn log_prob(&self, x: Tensor<2>) -> Tensor<2>;

    /// The same of whole rows: `[rows, 1]`.
    fn log_prob_of_rows(&self, x: Tensor<2>) -> Tensor<2> {
        self.log_prob(x).sum_dim(1)
    }

    /// Expectations, `[1 | rows, features]`; `None` where there is no closed form.
    fn mean(&self) -> Option<Tensor<2>> {
        None
    }

    /// Variances, `[1 | rows, features]`.
    fn variance(&self) -> Option<Tensor<2>> {
        None
    }

    /// Entropies in nats, `[1 | rows, parts]`.
    fn entropy(&self) -> Option<Tensor<2>> {
        None
    }

    /// Probabilities of what lies at `x` or below, `[rows, features]`.
    fn cdf(&self, _x: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// Where [`Distribution::cdf`] is `p`, `[rows, features]`, for `p` above 0 and below 1.
    fn quantile(&self, _p: Tensor<2>) -> Option<Tensor<2>> {
        None
    }
}

/// Brings parameters to one shape: each has one row, or as many as the others, and one column, or as many.
fn alike<const N: usize>(parameters: [Tensor<2>; N]) -> [Tensor<2>; N] {
    let most = |dim: usize| parameters.iter().map(|x| x.dims()[dim]).max().unwrap_or(1);
    let wanted = [most(0), most(1)];
    parameters.map(|x| x.expand(wanted))
}

/// The value for each row that is asked for: the parameters' own rows, repeated where there is one.
fn spread(x: Tensor<2>, rows: usize) -> Tensor<2> {
    let columns = x.dims()[1];
    x.expand([rows, columns])
}
