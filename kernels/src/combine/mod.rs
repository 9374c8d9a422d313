//! Linear combinations: all that a sampler does between two evaluations of its network.
//!
//! ```text
//! y = Σ_i w_i x_i
//! ```
//!
//! In plain operations each term costs one pass over memory and each sum another; here all is done in one. On the processor it is done in
//! place where a term is nobody else's, and with the same bits: terms are rounded and added in their order. A number of tensors that
//! is not known beforehand is more than Burn's extension traits route: elsewhere six are combined at a time.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::prelude::*;

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;

/// A weight and what it weighs, `[batch, features]`.
pub type Term = (f64, Tensor<2>);

/// `Σ w_i x_i`, of tensors of one shape; at least one. Weights are rounded to the tensors' precision.
pub fn combine(terms: Vec<Term>) -> Tensor<2> {
    #[cfg(feature = "flex")]
    let terms = match flex::combine(terms) {
        Ok(sum) => return sum,
        Err(terms) => terms,
    };
    let mut terms = terms.into_iter();
    let mut sum = routed(terms.by_ref().take(TOGETHER).collect());
    while terms.len() > 0 {
        let sum_so_far = std::iter::once((1.0, sum));
        sum = routed(sum_so_far.chain(terms.by_ref().take(TOGETHER - 1)).collect());
    }
    sum
}

/// `y = Σ w_i x_i`, and of it `share y + Σ v_i z_i`, terms added in that order: on the processor in one pass, where nobody else holds
/// one of the `x_i`.
pub fn combine_both(first: Vec<Term>, share: f64, rest: Vec<Term>) -> [Tensor<2>; 2] {
    #[cfg(feature = "flex")]
    let [first, rest] = match flex::combine_both(first, share, rest) {
        Ok(sums) => return sums,
        Err(terms) => terms,
    };
    let y = combine(first);
    let z = combine(std::iter::once((share, y.clone())).chain(rest).collect());
    [y, z]
}

/// Terms that one kernel combines: a seventh buffer is the sum's.
const TOGETHER: usize = 6;

fn routed(terms: Vec<Term>) -> Tensor<2> {
    let (weights, tensors): (Vec<f64>, Vec<_>) =
        terms.into_iter().map(|(weight, x)| (weight, x.into_dispatch())).unzip();
    // Where a term is wanting, any tensor stands for it.
    let [a, b, c, d, e, f] = std::array::from_fn(|i| tensors[i.min(tensors.len() - 1)].clone());
    Tensor::from_dispatch(<Dispatch as CombineOps>::weighted_sum(a, b, c, d, e, f, weights))
}

/// What a backend has to offer; the body here is what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait CombineOps: Backend {
    /// [`combine`] of as many of the tensors as there are weights.
    #[fusion(dtype = a, shape = a)]
    fn weighted_sum(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
        weights: Vec<f64>,
    ) -> FloatTensor<Self> {
        reference::<Self>([a, b, c, d, e, f], &weights)
    }
}

#[cfg(feature = "flex")]
impl CombineOps for burn::backend::Flex {}

impl<B: Backend, C: CheckpointStrategy> CombineOps for Autodiff<B, C> {}

