//! `y = f(x)` of a variable `x`, with `f` increasing, feature by feature: `ln p(y) = ln p(x) − ln f′(x)`.

use burn::prelude::*;
use burn::tensor::activation::{sigmoid, softplus};

use super::Distribution;
use crate::random::Key;

/// An increasing function of a number, element by element.
pub trait Bijector {
    /// `f(x)`.
    fn forward(&self, x: Tensor<2>) -> Tensor<2>;

    /// `x` with `f(x) = y`.
    fn inverse(&self, y: Tensor<2>) -> Tensor<2>;

    /// `ln f′(x)`, of the shape of `x`.
    fn log_derivative(&self, x: Tensor<2>) -> Tensor<2>;
}

/// `e^x`: of a normal, the log-normal distribution.
#[derive(Clone, Copy, Debug)]
pub struct Exp;

impl Bijector for Exp {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.exp()
    }
    fn inverse(&self, y: Tensor<2>) -> Tensor<2> {
        y.log()
    }
    fn log_derivative(&self, x: Tensor<2>) -> Tensor<2> {
        x
    }
}

/// `shift + scale x`.
#[derive(Clone, Debug)]
pub struct Affine {
    /// `[1 | rows, 1 | features]`.
    pub shift: Tensor<2>,
    /// `[1 | rows, 1 | features]`, above 0.
    pub scale: Tensor<2>,
}

impl Bijector for Affine {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.shift.clone() + self.scale.clone() * x
    }
    fn inverse(&self, y: Tensor<2>) -> Tensor<2> {
        (y - self.shift.clone()) / self.scale.clone()
    }
    fn log_derivative(&self, x: Tensor<2>) -> Tensor<2> {
        self.scale.clone().log() + x.zeros_like()
    }
}

/// `1/(1 + e^{−x})`.
#[derive(Clone, Copy, Debug)]
pub struct Sigmoid;

impl Bijector for Sigmoid {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        sigmoid(x)
    }
    fn inverse(&self, y: Tensor<2>) -> Tensor<2> {
        y.clone().log() - y.neg().log1p()
    }
    fn log_derivative(&self, x: Tensor<2>) -> Tensor<2> {
        -softplus(x.clone(), 1.0) - softplus(-x, 1.0)
    }
}

/// `tanh x`.
#[derive(Clone, Copy, Debug)]
pub struct Tanh;

impl Bijector for Tanh {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.tanh()
    }
    fn inverse(&self, y: Tensor<2>) -> Tensor<2> {
        (y.clone().log1p() - y.neg().log1p()) * 0.5
    }
    /// `ln(1 − tanh² x) = 2 (ln 2 − x − softplus(−2x))`, which keeps its digits where `tanh` is nearly 1.
    fn log_derivative(&self, x: Tensor<2>) -> Tensor<2> {
        (x.clone() + softplus(x * -2.0, 1.0) - std::f64::consts::LN_2) * -2.0
    }
}

/// A distribution seen through an increasing function.
#[derive(Clone, Debug)]
pub struct Transformed<D, B> {
    /// Of `x`, whose parts are its features.
    pub base: D,
    /// `f`.
    pub bijector: B,
}

impl<D: Distribution, B: Bijector> Transformed<D, B> {
    /// `f` of a variable of `base`.
    pub fn new(base: D, bijector: B) -> Self {
        assert_eq!(base.parts(), base.features(), "features are transformed one by one");
        Self { base, bijector }
    }
}

impl<D: Distribution, B: Bijector> Distribution for Transformed<D, B> {
    fn rows(&self) -> usize {
        self.base.rows()
    }
    fn features(&self) -> usize {
        self.base.features()
    }
    fn pathwise(&self) -> bool {
        self.base.pathwise()
    }
    fn sample(&self, key: Key, rows: usize) -> Tensor<2> {
        self.bijector.forward(self.base.sample(key, rows))
    }
    fn log_prob(&self, y: Tensor<2>) -> Tensor<2> {
        let x = self.bijector.inverse(y);
        self.base.log_prob(x.clone()) - self.bijector.log_derivative(x)
    }
    fn cdf(&self, y: Tensor<2>) -> Option<Tensor<2>> {
        self.base.cdf(self.bijector.inverse(y))
    }
    fn quantile(&self, p: Tensor<2>) -> Option<Tensor<2>> {
        self.base.quantile(p).map(|x| self.bijector.forward(x))
    }
}
