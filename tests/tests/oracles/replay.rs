//! The recorded noise, in the order in which the original drew it.

use std::cell::Cell;

use burn::prelude::*;
use burn::tensor::DType;
use kiln::samplers::NoiseSource;

/// How draws are found in the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// One a step, used or not.
    PerStep,
    /// One after the other.
    Sequence,
}

/// A noise source that reads a list.
pub struct Replay<'a> {
    pub list: &'a [Vec<f64>],
    pub order: Order,
    pub rows: usize,
    pub dtype: DType,
    pub next: Cell<usize>,
}

impl Replay<'_> {
    fn take(&self, index: usize) -> Tensor<2> {
        let noise = self.list.get(index).unwrap_or_else(|| panic!("draw {index} was not recorded"));
        tensor(noise, self.rows, self.dtype)
    }

    fn following(&self) -> Tensor<2> {
        let index = self.next.replace(self.next.get() + 1);
        self.take(index)
    }
}

impl NoiseSource for Replay<'_> {
    fn normal(&self, step: u32, draw: u32) -> Tensor<2> {
        match self.order {
            Order::Sequence => self.following(),
            Order::PerStep => {
                assert_eq!(draw, 0, "one draw a step was recorded");
                self.take(step as usize)
            }
        }
    }

    fn brownian(&self, _a: f64, _b: f64) -> Tensor<2> {
        self.following()
    }
}

/// Rows of numbers on the CPU.
pub fn tensor(values: &[f64], rows: usize, dtype: DType) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [rows, values.len() / rows]).convert_dtype(dtype);
    Tensor::from_data(data, (&Device::flex(), dtype))
}

/// The numbers of a tensor.
pub fn numbers(x: Tensor<2>) -> Vec<f64> {
    x.into_data().convert::<f64>().try_into_vec().expect("numbers")
}
