//! Token after token, against attention to the whole sequence in double precision.

use burn::prelude::*;
use burn::tensor::DType;

use super::*;
use crate::testing::{far, kinds, values};

const BATCH: usize = 2;

/// Heads of keys, those of queries that share one, and depth.
const HEADS: [[usize; 3]; 5] = [[1, 1, 8], [2, 1, 64], [1, 4, 32], [2, 3, 9], [1, 4, 128]];

/// Queries, keys and values of a whole sequence.
fn sequence([few, group, depth]: [usize; 3], length: usize, on: (&Device, DType)) -> [Tensor<4>; 3] {
    let of = |heads, seed| values([BATCH, heads, length, depth], (on.0, on.1, seed));
    [of(few * group, 1), of(few, 2), of(few, 3)]
}

fn numbers(x: Tensor<4>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// Every third key of the first sample is hidden, its first excepted, and the first key of the second.
fn padding(length: usize, device: &Device) -> Tensor<2, Bool> {
    let hidden = |b: usize, j: usize| if b == 0 { j % 3 == 1 } else { j == 0 };
    let hidden: Vec<bool> = (0..BATCH).flat_map(|b| (0..length).map(move |j| hidden(b, j))).collect();
    Tensor::from_data(TensorData::new(hidden, [BATCH, length]), device)
}

/// What the whole sequence comes to, and what is drawn in steps of so many places.
fn both(
    heads: [usize; 3],
    steps: &[usize],
    options: (f64, bool),
    (device, dtype): (&Device, DType),
) -> [Vec<f64>; 2] {
    let (length, cpu) = (steps.iter().sum(), Device::flex());
    let shown = |places, device| options.1.then(|| padding(length, device).narrow(1, 0, places));
    let [q, k, v] = sequence(heads, length, (&cpu, DType::F64));
    let scale = Some(options.0);
    let whole = super::super::Options { scale, causal: true, bias: None, padding: shown(length, &cpu) };
    let wanted = attention(q, k, v, &whole);

    let [q, k, v] = sequence(heads, length, (device, dtype));
    let mut cache = Cache::new([BATCH, heads[0], 2, heads[2]], (device, dtype));
    let mut found = Vec::new();
    for step in steps {
        let new = |x: &Tensor<4>| x.clone().narrow(2, cache.len(), *step);
        let (q, k, v) = (new(&q), new(&k), new(&v));
        cache.append(k, v);
        found.push(decode(q, &cache, &Options { scale, padding: shown(cache.len(), device) }));
    }
    assert!(cache.len() == length && cache.capacity() < 2 * length.max(2));
    [numbers(wanted), numbers(Tensor::cat(found, 2))]
}

/// Many at first, then in ones, twos, threes and fives.
fn steps(length: usize) -> Vec<usize> {
    let mut steps = vec![length.saturating_sub(14).max(1)];
    for step in [1, 1, 2, 3, 1, 5, 1] {
        let left = length - steps.iter().sum::<usize>();
        steps.extend((left > 0).then_some(step.min(left)));
    }
    steps
}

#[test]
fn tokens_one_after_the_other_are_those_of_the_whole_sequence() {
    let mut worst = 0.0_f64;
    for length in [1, 3, 31, 32, 33, 257, 1000] {
        // Long sequences take long: of them two are enough.
        let some = if length < 100 { 0..HEADS.len() } else { 1..3 };
        for (i, heads) in HEADS.into_iter().enumerate().filter(|(i, _)| some.contains(i)) {
            // Of scores of ten and more the last digits are millionths.
            for (place, device, dtype, limit) in kinds(5e-6, 1e-12) {
                let padded = i % 2 == 1;
                let [wanted, found] = both(heads, &steps(length), (0.1, padded), (&device, dtype));
                let far = far(&found, &wanted);
                assert!(far < limit, "{far} of {heads:?} at {length}, padded {padded}, {place} {dtype:?}");
                worst = worst.max(if dtype == DType::F32 { far } else { 0.0 });
            }
        }
    }
    println!("worst: {worst:.1e}");
}

#[test]
fn every_step_of_a_growing_cache_is_right() {
    for (place, device, dtype, limit) in kinds(2e-6, 1e-12) {
        let [wanted, found] = both([1, 4, 16], &[1; 33], (0.3, false), (&device, dtype));
        let far = far(&found, &wanted);
        assert!(far < limit, "{far}, {place} {dtype:?}");
    }
}

/// One score of a thousand is far above the rest, or all but one are far below it.
#[test]
fn great_scores_neither_overflow_nor_vanish() {
    let length = 300;
    for sign in [1.0, -1.0] {
        for (place, device, dtype, _) in kinds(0.0, 0.0) {
            let on = (&device, dtype);
            let q = Tensor::<4>::full([1, 1, 1, 8], sign * 100.0, on);
            let k = Tensor::<4>::zeros([1, 1, length, 8], on);
            let great = Tensor::<4>::full([1, 1, 1, 8], 12.5, on);
            let k = k.slice_assign([0..1, 0..1, 200..201, 0..8], great);
            let v = values([1, 1, length, 8], (on.0, on.1, 1));
            let mut cache = Cache::new([1, 1, 512, 8], on);
            cache.append(k, v.clone());
            let o = decode(q, &cache, &Options { scale: Some(1.0), padding: None });
            let one = v.clone().narrow(2, 200, 1);
            let wanted = if sign > 0.0 { one } else { (v.sum_dim(2) - one) / (length - 1) as f64 };
            let far = far(&numbers(o), &numbers(wanted));
            assert!(far < 1e-6, "{far} with {sign}, {place} {dtype:?}");
        }
    }
}

#[test]
fn who_sees_nothing_gets_zeros() {
    for (_, device, dtype, _) in kinds(0.0, 0.0) {
        let [q, k, v] = sequence([1, 2, 8], 1, (&device, dtype));
        let mut cache = Cache::new([BATCH, 1, 4, 8], (&device, dtype));
        cache.append(k, v);
        let padding = Some(Tensor::<2, Bool>::from_data([[true], [true]], &device));
        let o = decode(q, &cache, &Options { padding, ..Options::default() });
        assert!(numbers(o).iter().all(|x| *x == 0.0));
    }
}

#[test]
fn half_precision_is_computed_in_single() {
    let [wanted, found] = both([1, 4, 16], &[20, 1, 1, 1], (0.1, true), (&Device::flex(), DType::F16));
    assert!(far(&found, &wanted) < 2e-3);
}

/// A clone keeps what it had when the other goes on.
#[test]
fn clones_go_their_own_ways() {
    for (_, device, dtype, _) in kinds(0.0, 0.0) {
        let [_, k, v] = sequence([1, 1, 8], 3, (&device, dtype));
        let mut cache = Cache::new([BATCH, 1, 8, 8], (&device, dtype));
        cache.append(k.clone(), v.clone());
        let kept = cache.clone();
        cache.append(v.clone(), k.clone());
        assert_eq!((kept.len(), cache.len()), (3, 6));
        let [keys, values] = kept.entries().map(numbers);
        assert_eq!([keys, values], [&k, &v].map(|x| numbers(x.clone())));
        let [keys, _] = cache.entries().map(numbers);
        assert_eq!(keys, numbers(Tensor::cat(vec![k, v], 2)));
    }
}
