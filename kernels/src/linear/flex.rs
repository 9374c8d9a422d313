//! The same on the processor: products into memory that is not cleared first, and what follows them while they are near.

use std::mem::MaybeUninit;

use burn::backend::ops::{ActivationOps, ModuleOps};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::prelude::*;
use pulp::{Simd, WithSimd};

use super::{LinearOps, reference};
use crate::flex::{Primitive, all_straight, fresh, numbers, tensor};
use crate::threads::parts;
use crate::vectors::widest;

/// Numbers that are worth another thread.
const PART: usize = 1 << 15;
/// Inputs so few that packing them for a product costs more than it saves.
const FEW: usize = 4;

/// The tensors as they are numbered; `None` in another precision, or where there is nothing to do.
fn fit<const N: usize>(tensors: [&Primitive; N]) -> Option<[Primitive; N]> {
    let some = tensors.iter().all(|x| x.shape().num_elements() > 0);
    some.then(|| all_straight(tensors))?
}

impl LinearOps for Flex {
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let Some([input, kernel, shift]) = fit([&x, &weight, &bias]) else {
            return reference::<Self>(x, weight, bias, rectified);
        };
        let ([rows, inputs], [_, outputs]) = (x.shape().dims(), weight.shape().dims());
        let [input, weight, bias] = [&input, &kernel, &shift].map(numbers);
        let part = (PART / outputs).max(1) * outputs;
        let y = if inputs <= FEW {
            fresh(rows * outputs, part, |from, out| {
                let x = &input[from / outputs * inputs..];
                widest(Few { x, weight, bias, rectified, out });
            })
        } else {
            let mut y = product(Matrix::new(input, inputs), Matrix::new(weight, outputs));
            parts(&mut y, part, |_, out| widest(Finish { bias, rectified, out }));
            y
        };
        tensor(y, Shape::new([rows, outputs]))
    }

    fn rectifier_backward(y: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        let Some([values, slopes]) = fit([&y, &gradient]) else {
            return Self::relu_backward(y, gradient);
        };
        let [values, slopes] = [&values, &slopes].map(numbers);
        let found = fresh(values.len(), PART, |from, out| {
            let part = from..from + out.len();
            widest(Gated { y: &values[part.clone()], gradient: &slopes[part], out });
        });
        tensor(found, y.shape())
    }

    fn affine_x_backward(weight: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        let Some([kernel, slopes]) = fit([&weight, &gradient]) else {
            return Self::linear_x_backward(weight, gradient);
        };
        let ([rows, outputs], [inputs, _]) = (gradient.shape().dims(), weight.shape().dims());
        let (slopes, kernel) =
            (Matrix::new(numbers(&slopes), outputs), Matrix::new(numbers(&kernel), outputs));
        tensor(product(slopes, kernel.transposed()), Shape::new([rows, inputs]))
    }

    fn affine_weight_backward(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        let Some([input, slopes]) = fit([&x, &gradient]) else {
            return Self::linear_weight_backward(x, gradient);
        };
        let ([_, inputs], [_, outputs]) = (x.shape().dims(), gradient.shape().dims());
        let (input, slopes) = (Matrix::new(numbers(&input), inputs), Matrix::new(numbers(&slopes), outputs));
        tensor(product(input.transposed(), slopes), Shape::new([inputs, outputs]))
    }

    fn affine_bias_backward(gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        let Some([slopes]) = fit([&gradient]) else {
            return Self::linear_bias_backward(gradient);
        };
        let outputs = gradient.shape()[1];
        tensor(widest(Sums { values: numbers(&slopes), outputs }), Shape::new([outputs]))
    }
}

/// A matrix somewhere in memory.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Numbers from one row to the next, and from one column to the next.
    steps: [isize; 2],
}

impl<'a> Matrix<'a> {
    /// Row after row.
    fn new(values: &'a [f32], columns: usize) -> Self {
        assert!(values.len().is_multiple_of(columns));
        Self { values, rows: values.len() / columns, columns, steps: [columns as isize, 1] }
    }

