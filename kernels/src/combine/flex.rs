//! The same on the processor, in one pass: block by block, each block summed in the nearest cache.

use std::mem::MaybeUninit;

use burn::backend::tensor::FloatTensor;
use burn::backend::{
    BackendTensor, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind, Flex, TensorMetadata,
};
use burn::prelude::*;
use burn::tensor::DType;
use pulp::{Simd, WithSimd};

use super::Term;
use super::step::{Output, Part, Step};
use crate::flex::{fresh, fresh_beside};
use crate::threads;
use crate::vectors::widest;

type Primitive = FloatTensor<Flex>;

/// Numbers that are summed at a time.
const BLOCK: usize = 1024;
/// Numbers that are worth another thread: the pass is as fast as memory, and waking a thread takes longer than fewer.
const PART: usize = 1 << 18;

/// The sum; the terms themselves where they are on another device, are views, or record gradients.
pub(super) fn combine(terms: Vec<Term>) -> Result<Tensor<2>, Vec<Term>> {
    let (weights, tensors) = apart(terms);
    if !fit(&tensors) {
        return Err(together(&weights, tensors));
    }
    let tensors: Vec<Primitive> = tensors.into_iter().filter_map(taken).collect();
    Ok(float(match tensors[0].dtype() {
        DType::F64 => sum::<f64>(&weights, tensors),
        _ => sum::<f32>(&weights, tensors),
    }))
}

/// A step without noise; the step itself as above. Where the first is not wanted, the second stands for it.
pub(super) fn step(step: Step, output: Output) -> Result<[Tensor<2>; 2], Step> {
    let tensors: Vec<_> = step.parts.iter().map(|part| part.x.clone().into_dispatch()).collect();
    if !fit(&tensors) {
        return Err(step);
    }
    drop(tensors);
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for Part { x, estimate, beside } in step.parts {
        // What has no weight at all is in the first, which must not be empty.
        let within = (estimate != 0.0 || beside == 0.0).then(|| (estimate, x.clone()));
        rest.extend((beside != 0.0).then_some((beside, x)));
        first.extend(within);
    }
    let (weights, tensors) = apart(first);
    let (more_weights, more) = apart(rest);
    let [tensors, more] =
        [tensors, more].map(|all| all.into_iter().filter_map(taken).collect::<Vec<Primitive>>());
    let double = tensors[0].dtype() == DType::F64;
    let (first, rest) = ((&*weights, tensors), (&*more_weights, more));
    Ok(match (output, double) {
        (Output::Both, true) => both::<f64>(first, step.bounds, step.share, rest).map(float),
        (Output::Both, false) => both::<f32>(first, step.bounds, step.share, rest).map(float),
        (Output::Last, double) => {
            let z = if double {
                through::<f64>(first, step.bounds, step.share, rest)
            } else {
                through::<f32>(first, step.bounds, step.share, rest)
            };
            let z = float(z);
            [z.clone(), z]
        }
    })
}

fn apart(terms: Vec<Term>) -> (Vec<f64>, Vec<DispatchTensor>) {
    terms.into_iter().map(|(weight, x)| (weight, x.into_dispatch())).unzip()
}

fn together(weights: &[f64], tensors: Vec<DispatchTensor>) -> Vec<Term> {
    weights.iter().copied().zip(tensors.into_iter().map(Tensor::from_dispatch)).collect()
}

