//! What pairs mean, in plain operations: as many rows at a time as keep the differences few.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::prelude::*;
use burn::tensor::Slice;

use super::{FAR, Kernel, Pairs, Search};

/// Differences that are held at a time, but for those of a single row.
const HELD: usize = 1 << 20;

/// Squared distances and numbers, `[2, n, k]`.
pub(super) fn nearest<B: Backend>(
    x: FloatTensor<B>,
    y: FloatTensor<B>,
    Search { k, pairs }: Search,
) -> FloatTensor<B> {
    let (n, rows) = (x.shape()[0], y.shape()[0]);
    let numbers: Vec<f64> = (0..rows).map(|j| j as f64).collect();
    let numbers = like::<B>(&x, numbers, [1, rows]);
    let (mut distances, mut found) = (Vec::new(), Vec::new());
    for (first, block) in blocks::<B>(&x, &y) {
        let hidden = own::<B>(&block, first, rows, pairs);
        let mut left = squares::<B>(block, y.clone());
        left = B::float_clamp_max(hidden.into_iter().fold(left, far::<B>), FAR.into());
        for _ in 0..k {
            let least = B::float_min_dim(left.clone(), 1);
            // Beyond all numbers where there is something nearer.
            let beyond = B::float_mul_scalar(sign::<B>(&left, &least), (rows as f64).into());
            let number = B::float_min_dim(B::float_add(numbers.clone(), beyond), 1);
            let other = sign::<B>(&numbers, &number);
            left = B::float_clamp_max(far::<B>(left, less::<B>(other)), FAR.into());
            distances.push(least);
            found.push(number);
        }
    }
    if n == 0 {
        return B::float_zeros(Shape::new([2, n, k]), &x.device(), x.dtype().into());
    }
    let joined = |parts: Vec<FloatTensor<B>>| {
        let lines = parts.chunks(k).map(|parts| B::float_cat(parts.to_vec(), 1)).collect();
        B::float_reshape(B::float_cat(lines, 0), Shape::new([1, n, k]))
    };
    B::float_cat(vec![joined(distances), joined(found)], 0)
}

/// `[n]`.
pub(super) fn kernel_means<B: Backend>(
    x: FloatTensor<B>,
    y: FloatTensor<B>,
    kernel: &Kernel,
    pairs: Pairs,
) -> FloatTensor<B> {
    let (n, rows) = (x.shape()[0], y.shape()[0]);
    let mut means = Vec::new();
    for (first, block) in blocks::<B>(&x, &y) {
        let height = block.shape()[0];
        let hidden = own::<B>(&block, first, rows, pairs);
        let values = values::<B>(block, y.clone(), kernel);
        let values = hidden.into_iter().fold(values, |all, own| B::float_mul(all, less::<B>(own)));
        let shares = (first..first + height).map(|i| (pairs.count(i, rows) as f64).recip()).collect();
        means.push(B::float_mul(B::float_sum_dim(values, 1), like::<B>(&x, shares, [height, 1])));
    }
    if n == 0 {
        return B::float_zeros(Shape::new([n]), &x.device(), x.dtype().into());
    }
    B::float_reshape(B::float_cat(means, 0), Shape::new([n]))
}

/// `k(x_i, y_j)`, `[b, m]`.
fn values<B: Backend>(x: FloatTensor<B>, y: FloatTensor<B>, kernel: &Kernel) -> FloatTensor<B> {
    let mixed = |widths: &[f64], f: &dyn Fn(f64) -> FloatTensor<B>| {
        let sum = widths.iter().map(|width| f(width * width)).reduce(B::float_add);
        B::float_mul_scalar(sum.expect("a width"), (widths.len() as f64).recip().into())
    };
    match kernel {
        Kernel::Polynomial => {
            let share = (x.shape()[1] as f64).recip();
            let products = B::float_matmul(x, B::float_swap_dims(y, 0, 1));
            let base = B::float_add_scalar(B::float_mul_scalar(products, share.into()), 1.0.into());
            B::float_mul(B::float_mul(base.clone(), base.clone()), base)
        }
        Kernel::Distance => B::float_sqrt(squares::<B>(x, y)),
        Kernel::Gaussian(widths) => {
            let squares = squares::<B>(x, y);
            mixed(widths, &|h2| B::float_exp(B::float_mul_scalar(squares.clone(), (-0.5 / h2).into())))
        }
        Kernel::InverseMultiquadric(widths) => {
            let squares = squares::<B>(x, y);
            let one = |c2: f64| B::float_add_scalar(squares.clone(), c2.into());
            mixed(widths, &|c2| B::float_mul_scalar(B::float_recip(one(c2)), c2.into()))
        }
    }
}

/// `|x_i − y_j|²`, `[b, m]`.
fn squares<B: Backend>(x: FloatTensor<B>, y: FloatTensor<B>) -> FloatTensor<B> {
    let ([b, d], [m, _]) = (x.shape().dims(), y.shape().dims());
    let x = B::float_reshape(x, Shape::new([b, 1, d]));
    let apart = B::float_sub(x, B::float_reshape(y, Shape::new([1, m, d])));
    let sums = B::float_sum_dim(B::float_mul(apart.clone(), apart), 2);
    B::float_reshape(sums, Shape::new([b, m]))
}

/// Some rows after the other, each with the number of its first.
fn blocks<B: Backend>(
    x: &FloatTensor<B>,
    y: &FloatTensor<B>,
) -> impl Iterator<Item = (usize, FloatTensor<B>)> {
    let ([n, d], rows) = (x.shape().dims(), y.shape()[0]);
    let height = (HELD / (rows * d).max(1)).max(1);
    (0..n).step_by(height).map(move |first| {
        let whole = [(first, (first + height).min(n)), (0, d)];
        let slices = whole.map(|(from, to)| Slice::new(from as isize, Some(to as isize), 1));
        (first, B::float_slice(x.clone(), &slices))
    })
}

/// One where a row would be paired with itself, zero elsewhere, `[b, m]`.
fn own<B: Backend>(
    block: &FloatTensor<B>,
    first: usize,
    rows: usize,
    pairs: Pairs,
) -> Option<FloatTensor<B>> {
    let height = block.shape()[0];
    let row = |i| (0..rows).map(move |j| if i == j { 1.0 } else { 0.0 });
    let whole = || like::<B>(block, (first..first + height).flat_map(row).collect(), [height, rows]);
    (pairs == Pairs::Distinct).then(whole)
}

/// The numbers, as `x` is and where it lies.
fn like<B: Backend>(x: &FloatTensor<B>, numbers: Vec<f64>, shape: [usize; 2]) -> FloatTensor<B> {
    B::float_from_data(TensorData::new(numbers, shape).convert_dtype(x.dtype()), &x.device())
}

/// Zero where they are the same, one elsewhere.
fn sign<B: Backend>(a: &FloatTensor<B>, b: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_sign(B::float_abs(B::float_sub(a.clone(), b.clone())))
}

/// Far away where `hidden` is one.
fn far<B: Backend>(distances: FloatTensor<B>, hidden: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add(distances, B::float_mul_scalar(hidden, FAR.into()))
}

/// `1 − x`.
fn less<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add_scalar(B::float_neg(x), 1.0.into())
}
