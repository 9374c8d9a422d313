//! Matrices of any backend that formulas can be written with.

use std::ops::{Add, Div, Mul, Sub};

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::prelude::*;
use burn::tensor::Slice;

/// A matrix.
#[derive(Clone)]
pub(crate) struct Numbers<B: Backend>(pub FloatTensor<B>);

impl<B: Backend> Numbers<B> {
    pub(crate) fn shaped(self, rows: usize, columns: usize) -> Self {
        Self(B::float_reshape(self.0, Shape::new([rows, columns])))
    }

    pub(crate) fn columns(&self, from: usize, to: usize) -> Self {
        let slices = [Slice::full(), Slice::new(from as isize, Some(to as isize), 1)];
        Self(B::float_slice(self.0.clone(), &slices))
    }

    /// Those that have columns, side by side.
    pub(crate) fn beside(parts: Vec<Self>) -> Self {
        let parts = parts.into_iter().map(|part| part.0).filter(|part| part.shape()[1] > 0);
        Self(B::float_cat(parts.collect(), 1))
    }

    /// A column of one value, as long.
    pub(crate) fn like(&self, value: f64) -> Self {
        let shape = Shape::new([self.0.shape()[0], 1]);
        Self(B::float_full(shape, value.into(), &self.0.device(), self.0.dtype().into()))
    }

    /// A column as often.
    pub(crate) fn expand(&self, columns: usize) -> Self {
        let shape = Shape::new([self.0.shape()[0], columns]);
        Self(B::float_expand(self.0.clone(), shape))
    }

    /// Of the columns.
    pub(crate) fn sum(self) -> Self {
        Self(B::float_sum_dim(self.0, 1))
    }

    /// What the columns before come to.
    pub(crate) fn sums_before(&self) -> Self {
        let sums = Self(B::float_cumsum(self.0.clone(), 1));
        Self::beside(vec![self.like(0.0), sums.columns(0, self.0.shape()[1] - 1)])
    }

    /// Of each row.
    pub(crate) fn softmax(self) -> Self {
        Self(B::softmax(self.0, 1))
    }

    pub(crate) fn clamp(self, least: f64, most: f64) -> Self {
        Self(B::float_clamp(self.0, least.into(), most.into()))
    }

    pub(crate) fn floor(self) -> Self {
        Self(B::float_floor(self.0))
    }

    pub(crate) fn abs(&self) -> Self {
        Self(B::float_abs(self.0.clone()))
    }

    pub(crate) fn sqrt(self) -> Self {
        Self(B::float_sqrt(self.0))
    }

    pub(crate) fn recip(&self) -> Self {
        Self(B::float_recip(self.0.clone()))
    }

    pub(crate) fn log(self) -> Self {
        Self(B::float_log(self.0))
    }

    pub(crate) fn exp(self) -> Self {
        Self(B::float_exp(self.0))
    }

    pub(crate) fn tanh(self) -> Self {
        Self(B::float_tanh(self.0))
    }

    pub(crate) fn sigmoid(self) -> Self {
        Self(B::sigmoid(self.0))
    }

    /// `ln(1 + e^x)`, where `e^x` would overflow too.
    pub(crate) fn softplus(self) -> Self {
        let small = Self(B::float_log1p(B::float_exp((self.abs() * -1.0).0)));
        Self(B::float_clamp_min(self.0, 0.0.into())) + small
    }

    /// `1 − x`.
    pub(crate) fn less(&self) -> Self {
        self * -1.0 + 1.0
    }

    /// One from zero on, zero below.
    pub(crate) fn reached(self) -> Self {
        (Self(B::float_sign(self.0)) + 1.0).clamp(0.0, 1.0)
    }
}

macro_rules! operators {
    ($($operator:ident $name:ident $tensors:ident $scalar:ident,)*) => {$(
        impl<B: Backend> $operator<Numbers<B>> for Numbers<B> {
            type Output = Numbers<B>;
            fn $name(self, other: Numbers<B>) -> Numbers<B> {
                Numbers(B::$tensors(self.0, other.0))
            }
        }

        impl<B: Backend> $operator<&Numbers<B>> for Numbers<B> {
            type Output = Numbers<B>;
            fn $name(self, other: &Numbers<B>) -> Numbers<B> {
                self.$name(other.clone())
            }
        }

        impl<B: Backend> $operator<Numbers<B>> for &Numbers<B> {
            type Output = Numbers<B>;
            fn $name(self, other: Numbers<B>) -> Numbers<B> {
                self.clone().$name(other)
            }
        }

        impl<B: Backend> $operator<&Numbers<B>> for &Numbers<B> {
            type Output = Numbers<B>;
            fn $name(self, other: &Numbers<B>) -> Numbers<B> {
                self.clone().$name(other.clone())
            }
        }

        impl<B: Backend> $operator<f64> for Numbers<B> {
            type Output = Numbers<B>;
            fn $name(self, other: f64) -> Numbers<B> {
                Numbers(B::$scalar(self.0, other.into()))
            }
        }

        impl<B: Backend> $operator<f64> for &Numbers<B> {
            type Output = Numbers<B>;
            fn $name(self, other: f64) -> Numbers<B> {
                self.clone().$name(other)
            }
        }
    )*};
}

operators! {
    Add add float_add float_add_scalar,
    Sub sub float_sub float_sub_scalar,
    Mul mul float_mul float_mul_scalar,
    Div div float_div float_div_scalar,
}
