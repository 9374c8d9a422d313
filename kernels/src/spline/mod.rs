//! Monotone rational-quadratic splines (Durkan et al. 2019, <https://arxiv.org/abs/1906.04032>, section 3.1, Eq. 4 to 8; Gregory and
//! Delbourgo 1982), number by number, and the logarithms of their slopes in the same pass.
//!
//! Between two knots, of which `w` and `h` are the distances, `s = h/w` the slope, and `δ₀` and `δ₁` the slopes at either:
//!
//! ```text
//! θ = (x − x₀)/w       τ = 1 − θ        y = y₀ + h (s θ² + δ₀ θτ)/D               D = s (θ² + τ²) + (δ₀ + δ₁) θτ
//! ξ = (y − y₀)/h       υ = 1 − ξ        dy/dx = s² M/D²                           M = δ₁ θ² + 2s θτ + δ₀ τ²
//! e = δ₀ υ − δ₁ ξ      R = |e| + √(e² + 4s² ξυ)
//! θ : τ = 2s ξ : R  where e ≥ 0, and  R : 2s υ  where e < 0
//! ```
//!
//! The last line is the root of Eq. 6 to 8, whose discriminant `b² − 4ac` is `h² (e² + 4s² ξυ)`. Here, as in `D` and `M`, nothing but
//! positive numbers is added: nothing cancels, and no root is of less than nothing.
//!
//! Knots are a softmax's, none nearer to the next than a thousandth of all; the slopes at knots are `10⁻³ + softplus(d + c)`, with the `c`
//! that makes it 1 where `d = 0`: parameters that are all zero make the identity.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::prelude::*;

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
mod gradient;
mod numbers;
mod reference;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// What all numbers' splines have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spline {
    /// `K`, the pieces between knots: from 1 to 999.
    pub bins: usize,
    /// `B`: `[−B, B]` becomes itself.
    pub bound: f64,
    /// Whether `−B` and `B` are one point of a circle (Rezende et al. 2020, <https://arxiv.org/abs/2002.02428>): the slopes there are one,
    /// and each turn goes as the first, `f(x + 2B) = f(x) + 2B`. Otherwise they are 1, and outside numbers stay what they are.
    pub circular: bool,
}

impl Spline {
    /// Parameters of a number: `K` of widths, `K` of heights, and the slopes at the `K − 1` knots within; on a circle also at the first.
    pub fn parameters(&self) -> usize {
        3 * self.bins - usize::from(!self.circular)
    }

    /// What a share of the softmax, and none of it, come to along an axis: `[2B (1 − K/1000), 2B/1000]`.
    fn sizes(&self) -> [f64; 2] {
        let whole = 2.0 * self.bound;
        [whole * (1.0 - LEAST * self.bins as f64), whole * LEAST]
    }
}

/// `y = f(x)` and `ln f′(x)`, both `[rows, features]` as `x` is. `parameters` are `[rows, features · spline.parameters()]`, those of a
/// number side by side: widths, heights and slopes, from left to right.
pub fn forward(x: Tensor<2>, parameters: Tensor<2>, spline: &Spline) -> [Tensor<2>; 2] {
    through(x, parameters, spline, Direction::Forward)
}

/// `x = f⁻¹(y)` and `ln dx/dy`, in the same way.
pub fn inverse(y: Tensor<2>, parameters: Tensor<2>, spline: &Spline) -> [Tensor<2>; 2] {
    through(y, parameters, spline, Direction::Inverse)
}

fn through(x: Tensor<2>, parameters: Tensor<2>, spline: &Spline, direction: Direction) -> [Tensor<2>; 2] {
    let [rows, features] = x.dims();
    assert!((1..1000).contains(&spline.bins), "a spline has from 1 to 999 bins, not {}", spline.bins);
    assert_eq!(
        parameters.dims(),
        [rows, features * spline.parameters()],
        "{} parameters for each number",
        spline.parameters()
    );
    let (x, parameters) = (x.into_dispatch(), parameters.into_dispatch());
    let both = <Dispatch as SplineOps>::spline(x, parameters, *spline, direction);
    let both = Tensor::<3>::from_dispatch(both);
    [0, 1].map(|i| both.clone().narrow(0, i, 1).squeeze_dim(0))
}

/// Which way it is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From `x` to `y`.
    Forward,
    /// From `y` to `x`.
    Inverse,
}

/// Of a bin, beside all; of a slope, beside 1.
const LEAST: f64 = 1e-3;
/// `ln(e^(1 − 10⁻³) − 1)`, of which the softplus is `1 − 10⁻³`.
const UNIT: f64 = 0.539_742_417_236_952_1;

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait SplineOps: Backend {
    /// [`forward`] or [`inverse`], one after the other: `[2, rows, features]`.
    #[fusion(dtype = x, shape = Shape::new([2, x[0], x[1]]))]
    fn spline(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        spline: Spline,
        direction: Direction,
    ) -> FloatTensor<Self> {
        reference::spline::<Self>(x, parameters, spline, direction)
    }

    /// The gradients of `x` and `parameters` from that of the output.
    #[fusion(meta = |x, parameters, _, _, _| (x.clone(), parameters.clone()))]
    fn spline_backward(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        spline: Spline,
        direction: Direction,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        reference::backward::<Self>([x, parameters, gradient], spline, direction)
    }
}
