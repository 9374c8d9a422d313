//! The energy distance: `2 E|X − Y| − E|X − X'| − E|Y − Y'|`, no row paired with itself.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SetDivergence;
use super::pairs::{distances, mean_of_different};
use crate::random::Key;
use crate::registry::{About, Member};

/// The energy distance without bias, so it may be below 0. It has no width to choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Energy {}

impl Member for Energy {
    const ABOUT: About = About {
        summary: "Energy distance without bias: mean distances between the sets, less those within",
        paper: "Székely and Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018",
    };
}

impl SetDivergence for Energy {
    fn measure(&self, x: Tensor<2>, y: Tensor<2>, _key: Key) -> Tensor<1> {
        let within = |rows: &Tensor<2>| mean_of_different(distances(rows, rows));
        distances(&x, &y).mean() * 2.0 - within(&x) - within(&y)
    }
}
