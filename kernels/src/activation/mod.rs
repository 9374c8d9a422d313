//! Activations that let numbers through a gate, `x σ(g(x))`.
//!
//! ```text
//! silu    g(x) = x                          Elfwing et al. 2018, <https://arxiv.org/abs/1702.03118>
//! gelu    g(x) = √(8/π) (x + 0.044715 x³)   Hendrycks and Gimpel 2016, <https://arxiv.org/abs/1606.08415>, section 2, with tanh
//! ```

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::prelude::*;

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
pub(crate) mod flex;
mod gradient;
#[cfg(all(test, feature = "flex"))]
mod tests;

/// What the gate is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The number itself.
    Silu,
    /// A cubic, with which the gate is nearly the normal distribution's `Φ(x)`.
    Gelu,
}

/// `x σ(x)`, of any shape.
pub fn silu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    gated(x, Gate::Silu)
}

/// `x Φ(x)` by its approximation with tanh, of any shape.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    gated(x, Gate::Gelu)
}

fn gated<const D: usize>(x: Tensor<D>, gate: Gate) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as ActivationOps>::gated(x.into_dispatch(), gate))
}

/// `√(8/π)`.
const STEEP: f64 = 1.595_769_121_605_731;
const CUBIC: f64 = 0.044_715;

/// What a backend has to offer; the bodies here are what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait ActivationOps: Backend {
    /// `x σ(g(x))`.
    #[fusion(dtype = x, shape = x)]
    fn gated(x: FloatTensor<Self>, gate: Gate) -> FloatTensor<Self> {
        reference::<Self>(x, gate)
    }

    /// `∂L/∂x` from `x` and `∂L/∂y`.
    #[fusion(dtype = x, shape = x)]
    fn gated_backward(x: FloatTensor<Self>, gradient: FloatTensor<Self>, gate: Gate) -> FloatTensor<Self> {
        reference_backward::<Self>(x, gradient, gate)
    }
}

pub(crate) fn reference<B: Backend>(x: FloatTensor<B>, gate: Gate) -> FloatTensor<B> {
    B::float_mul(x.clone(), B::sigmoid(argument::<B>(x, gate)))
}

/// `g(x)`.
fn argument<B: Backend>(x: FloatTensor<B>, gate: Gate) -> FloatTensor<B> {
    match gate {
        Gate::Silu => x,
        Gate::Gelu => {
            let bent = along::<B>(&x, STEEP * CUBIC, STEEP);
            B::float_mul(bent, x)
        }
    }
}

/// `a x² + b`.
fn along<B: Backend>(x: &FloatTensor<B>, a: f64, b: f64) -> FloatTensor<B> {
    let square = B::float_mul(x.clone(), x.clone());
    B::float_add_scalar(B::float_mul_scalar(square, a.into()), b.into())
}

/// `σ (1 + x (1 − σ) g′(x)) ∂L/∂y`.
pub(crate) fn reference_backward<B: Backend>(
    x: FloatTensor<B>,
    gradient: FloatTensor<B>,
    gate: Gate,
) -> FloatTensor<B> {
    let sigmoid = B::sigmoid(argument::<B>(x.clone(), gate));
    let rest = B::float_add_scalar(B::float_neg(sigmoid.clone()), 1.0.into());
    let rest = match gate {
        Gate::Silu => rest,
        Gate::Gelu => B::float_mul(rest, along::<B>(&x, 3.0 * STEEP * CUBIC, STEEP)),
    };
    let slope = B::float_mul(sigmoid, B::float_add_scalar(B::float_mul(x, rest), 1.0.into()));
    B::float_mul(slope, gradient)
}
