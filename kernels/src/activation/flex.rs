//! The same on the processor: an exponential that vectors can compute.

use std::mem::MaybeUninit;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use pulp::{Simd, WithSimd};

use super::{ActivationOps, CUBIC, Gate, STEEP, reference, reference_backward};
use crate::flex::{floats, fresh, tensor};
use crate::vectors::{sigmoid, widest};

/// Numbers that are worth another thread.
const PART: usize = 1 << 15;

impl ActivationOps for Flex {
    fn gated(x: FloatTensor<Self>, gate: Gate) -> FloatTensor<Self> {
        let Some(values) = floats(&x) else { return reference::<Self>(x, gate) };
        let y = fresh(values.len(), PART, |from, out| {
            widest(Forward { x: &values[from..from + out.len()], gate, out });
        });
        tensor(y, x.shape())
    }

    fn gated_backward(x: FloatTensor<Self>, gradient: FloatTensor<Self>, gate: Gate) -> FloatTensor<Self> {
        let (Some(values), Some(slopes)) = (floats(&x), floats(&gradient)) else {
            return reference_backward::<Self>(x, gradient, gate);
        };
        let dx = fresh(values.len(), PART, |from, out| {
            let part = from..from + out.len();
            widest(Backward { x: &values[part.clone()], gradient: &slopes[part], gate, out });
        });
        tensor(dx, x.shape())
    }
}

struct Forward<'a> {
    x: &'a [f32],
    gate: Gate,
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let pairs = self.out.iter_mut().zip(self.x);
        match self.gate {
            Gate::Silu => pairs.for_each(|(out, &x)| _ = out.write(silu(x))),
            Gate::Gelu => pairs.for_each(|(out, &x)| _ = out.write(gelu(x))),
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    gradient: &'a [f32],
    gate: Gate,
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let triples = self.out.iter_mut().zip(self.x).zip(self.gradient);
        match self.gate {
            Gate::Silu => triples.for_each(|((out, &x), gradient)| _ = out.write(silu_slope(x) * gradient)),
            Gate::Gelu => triples.for_each(|((out, &x), gradient)| _ = out.write(gelu_slope(x) * gradient)),
        }
    }
}

/// `x σ(x)`.
#[inline(always)]
pub(crate) fn silu(x: f32) -> f32 {
    x * sigmoid(x)
}

/// Its derivative.
#[inline(always)]
pub(crate) fn silu_slope(x: f32) -> f32 {
    let sigmoid = sigmoid(x);
    sigmoid * (1.0 + x * (1.0 - sigmoid))
}

/// `x σ(√(8/π) (x + 0.044715 x³))`.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let square = square(x);
    x * sigmoid(x * ((STEEP * CUBIC) as f32 * square + STEEP as f32))
}

/// Its derivative.
#[inline(always)]
fn gelu_slope(x: f32) -> f32 {
    let square = square(x);
    let sigmoid = sigmoid(x * ((STEEP * CUBIC) as f32 * square + STEEP as f32));
    sigmoid * (1.0 + x * (1.0 - sigmoid) * ((3.0 * STEEP * CUBIC) as f32 * square + STEEP as f32))
}

/// Of numbers whose gate is neither open nor shut; of those further out, a number that does not overflow.
#[inline(always)]
fn square(x: f32) -> f32 {
    (x * x).min(1e6)
}