    fn transposed(self) -> Self {
        let [down, across] = self.steps;
        Self { rows: self.columns, columns: self.rows, steps: [across, down], ..self }
    }
}

/// `a b`, row after row.
#[expect(unsafe_code, reason = "the product is written to memory that need not be cleared first")]
fn product(a: Matrix, b: Matrix) -> Vec<f32> {
    assert_eq!(a.columns, b.rows);
    let (rows, columns) = (a.rows, b.columns);
    let mut out: Vec<f32> = Vec::with_capacity(rows * columns);
    let ([down_a, across_a], [down_b, across_b]) = (a.steps, b.steps);
    // SAFETY: a matrix is as long as its sides say, there is room for `rows · columns` numbers, and all of them are written: nothing is read
    // where the output is to be.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            columns as isize,
            false,
            a.values.as_ptr(),
            across_a,
            down_a,
            b.values.as_ptr(),
            across_b,
            down_b,
            0.0,
            1.0,
            false,
            false,
            false,
            threads(rows * columns * a.columns),
        );
        out.set_len(rows * columns);
    }
    out
}

/// As many as so many multiplications are worth.
#[cfg(feature = "cpu")]
fn threads(multiplications: usize) -> gemm::Parallelism {
    // As in Burn.
    const LARGE: usize = 192 * 192 * 192;
    if multiplications < LARGE { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(0) }
}

/// The same, where there is one.
#[cfg(not(feature = "cpu"))]
fn threads(_multiplications: usize) -> gemm::Parallelism {
    gemm::Parallelism::None
}

/// What follows a product, row after row.
struct Finish<'a> {
    bias: &'a [f32],
    rectified: bool,
    out: &'a mut [f32],
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.out.chunks_exact_mut(self.bias.len()) {
            let pairs = row.iter_mut().zip(self.bias);
            if self.rectified {
                pairs.for_each(|(y, b)| *y = rectifier(*y + b));
            } else {
                pairs.for_each(|(y, b)| *y += b);
            }
        }
    }
}

/// `max(x, 0)`; what is not a number stays so.
#[inline(always)]
fn rectifier(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// All of it, of few inputs.
struct Few<'a> {
    /// From the first row on.
    x: &'a [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    rectified: bool,
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Few<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match self.weight.len() / self.bias.len() {
            1 => self.of::<1>(),
            2 => self.of::<2>(),
            3 => self.of::<3>(),
            _ => self.of::<FEW>(),
        }
    }
}

impl Few<'_> {
    #[inline(always)]
    fn of<const N: usize>(self) {
        let Self { x, weight, bias, rectified, out } = self;
        let outputs = bias.len();
        let weights: [&[f32]; N] = std::array::from_fn(|i| &weight[i * outputs..][..outputs]);
        for (out, x) in out.chunks_exact_mut(outputs).zip(x.chunks_exact(N)) {
            for (j, (out, b)) in out.iter_mut().zip(bias).enumerate() {
                let sum = (0..N).fold(*b, |sum, i| sum + x[i] * weights[i][j]);
                out.write(if rectified { rectifier(sum) } else { sum });
            }
        }
    }
}

struct Gated<'a> {
    y: &'a [f32],
    gradient: &'a [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Gated<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let triples = self.out.iter_mut().zip(self.y).zip(self.gradient);
        triples.for_each(|((out, y), gradient)| _ = out.write(if *y > 0.0 { *gradient } else { 0.0 }));
    }
}

/// Sums over rows, some rows at a time, so that no sum grows large beside what it is added to.
struct Sums<'a> {
    values: &'a [f32],
    outputs: usize,
}

impl WithSimd for Sums<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        const ROWS: usize = 64;
        let mut all = vec![0.0; self.outputs];
        let mut some = vec![0.0; self.outputs];
        for rows in self.values.chunks(ROWS * self.outputs) {
            some.fill(0.0);
            for row in rows.chunks_exact(self.outputs) {
                some.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            all.iter_mut().zip(&some).for_each(|(sum, x)| *sum += x);
        }
        all
    }
}
