//! Against plain operations in double precision, forward and backward.

use burn::prelude::*;
use burn::tensor::{DType, activation};

use super::*;
use crate::testing::{Random, far, kinds, off_small_steps, values};

/// Heads of keys and values, sharing heads, queries, keys, depth and width.
const SIZES: [[usize; 6]; 7] = [
    [1, 1, 1, 1, 1, 1],
    [1, 1, 3, 5, 4, 2],
    [2, 1, 31, 33, 8, 8],
    [1, 3, 32, 32, 16, 24],
    [2, 2, 33, 31, 7, 9],
    [3, 1, 49, 49, 32, 32],
    [1, 1, 5, 257, 64, 128],
];
const BATCH: usize = 2;

/// What differs from the plainest case.
#[derive(Clone, Copy, Debug)]
struct Case {
    sizes: [usize; 6],
    causal: bool,
    /// Which axes of the bias are whole.
    bias: Option<[bool; 4]>,
    padding: bool,
}

fn cases() -> Vec<Case> {
    let biases = [
        None,
        Some([true; 4]),
        Some([false, true, true, true]),
        Some([true, false, false, true]),
        Some([false, false, false, true]),
    ];
    let mut cases = Vec::new();
    for sizes in SIZES {
        for (i, bias) in biases.into_iter().enumerate() {
            cases.push(Case { sizes, causal: i % 2 == 1, bias, padding: i % 3 == 2 });
        }
        cases.push(Case { sizes, causal: true, bias: None, padding: true });
    }
    cases.extend(Random::cases(30).map(random));
    cases
}

fn random(mut random: Random) -> Case {
    let sizes = [3, 3, 70, 70, 40, 40].map(|most| random.within(1..=most));
    let mut coin = || random.among(&[true, false]);
    let (causal, padding) = (coin(), coin());
    let bias = coin().then(|| [(); 4].map(|()| coin()));
    Case { sizes, causal, bias, padding }
}

/// The output and the gradients of `Σ o t`, for a fixed `t`, by queries, keys, values and, if there is one, bias.
fn computed(
    case: Case,
    (device, dtype): (&Device, DType),
    f: fn(Tensor<4>, Tensor<4>, Tensor<4>, &Options) -> Tensor<4>,
) -> Vec<Vec<f64>> {
    let [few, group, queries, keys, depth, width] = case.sizes;
    let (heads, device) = (few * group, device.clone().autodiff());
    let of = |seed| (&device, dtype, seed);
    let q = values([BATCH, heads, queries, depth], of(1)).require_grad();
    let k = values([BATCH, few, keys, depth], of(2)).require_grad();
    let v = values([BATCH, few, keys, width], of(3)).require_grad();
    let whole = [BATCH, heads, queries, keys];
    let shape = |axes: [bool; 4]| std::array::from_fn(|i| if axes[i] { whole[i] } else { 1 });
    let bias = case.bias.map(|axes| values(shape(axes), of(4)).require_grad());
    // Every third key of the first sample, and all of the second's but one.
    let hidden = |b: usize, j: usize| if b == 0 { j % 3 == 1 } else { j > 0 };
    let padding: Vec<bool> = (0..BATCH).flat_map(|b| (0..keys).map(move |j| hidden(b, j))).collect();
    let padding = Tensor::<2, Bool>::from_data(TensorData::new(padding, [BATCH, keys]), &device);
    let options = Options {
        scale: Some(0.1),
        causal: case.causal,
        bias: bias.clone(),
        padding: case.padding.then_some(padding),
    };
    let o = f(q.clone(), k.clone(), v.clone(), &options);
    let gradients = (o.clone() * values([BATCH, heads, queries, width], of(5))).sum().backward();
    let numbers = |x: Tensor<4>| x.into_data().iter::<f64>().collect();
    let parents = [Some(q), Some(k), Some(v), bias];
    let slopes = parents.into_iter().flatten().map(|x| x.grad(&gradients).expect("a gradient"));
    std::iter::once(o.clone().without_autodiff()).chain(slopes).map(numbers).collect()
}

