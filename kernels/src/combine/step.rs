//! A sampler's whole step in one pass: the estimate within its bounds, the sum of which it is a term, and fresh noise.
//!
//! ```text
//! y = clip(Σ_i a_i x_i),   z = s y + Σ_i b_i x_i + w n
//! ```

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::prelude::*;

use super::{Term, combine};
use crate::normals::Draws;

/// What is summed, `[batch, features]`, with its weights.
#[derive(Clone, Debug)]
pub struct Part {
    /// `x_i`.
    pub x: Tensor<2>,
    /// `a_i`: in the estimate.
    pub estimate: f64,
    /// `b_i`: beside the estimate.
    pub beside: f64,
}

/// A step that has not been taken. Of tensors of one shape; at least one.
#[derive(Clone, Debug)]
pub struct Step {
    /// The tensors.
    pub parts: Vec<Part>,
    /// Between which values the estimate is kept.
    pub bounds: Option<[f64; 2]>,
    /// `s`.
    pub share: f64,
    /// `w`, and `n`: standard normals of the tensors' shape.
    pub noise: Option<(f64, Draws)>,
}

/// What a kernel is told of a step.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "gpu"),
    expect(dead_code, reason = "only graphics adapters draw in the same pass, or leave the estimate out")
)]
pub struct Told {
    pub(super) estimate: Vec<f64>,
    pub(super) beside: Vec<f64>,
    pub(super) bounds: Option<[f64; 2]>,
    pub(super) share: f64,
    pub(super) noise: Option<(f64, Draws)>,
    pub(super) result: Output,
}

/// What of a step is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Both,
    Last,
}

/// Tensors that one kernel combines: beside them are a table of noise and what is written.
const TOGETHER: usize = 4;

impl Step {
    /// `y` and `z`.
    pub fn both(self) -> [Tensor<2>; 2] {
        self.take(Output::Both)
    }

    /// `z` alone.
    pub fn last(self) -> Tensor<2> {
        let Self { parts, bounds: None, share, noise } = self else {
            let [_, z] = self.take(Output::Last);
            return z;
        };
        let sum = |part: Part| Part { estimate: 0.0, beside: part.beside + share * part.estimate, ..part };
        let step = Self { parts: parts.into_iter().map(sum).collect(), bounds: None, share: 0.0, noise };
        if step.noise.is_some() && step.parts.len() <= TOGETHER && draws(&step.parts) {
            let [_, z] = step.routed(Output::Last);
            return z;
        }
        combine(step.drawn().parts.into_iter().map(|part| (part.beside, part.x)).collect())
    }

    fn take(self, output: Output) -> [Tensor<2>; 2] {
        if draws(&self.parts) {
            return self.routed(output);
        }
        let step = self.drawn();
        #[cfg(feature = "flex")]
        let step = match super::flex::step(step, output) {
            Ok(both) => return both,
            Err(step) => step,
        };
        step.routed(output)
    }

    /// The same with noise that is a tensor.
    fn drawn(mut self) -> Self {
        if let Some((weight, draws)) = self.noise.take() {
            let x = draws.tensor(&self.parts[0].x.device());
            self.parts.push(Part { x, estimate: 0.0, beside: weight });
        }
        self
    }

    /// By the device's own kernel, or the reference.
    fn routed(self, output: Output) -> [Tensor<2>; 2] {
        if self.parts.len() > TOGETHER {
            return self.drawn().apart();
        }
        let told = Told {
            estimate: self.parts.iter().map(|part| part.estimate).collect(),
            beside: self.parts.iter().map(|part| part.beside).collect(),
            bounds: self.bounds,
            share: self.share,
            noise: self.noise,
            result: output,
        };
        let tensors: Vec<_> = self.parts.into_iter().map(|part| part.x.into_dispatch()).collect();
        // Where a term is wanting, any tensor stands for it.
        let [a, b, c, d] = std::array::from_fn(|i| tensors[i.min(tensors.len() - 1)].clone());
        let (y, z) = <Dispatch as StepOps>::step(a, b, c, d, told);
        [y, z].map(Tensor::from_dispatch)
    }

    /// As it is written, one sum after the other.
    fn apart(self) -> [Tensor<2>; 2] {
        let terms = |weight: fn(&Part) -> f64| -> Vec<Term> {
            let wanted = self.parts.iter().filter(|part| weight(part) != 0.0);
            wanted.map(|part| (weight(part), part.x.clone())).collect()
        };
        let y = combine(terms(|part| part.estimate));
        let y = match self.bounds {
            Some([low, high]) => y.clamp(low, high),
            None => y,
        };
        let z = combine([vec![(self.share, y.clone())], terms(|part| part.beside)].concat());
        [y, z]
    }
}

/// Whether there is a kernel that draws where these lie.
#[cfg(feature = "gpu")]
fn draws(parts: &[Part]) -> bool {
    let x = parts[0].x.clone().into_dispatch();
    matches!(x.kind, burn::backend::DispatchTensorKind::Cube(_))
        && matches!(x.autodiff, burn::backend::DispatchAutodiffContext::Disabled)
}

/// This build has none.
#[cfg(not(feature = "gpu"))]
fn draws(_parts: &[Part]) -> bool {
    false
}

/// What a backend has to offer; the body here is what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait StepOps: Backend {
    /// [`Step::both`] of as many of the tensors as there are weights, without noise. The first is not to be looked at where it is not
    /// wanted.
    #[fusion(meta = |a, _, _, _, _| (a.clone(), a.clone()))]
    fn step(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        told: Told,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        reference::<Self>([a, b, c, d], &told)
    }
}

#[cfg(feature = "flex")]
impl StepOps for burn::backend::Flex {}

impl<B: Backend, C: CheckpointStrategy> StepOps for Autodiff<B, C> {}

/// Without noise.
pub(super) fn reference<B: Backend>(
    tensors: [FloatTensor<B>; TOGETHER],
    told: &Told,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let sum = |weights: &[f64]| {
        let terms = tensors.iter().zip(weights).filter(|(_, weight)| **weight != 0.0);
        terms.map(|(x, weight)| B::float_mul_scalar(x.clone(), (*weight).into())).reduce(B::float_add)
    };
    let beside = sum(&told.beside);
    // Of an estimate of nothing nothing is wanted either.
    let Some(y) = sum(&told.estimate) else {
        let z = beside.unwrap_or_else(|| B::float_mul_scalar(tensors[0].clone(), 0.0.into()));
        return (z.clone(), z);
    };
    let y = match told.bounds {
        Some([low, high]) => B::float_clamp(y, low.into(), high.into()),
        None => y,
    };
    let share = B::float_mul_scalar(y.clone(), told.share.into());
    let z = match beside {
        Some(rest) => B::float_add(share, rest),
        None => share,
    };
    (y, z)
}

#[cfg(all(test, feature = "flex"))]
mod tests;
