//! The same on the processor, in one pass: block by block, each block summed in the nearest cache.

use burn::backend::tensor::FloatTensor;
use burn::backend::{
    BackendTensor, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind, Flex, TensorMetadata,
};
use burn::prelude::*;
use burn::tensor::DType;
use pulp::{Simd, WithSimd};

use super::Term;
use crate::flex::fresh;
use crate::threads;
use crate::vectors::widest;

type Primitive = FloatTensor<Flex>;

/// Numbers that are summed at a time.
const BLOCK: usize = 1024;
/// Numbers that are worth another thread.
const PART: usize = 1 << 16;

/// The sum; the terms themselves where they are on another device, are views, or record gradients.
pub(super) fn combine(terms: Vec<Term>) -> Result<Tensor<2>, Vec<Term>> {
    let (weights, tensors): (Vec<f64>, Vec<DispatchTensor>) =
        terms.into_iter().map(|(weight, x)| (weight, x.into_dispatch())).unzip();
    if !fit(&tensors) {
        return Err(weights.into_iter().zip(tensors.into_iter().map(Tensor::from_dispatch)).collect());
    }
    let tensors: Vec<Primitive> = tensors.into_iter().filter_map(taken).collect();
    let sum = match tensors[0].dtype() {
        DType::F64 => sum::<f64>(&weights, tensors),
        _ => sum::<f32>(&weights, tensors),
    };
    let kind = DispatchTensorKind::Flex(BackendTensor::Float(sum));
    Ok(Tensor::from_dispatch(DispatchTensor { kind, autodiff: DispatchAutodiffContext::Disabled }))
}

fn seen(tensor: &DispatchTensor) -> Option<&Primitive> {
    match (&tensor.kind, &tensor.autodiff) {
        (DispatchTensorKind::Flex(BackendTensor::Float(x)), DispatchAutodiffContext::Disabled) => Some(x),
        _ => None,
    }
}

fn taken(tensor: DispatchTensor) -> Option<Primitive> {
    match tensor.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(x)) => Some(x),
        _ => None,
    }
}

/// Whether all lie in memory as rows of one shape and of single or double precision.
fn fit(tensors: &[DispatchTensor]) -> bool {
    let Some(first) = tensors.first().and_then(seen) else { return false };
    matches!(first.dtype(), DType::F32 | DType::F64)
        && tensors.iter().all(|tensor| {
            seen(tensor).is_some_and(|x| {
                x.is_contiguous() && x.dtype() == first.dtype() && x.shape() == first.shape()
            })
        })
}

/// What tensors are made of.
trait Number: Copy + Default + Send + Sync + std::ops::Add<Output = Self> + std::ops::Mul<Output = Self> {
    fn of(weight: f64) -> Self;
    fn read(x: &Primitive) -> Option<&[Self]>;
    fn write(x: &mut Primitive) -> Option<&mut [Self]>;
    fn tensor(values: Vec<Self>, shape: Shape) -> Primitive;
}

macro_rules! number {
    ($Float:ty) => {
        impl Number for $Float {
            fn of(weight: f64) -> Self {
                weight as Self
            }
            fn read(x: &Primitive) -> Option<&[Self]> {
                x.as_slice()
            }
            fn write(x: &mut Primitive) -> Option<&mut [Self]> {
                x.try_storage_mut()
            }
            fn tensor(values: Vec<Self>, shape: Shape) -> Primitive {
                Primitive::from_data(TensorData::new(values, shape))
            }
        }
    };
}
number!(f32);
number!(f64);

/// `Σ w_i x_i`, where the first lies that is nobody else's, or in new memory.
fn sum<E: Number>(weights: &[f64], tensors: Vec<Primitive>) -> Primitive {
    let weights: Vec<E> = weights.iter().map(|weight| E::of(*weight)).collect();
    let shape = tensors[0].shape();
    let size = shape.num_elements();
    let mut tensors: Vec<Option<Primitive>> = tensors.into_iter().map(Some).collect();
    for place in 0..tensors.len() {
        let Some(mut own) = tensors[place].take() else { continue };
        // All of the memory, so that no view of it is left that is not the sum.
        if let Some(out) = E::write(&mut own).filter(|out| out.len() == size) {
            let terms = sources(&weights, &tensors);
            threads::parts(out, PART, |from, out| in_place(out, from, &terms));
            return own;
        }
        tensors[place] = Some(own);
    }
    E::tensor(in_fresh(size, &sources(&weights, &tensors)), shape)
}

/// A weight and what it weighs; nothing for what lies where the sum goes.
type Source<'a, E> = (E, Option<&'a [E]>);

fn sources<'a, E: Number>(weights: &[E], tensors: &'a [Option<Primitive>]) -> Vec<Source<'a, E>> {
    weights.iter().zip(tensors).map(|(weight, x)| (*weight, x.as_ref().and_then(E::read))).collect()
}

/// The same numbers of every term; those of the one that is not listed are `own`.
fn cut<'a, E: Number>(terms: &[Source<'a, E>], own: &'a [E], at: usize, size: usize) -> Vec<(E, &'a [E])> {
    terms.iter().map(|(weight, x)| (*weight, x.map_or(own, |x| &x[at..at + size]))).collect()
}

/// The sum of the numbers from `from` on, into `out`, which holds one of the terms.
fn in_place<E: Number>(out: &mut [E], from: usize, terms: &[Source<'_, E>]) {
    let mut own = [E::default(); BLOCK];
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let own = &mut own[..out.len()];
        own.copy_from_slice(out);
        widest(Add { out, terms: &cut(terms, own, from + block * BLOCK, own.len()) });
    }
}

/// The sum in new memory.
fn in_fresh<E: Number>(size: usize, terms: &[Source<'_, E>]) -> Vec<E> {
    fresh(size, PART, |from, out| {
        let mut sum = [E::default(); BLOCK];
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let sum = &mut sum[..out.len()];
            widest(Add { out: &mut *sum, terms: &cut(terms, &[], from + block * BLOCK, out.len()) });
            out.write_copy_of_slice(sum);
        }
    })
}

/// `Σ w_i x_i`, in that order.
struct Add<'a, E> {
    out: &'a mut [E],
    terms: &'a [(E, &'a [E])],
}

impl<E: Number> WithSimd for Add<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { out, terms } = self;
        match *terms {
            [] => {}
            [a] => add(out, [a]),
            [a, b] => add(out, [a, b]),
            [a, b, c] => add(out, [a, b, c]),
            [a, b, c, d] => add(out, [a, b, c, d]),
            [a, b, c, d, ref rest @ ..] => {
                add(out, [a, b, c, d]);
                for (weight, x) in rest {
                    out.iter_mut().zip(*x).for_each(|(sum, x)| *sum = *sum + *x * *weight);
                }
            }
        }
    }
}

/// The same of a number of terms that is known beforehand: each number is written once.
#[inline(always)]
fn add<E: Number, const N: usize>(out: &mut [E], terms: [(E, &[E]); N]) {
    let size = out.len();
    let terms = terms.map(|(weight, x)| (weight, &x[..size]));
    for (i, out) in out.iter_mut().enumerate() {
        let (first, x) = terms[0];
        *out = terms[1..].iter().fold(x[i] * first, |sum, (weight, x)| sum + x[i] * *weight);
    }
}