fn float(x: Primitive) -> Tensor<2> {
    let kind = DispatchTensorKind::Flex(BackendTensor::Float(x));
    Tensor::from_dispatch(DispatchTensor { kind, autodiff: DispatchAutodiffContext::Disabled })
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
trait Number:
    Copy + Default + PartialOrd + Send + Sync + std::ops::Add<Output = Self> + std::ops::Mul<Output = Self>
{
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
    let weights = weights_of::<E>(weights);
    let shape = tensors[0].shape();
    let size = shape.num_elements();
    let (own, tensors) = place::<E>(tensors);
    let terms = sources(&weights, &tensors);
    let Some(mut own) = own else { return E::tensor(in_fresh(size, &terms), shape) };
    let out = E::write(&mut own).expect("what is nobody else's should be written");
    threads::parts(out, part(size), |from, out| in_place(out, from, &terms));
    own
}

/// `y` and `z`: in one pass where `y` has a place of its own.
fn both<E: Number>(
    first: (&[f64], Vec<Primitive>),
    bounds: Option<[f64; 2]>,
    share: f64,
    rest: (&[f64], Vec<Primitive>),
) -> [Primitive; 2] {
    let shape = first.1[0].shape();
    let size = shape.num_elements();
    let (y, others) = place::<E>(first.1);
    let mut y = y.unwrap_or_else(|| E::tensor(vec![E::default(); size], shape.clone()));
    let (z, more) = place::<E>(rest.1);
    let (weights, more_weights) = (weights_of::<E>(first.0), weights_of::<E>(rest.0));
    let sums = Sums::new((&weights, &others), bounds, share, (&more_weights, &more));
    let out = E::write(&mut y).expect("what is nobody else's should be written");
    let part = part(size);
    let z = match z {
        Some(mut z) => {
            let beside = E::write(&mut z).expect("what is nobody else's should be written");
            threads::parts_beside(out, part, beside, part, |from, y, z| sums.in_place(y, z, from));
            z
        }
        None => E::tensor(fresh_beside(size, part, out, part, |from, z, y| sums.in_fresh(y, z, from)), shape),
    };
    [y, z]
}

/// `z` alone.
fn through<E: Number>(
    first: (&[f64], Vec<Primitive>),
    bounds: Option<[f64; 2]>,
    share: f64,
    rest: (&[f64], Vec<Primitive>),
) -> Primitive {
    let shape = first.1[0].shape();
    let size = shape.num_elements();
    let others: Vec<_> = first.1.into_iter().map(Some).collect();
    let (z, more) = place::<E>(rest.1);
    let (weights, more_weights) = (weights_of::<E>(first.0), weights_of::<E>(rest.0));
    let sums = Sums::new((&weights, &others), bounds, share, (&more_weights, &more));
    let part = part(size);
    let Some(mut z) = z else {
        return E::tensor(fresh(size, part, |from, z| sums.fresh_alone(z, from)), shape);
    };
    let out = E::write(&mut z).expect("what is nobody else's should be written");
    threads::parts(out, part, |from, z| sums.alone(z, from));
    z
}

fn weights_of<E: Number>(weights: &[f64]) -> Vec<E> {
    weights.iter().map(|weight| E::of(*weight)).collect()
}

/// Equal parts for the threads.
fn part(size: usize) -> usize {
    size.div_ceil(size.div_ceil(PART).max(1)).next_multiple_of(BLOCK)
}

/// Takes out the first that is nobody else's, all of its memory, so that no view of it is left that is not the sum.
fn place<E: Number>(tensors: Vec<Primitive>) -> (Option<Primitive>, Vec<Option<Primitive>>) {
    let mut own = None;
    let mut others = Vec::with_capacity(tensors.len());
    for mut x in tensors {
        let size = x.shape().num_elements();
        let free = own.is_none() && E::write(&mut x).is_some_and(|all| all.len() == size);
        others.push(if free { own.replace(x) } else { Some(x) });
    }
    (own, others)
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
        let own = copied(out, &mut own);
        widest(Add { out, terms: &cut(terms, own, from + block * BLOCK, own.len()) });
    }
}

/// The sum in new memory.
fn in_fresh<E: Number>(size: usize, terms: &[Source<'_, E>]) -> Vec<E> {
    fresh(size, part(size), |from, out| {
        let mut sum = [E::default(); BLOCK];
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let sum = &mut sum[..out.len()];
            widest(Add { out: &mut *sum, terms: &cut(terms, &[], from + block * BLOCK, out.len()) });
            out.write_copy_of_slice(sum);
        }
    })
}

