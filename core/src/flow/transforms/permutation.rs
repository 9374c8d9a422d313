//! A fixed order of the numbers: reversed, or drawn once by the model's seed.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::Result;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};

/// Another order of the numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Permutation {
    /// Which.
    pub order: Order,
    /// Seed of a random order.
    pub seed: u64,
}

/// An order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The last number first.
    #[default]
    Reverse,
    /// Drawn by the seed, another one at each place.
    Random,
}

impl Member for Permutation {
    const ABOUT: About = About {
        summary: "Fixed permutation of the numbers, reversed or random",
        paper: "Dinh et al. 2015, https://arxiv.org/abs/1410.8516, section 3.2",
    };
}

impl Transform for Permutation {
    fn build(&self, place: &Place, _init: &Init) -> Result<Built> {
        let features = place.features();
        let order: Vec<usize> = match self.order {
            Order::Reverse => (0..features).rev().collect(),
            Order::Random => {
                let key = Key::new(self.seed, Purpose::Weights, place.number as u64);
                key.permutation(features).into_iter().map(|i| i as usize).collect()
            }
        };
        let mut back = vec![0; features];
        order.iter().enumerate().for_each(|(to, from)| back[*from] = to);
        Ok(Built::same(Permuted { order, back }, place))
    }
}

#[derive(Module, Debug)]
struct Permuted {
    order: Vec<usize>,
    back: Vec<usize>,
}

fn taken(x: &Tensor<2>, order: &[usize]) -> [Tensor<2>; 2] {
    let indices: Vec<i64> = order.iter().map(|i| *i as i64).collect();
    let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [order.len()]), &x.device());
    let none = Tensor::zeros([x.dims()[0], 1], (&x.device(), x.dtype()));
    [x.clone().select(1, indices), none]
}

impl Map for Permuted {
    fn normalise(&self, x: Tensor<2>, _told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        taken(&x, &self.order)
    }

    fn generate(&self, z: Tensor<2>, _told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        taken(&z, &self.back)
    }
}
