//! Parameters that are the same for all rows, but for what is told.

use burn::module::Param;
use burn::prelude::*;

use crate::flow::Place;
use crate::nn::Init;

/// `p + told W`: numbers of a bijection without a network, `W` zero at first.
#[derive(Module, Debug)]
pub(super) struct Own {
    values: Param<Tensor<2>>,
    told: Option<Param<Tensor<2>>>,
}

impl Own {
    /// So many, normal with this standard deviation at first.
    pub(super) fn new(count: usize, std: f64, place: &Place, init: &Init) -> Self {
        let told = (place.told > 0).then(|| init.constant([place.told, count], 0.0));
        Self { values: init.at("values").normal([1, count], std), told }
    }

    /// `[batch, count]`, or `[1, count]` where nothing is told.
    pub(super) fn of(&self, told: Option<&Tensor<2>>) -> Tensor<2> {
        let values = self.values.val();
        match (&self.told, told) {
            (Some(weight), Some(told)) => values + told.clone().cast(weight.dtype()).matmul(weight.val()),
            _ => values,
        }
    }
}

/// `x · y` of each row, `[batch, 1]`.
pub(super) fn dot(x: &Tensor<2>, y: &Tensor<2>) -> Tensor<2> {
    (x.clone() * y.clone()).sum_dim(1)
}