/// With the matrix of all scores.
fn plain(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, options: &Options) -> Tensor<4> {
    let ([batch, heads, queries, _], [_, few, keys, _]) = (q.dims(), k.dims());
    let each = |x: Tensor<4>| {
        let rows = (0..heads).map(|head| x.clone().narrow(1, head / (heads / few), 1)).collect();
        Tensor::cat(rows, 1)
    };
    let mut scores = q.clone().matmul(each(k).swap_dims(2, 3)) * options.scale.expect("a scale");
    if let Some(bias) = &options.bias {
        scores = scores + bias.clone();
    }
    let looking = Looking { scale: 1.0, causal: options.causal, padded: false };
    let late = |i: usize| (0..keys).map(move |j| j >= looking.reach(i, queries, keys));
    let late: Vec<bool> = (0..queries).flat_map(late).collect();
    let late = Tensor::<4, Bool>::from_data(TensorData::new(late, [1, 1, queries, keys]), &q.device());
    let mut hidden = late.expand([batch, heads, queries, keys]);
    if let Some(padding) = &options.padding {
        let padding = padding.clone().reshape([batch, 1, 1, keys]).expand([batch, heads, queries, keys]);
        hidden = hidden.bool_or(padding);
    }
    let weights = activation::softmax(scores.mask_fill(hidden.clone(), -1e4), 3).mask_fill(hidden, 0.0);
    weights.matmul(each(v))
}

#[test]
fn outputs_and_gradients_are_those_of_plain_operations() {
    let mut worst = 0.0_f64;
    for case in cases() {
        let cpu = Device::flex();
        let [wanted, rounded] = [DType::F64, DType::F32].map(|dtype| computed(case, (&cpu, dtype), plain));
        for (place, device, dtype, limit) in kinds(2e-6, 1e-12) {
            let found = computed(case, (&device, dtype), attention);
            for (i, name) in ["o", "dq", "dk", "dv", "db"].into_iter().enumerate().take(wanted.len()) {
                // Differences of large products round, in whichever order they are added.
                let single = if dtype == DType::F32 { 2.0 * far(&rounded[i], &wanted[i]) } else { 0.0 };
                let far = far(&found[i], &wanted[i]);
                assert!(far < limit + single, "{name} of {case:?}: {far}, not {limit}, {place} {dtype:?}");
                worst = worst.max(if dtype == DType::F32 { far } else { 0.0 });
            }
        }
    }
    println!("worst: {worst:.1e}");
}

#[test]
fn gradients_are_what_small_steps_find() {
    let ([heads, few, queries, keys], [depth, width]) = ([4, 2, 5, 6], [3, 2]);
    for causal in [false, true] {
        let sizes = [heads * queries * depth, few * keys * depth, few * keys * width, heads * queries * keys];
        let off = off_small_steps(&sizes, |given| {
            let shapes =
                [[heads, queries, depth], [few, keys, depth], [few, keys, width], [heads, queries, keys]];
            let of = |i: usize| given[i].clone().reshape([1, shapes[i][0], shapes[i][1], shapes[i][2]]);
            let options = Options { causal, bias: Some(of(3)), ..Options::default() };
            attention(of(0), of(1), of(2), &options)
        });
        assert!(off < 1e-8, "{causal}: {off}");
    }
}

#[test]
fn who_sees_nothing_gets_zeros_and_no_gradient() {
    let device = Device::flex().autodiff();
    let of = |seed| (&device, DType::F32, seed);
    let [q, k, v] = [1, 2, 3].map(|seed| values([1, 1, 2, 4], of(seed)).require_grad());
    let padding = Some(Tensor::<2, Bool>::from_data([[true, true]], &device));
    let o = attention(q.clone(), k.clone(), v.clone(), &Options { padding, ..Options::default() });
    let gradients = o.clone().sum().backward();
    assert!(o.into_data().iter::<f32>().all(|x| x == 0.0));
    for x in [q, k, v] {
        assert!(x.grad(&gradients).expect("a gradient").into_data().iter::<f32>().all(|x| x == 0.0));
    }
}

/// An adapter that is a program leaves a loop after 65,535 rounds: longer ones are done in several launches.
#[test]
fn no_sequence_is_too_long() {
    for [group, queries, keys] in [[1, 2, 70_000], [3, 25_000, 2]] {
        let case = Case { sizes: [1, group, queries, keys, 4, 4], causal: false, bias: None, padding: false };
        let wanted =
            computed(case, (&Device::flex(), DType::F64), |q, k, v, how| plain(q, k, rising(v), how));
        for (place, device, dtype, limit) in kinds(1e-4, 1e-12) {
            let found = computed(case, (&device, dtype), |q, k, v, how| attention(q, k, rising(v), how));
            for (found, wanted) in found.iter().zip(&wanted) {
                let far = far(found, wanted);
                assert!(far < limit, "{far} of {case:?}, {place} {dtype:?}");
            }
        }
    }
}

/// Of a mean that grows from 0 to 2: what misses the last is far off.
fn rising(v: Tensor<4>) -> Tensor<4> {
    let [.., keys, _] = v.dims();
    let places = Tensor::<1, Int>::arange(1..keys as i64 + 1, &v.device()).float().cast(float(v.dtype()));
    (v + 1.0) * (places * (2.0 / keys as f64)).reshape([1, 1, keys, 1])
}
