//! Kullback-Leibler divergences between distributions, `KL(p ‖ q) = E_p [ln p − ln q]`, part by part: `[1 | rows, parts]`.

use burn::prelude::*;

use super::draws::part;
use super::special::{bessel_ratio, digamma, log_bessel_i0, log_beta, log_gamma};
use super::triangular::{log_determinant, solve_lower};
use super::{
    Bernoulli, Beta, Categorical, Distribution, FullNormal, Gamma, Independent, Laplace, Normal, Uniform,
    VonMises,
};
use crate::nn::over;
use crate::random::Key;

/// A pair of families whose divergence has a closed form.
pub trait ClosedKl<Q = Self> {
    /// `KL(self ‖ q)`, `[1 | rows, parts]`.
    fn kl(&self, q: &Q) -> Tensor<2>;
}

/// `KL(p ‖ q)` in closed form, `[1 | rows, parts]`. Where there is none: [`kl_monte_carlo`].
pub fn kl<P: ClosedKl<Q>, Q>(p: &P, q: &Q) -> Tensor<2> {
    p.kl(q)
}

/// An estimate of `KL(p ‖ q)` without bias from so many draws of `p`, `[1 | rows, parts]`.
pub fn kl_monte_carlo(p: &dyn Distribution, q: &dyn Distribution, key: Key, draws: usize) -> Tensor<2> {
    let most = p.rows().max(q.rows());
    monte_carlo(p, most, key, draws, |x| p.log_prob(x.clone()) - q.log_prob(x))
}

/// The mean of `f` over so many draws of `p`, `[1 | rows, ...]`. Of parameters of one row, draws are rows of indices that follow one another.
pub fn monte_carlo(
    p: &dyn Distribution,
    rows: usize,
    key: Key,
    draws: usize,
    f: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Tensor<2> {
    assert!(draws > 0, "the mean of no draws");
    if rows == 1 {
        return f(p.sample(key, draws)).mean_dim(0);
    }
    let each = (0..draws).map(|draw| f(p.sample(part(key, draw), rows)));
    over(each.reduce(|sum, value| sum + value).expect("there should be draws"), draws as f64)
}

impl ClosedKl for Normal {
    fn kl(&self, q: &Self) -> Tensor<2> {
        let ratio = self.deviation.clone() / q.deviation.clone();
        let off = (self.mean.clone() - q.mean.clone()) / q.deviation.clone();
        (ratio.clone().square() + off.square() - 1.0) * 0.5 - ratio.log()
    }
}

impl ClosedKl for FullNormal {
    fn kl(&self, q: &Self) -> Tensor<2> {
        let columns = (0..self.features()).map(|j| {
            let column = self.factor.clone().narrow(2, j, 1);
            solve_lower(&q.factor, column).square().sum_dim(1).squeeze_dim::<2>(2)
        });
        let trace = columns.reduce(|sum, column| sum + column).expect("a normal should have features");
        let off = q.whitened(self.mean.clone()).square().sum_dim(1);
        let volumes = log_determinant(&q.factor) - log_determinant(&self.factor);
        (trace + off + volumes - self.features() as f64) * 0.5
    }
}

impl ClosedKl for Bernoulli {
    fn kl(&self, q: &Self) -> Tensor<2> {
        use burn::tensor::activation::{sigmoid, softplus};
        let (l, other) = (self.logits.clone(), q.logits.clone());
        sigmoid(l.clone()) * (l.clone() - other.clone()) - softplus(l, 1.0) + softplus(other, 1.0)
    }
}

impl ClosedKl for Categorical {
    fn kl(&self, q: &Self) -> Tensor<2> {
        let log = self.log_probabilities();
        (log.clone().exp() * (log - q.log_probabilities())).sum_dim(2).squeeze_dim(2)
    }
}

impl ClosedKl for Uniform {
    /// Infinite where `q` does not hold all of this.
    fn kl(&self, q: &Self) -> Tensor<2> {
        let log = (q.width() / self.width()).log();
        let zero = log.zeros_like();
        let below = (self.low.clone() - q.low.clone() + zero.clone()).lower_elem(0.0);
        let above = (self.high.clone() - q.high.clone() + zero).greater_elem(0.0);
        log.mask_fill(below.bool_or(above), f64::INFINITY)
    }
}

impl ClosedKl for Laplace {
    fn kl(&self, q: &Self) -> Tensor<2> {
        let off = (self.mean.clone() - q.mean.clone()).abs();
        let (b, c) = (self.scale.clone(), q.scale.clone());
        let near = (-off.clone() / b.clone()).exp() * b.clone();
        (near + off) / c.clone() + (c / b).log() - 1.0
    }
}

impl ClosedKl for Gamma {
    fn kl(&self, q: &Self) -> Tensor<2> {
        let (a, b) = (self.concentration.clone(), self.rate.clone());
        let (c, d) = (q.concentration.clone(), q.rate.clone());
        let shapes =
            (a.clone() - c.clone()) * digamma(a.clone()) - log_gamma(a.clone()) + log_gamma(c.clone());
        let rates = c * (b.clone() / d.clone()).log() + a * (d / b - 1.0);
        shapes + rates
    }
}

impl ClosedKl for Beta {
    fn kl(&self, q: &Self) -> Tensor<2> {
        let (a, b, c, d) = (self.a.clone(), self.b.clone(), q.a.clone(), q.b.clone());
        let weights = log_beta(c.clone(), d.clone()) - log_beta(a.clone(), b.clone());
        let (sum, other) = (a.clone() + b.clone(), c.clone() + d.clone());
        weights
            + (a.clone() - c) * digamma(a)
            + (b.clone() - d) * digamma(b)
            + (other - sum.clone()) * digamma(sum)
    }
}

impl ClosedKl for VonMises {
    fn kl(&self, q: &Self) -> Tensor<2> {
        let (k, other) = (self.concentration.clone(), q.concentration.clone());
        let along = k.clone() - other.clone() * (self.direction.clone() - q.direction.clone()).cos();
        bessel_ratio(k.clone()) * along + log_bessel_i0(other) - log_bessel_i0(k)
    }
}

impl<P: ClosedKl<Q>, Q> ClosedKl<Independent<Q>> for Independent<P> {
    fn kl(&self, q: &Independent<Q>) -> Tensor<2> {
        self.0.kl(&q.0).sum_dim(1)
    }
}