fn reference<B: Backend>(tensors: [FloatTensor<B>; TOGETHER], weights: &[f64]) -> FloatTensor<B> {
    let mut terms =
        tensors.into_iter().zip(weights).map(|(x, weight)| B::float_mul_scalar(x, (*weight).into()));
    let first = terms.next().expect("there should be something to combine");
    terms.fold(first, B::float_add)
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use crate::testing::{Random, devices, far, off_small_steps};
    use burn::tensor::DType;

    const WEIGHTS: [f64; 5] = [0.3, -1.7, 2.9e-3, 1.0 / 3.0, -0.11];

    /// What it means, in plain operations.
    fn reference(terms: Vec<Term>) -> Tensor<2> {
        let mut terms = terms.into_iter().map(|(weight, x)| x * weight);
        let first = terms.next().expect("a term");
        terms.fold(first, |sum, term| sum + term)
    }

    /// Fewer than are combined at a time, as many, and more.
    #[test]
    fn every_device_sums_any_number_of_terms() {
        let counts = [1, 2, 5, 6, 7, 11, 12].into_iter();
        let cases = counts.flat_map(|count| [1, 33, 1000].map(|size| [count, size]));
        let random = Random::cases(30).map(|mut random| [random.within(1..=20), random.within(1..=3000)]);
        for [count, size] in cases.chain(random) {
            let weight = |i: usize| WEIGHTS[i % 5] * (1.0 + i as f64);
            let terms = |dtype| (0..count).map(move |i| (weight(i), tensor(size, i, dtype)));
            let numbers = |x: Tensor<2>| x.into_data().iter::<f64>().collect::<Vec<_>>();
            let wanted = numbers(reference(terms(DType::F64).collect()));
            for (name, device) in devices() {
                let there = terms(DType::F32).map(|(weight, x)| (weight, x.to_device(&device)));
                let far = far(&numbers(combine(there.collect())), &wanted);
                assert!(far < 1e-6, "{count} of {size}, {name}: {far}");
            }
        }
    }

    #[test]
    fn gradients_are_what_small_steps_find() {
        let off = off_small_steps(&[33; 7], |x| {
            combine((0..7).map(|i| (WEIGHTS[i % 5], x[i].clone().square().unsqueeze())).collect())
        });
        assert!(off < 1e-8, "{off}");
    }

    fn tensor(size: usize, seed: usize, dtype: DType) -> Tensor<2> {
        let value = |i: usize| ((i * 37 + seed * 101 + 13) % 1009) as f64 / 331.0 - 1.5;
        let values: Vec<f64> = (0..size).map(value).collect();
        let data = TensorData::new(values, [1, size]).convert_dtype(dtype);
        Tensor::from_data(data, (&Device::flex(), dtype))
    }

    fn terms(size: usize, count: usize, dtype: DType) -> Vec<Term> {
        (0..count).map(|i| (WEIGHTS[i], tensor(size, i, dtype))).collect()
    }

    /// Whoever else holds a term, and however many threads share the work.
    #[test]
    fn it_is_the_reference_to_the_last_bit() {
        for dtype in [DType::F32, DType::F64] {
            for size in [1, 3, 31, 32, 33, 257, 1500, 600_001] {
                for count in 1..=5 {
                    let wanted = reference(terms(size, count, dtype)).into_data();
                    assert_eq!(combine(terms(size, count, dtype)).into_data(), wanted, "{count} of {size}");
                    let shared = terms(size, count, dtype);
                    assert_eq!(combine(shared.clone()).into_data(), wanted, "{count} of {size}, shared");
                    for alone in 0..count {
                        let fresh = |(i, (w, x)): (usize, &Term)| {
                            (*w, if i == alone { tensor(size, i, dtype) } else { x.clone() })
                        };
                        let mixed: Vec<Term> = shared.iter().enumerate().map(fresh).collect();
                        assert_eq!(combine(mixed).into_data(), wanted, "{count} of {size}, {alone} alone");
                    }
                }
            }
        }
    }

    /// Whoever else holds a term of either, or a term is in both.
    #[test]
    fn two_sums_at_once_are_one_after_the_other() {
        let separate = |first: Vec<Term>, share, rest: Vec<Term>| {
            let y = reference(first);
            let z = reference([(share, y.clone())].into_iter().chain(rest).collect());
            [y, z].map(Tensor::into_data)
        };
        for dtype in [DType::F32, DType::F64] {
            for size in [1, 33, 1500, 600_001] {
                for (count, more) in [(1, 0), (2, 1), (2, 4), (4, 2)] {
                    let [x, d] = [7, 8].map(|seed| (0.7, tensor(size, seed, dtype)));
                    let first = || [vec![x.clone()], terms(size, count - 1, dtype)].concat();
                    let rest = || [vec![x.clone(), d.clone()], terms(size, more, dtype)].concat();
                    let wanted = separate(first(), -0.3, rest());
                    let (held, also_held) = (first(), rest());
                    for (first, rest) in [
                        (first(), rest()),
                        (held.clone(), rest()),
                        (first(), also_held.clone()),
                        (held.clone(), also_held.clone()),
                    ] {
                        let sums = combine_both(first, -0.3, rest).map(Tensor::into_data);
                        assert_eq!(sums, wanted, "{count} and {more} of {size}");
                    }
                    assert_eq!(separate(held, -0.3, also_held), wanted);
                }
            }
        }
    }

    #[test]
    fn what_others_hold_is_left_as_it_was() {
        let held = terms(300, 3, DType::F32);
        let before: Vec<_> = held.iter().map(|(_, x)| x.clone().into_data()).collect();
        drop(combine(held.clone()));
        let after: Vec<_> = held.iter().map(|(_, x)| x.clone().into_data()).collect();
        assert_eq!(before, after);
        let x = tensor(300, 0, DType::F32);
        let twice = combine(vec![(2.0, x.clone()), (3.0, x.clone())]).into_data();
        assert_eq!(twice, (x.clone() * 2.0 + x * 3.0).into_data());
    }

    /// Views that are not as they lie in memory, and gradients, take the reference's way.
    #[test]
    fn views_and_gradients_are_combined_too() {
        let long = tensor(64, 1, DType::F32).reshape([8, 8]);
        let part = long.clone().narrow(1, 2, 4);
        let other = tensor(32, 2, DType::F32).reshape([8, 4]);
        let sum = combine(vec![(0.5, part.clone()), (2.0, other.clone())]);
        assert_eq!(sum.into_data(), (part * 0.5 + other.clone() * 2.0).into_data());
        let rows = long.narrow(0, 2, 4).reshape([8, 4]);
        let sum = combine(vec![(0.5, rows.clone()), (2.0, other.clone())]);
        assert_eq!(sum.into_data(), (rows * 0.5 + other * 2.0).into_data());

        let device = Device::flex().autodiff();
        let x = Tensor::<2>::ones([2, 3], &device).require_grad();
        let gradients = combine(vec![(3.0, x.clone()), (4.0, x.clone() * x.clone())]).sum().backward();
        let gradient = x.grad(&gradients).expect("a gradient").into_data().try_to_vec::<f32>();
        assert_eq!(gradient.expect("floats"), [11.0; 6]);
    }
}