/// The numbers, where they are not written over.
fn copied<'a, E: Copy>(numbers: &[E], room: &'a mut [E]) -> &'a [E] {
    let room = &mut room[..numbers.len()];
    room.copy_from_slice(numbers);
    room
}

/// Two sums, of which the first, kept within bounds, is a term of the second: its other terms.
struct Sums<'a, E> {
    first: Vec<Source<'a, E>>,
    bounds: Option<[E; 2]>,
    share: E,
    rest: Vec<Source<'a, E>>,
}

/// Weights and what they weigh.
type Weighed<'a, E> = (&'a [E], &'a [Option<Primitive>]);

impl<'a, E: Number> Sums<'a, E> {
    fn new(first: Weighed<'a, E>, bounds: Option<[f64; 2]>, share: f64, rest: Weighed<'a, E>) -> Self {
        let bounds = bounds.map(|bounds| bounds.map(E::of));
        Self { first: sources(first.0, first.1), bounds, share: E::of(share), rest: sources(rest.0, rest.1) }
    }

    /// The sums of the numbers from `from` on; `y` and `z` hold a term each.
    fn in_place(&self, y: &mut [E], z: &mut [E], from: usize) {
        let mut own = [E::default(); BLOCK];
        for (block, (y, z)) in y.chunks_mut(BLOCK).zip(z.chunks_mut(BLOCK)).enumerate() {
            let at = from + block * BLOCK;
            self.first(y, at, &mut own);
            let own = copied(z, &mut own);
            self.second(y, z, at, own);
        }
    }

    /// The same, the second in new memory.
    fn in_fresh(&self, y: &mut [E], z: &mut [MaybeUninit<E>], from: usize) {
        let (mut own, mut sum) = ([E::default(); BLOCK], [E::default(); BLOCK]);
        for (block, (y, z)) in y.chunks_mut(BLOCK).zip(z.chunks_mut(BLOCK)).enumerate() {
            let at = from + block * BLOCK;
            self.first(y, at, &mut own);
            let sum = &mut sum[..z.len()];
            self.second(y, sum, at, &[]);
            z.write_copy_of_slice(sum);
        }
    }

    /// The second alone, which holds a term.
    fn alone(&self, z: &mut [E], from: usize) {
        let (mut own, mut y) = ([E::default(); BLOCK], [E::default(); BLOCK]);
        for (block, z) in z.chunks_mut(BLOCK).enumerate() {
            let (at, y) = (from + block * BLOCK, &mut y[..z.len()]);
            self.first(y, at, &mut own);
            let own = copied(z, &mut own);
            self.second(y, z, at, own);
        }
    }

    /// The second alone, in new memory.
    fn fresh_alone(&self, z: &mut [MaybeUninit<E>], from: usize) {
        let mut y = [E::default(); BLOCK];
        for (block, z) in z.chunks_mut(BLOCK).enumerate() {
            self.in_fresh(&mut y[..z.len()], z, from + block * BLOCK);
        }
    }

    fn first(&self, y: &mut [E], at: usize, own: &mut [E]) {
        let own = copied(y, own);
        widest(Add { out: y, terms: &cut(&self.first, own, at, own.len()) });
        if let Some([low, high]) = self.bounds {
            y.iter_mut().for_each(|y| *y = kept(*y, low, high));
        }
    }

    fn second(&self, y: &[E], z: &mut [E], at: usize, own: &[E]) {
        let mut terms = cut(&self.rest, own, at, y.len());
        terms.insert(0, (self.share, y));
        widest(Add { out: z, terms: &terms });
    }
}

/// What is no number stays none.
fn kept<E: PartialOrd>(y: E, low: E, high: E) -> E {
    if y < low {
        low
    } else if y > high {
        high
    } else {
        y
    }
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
