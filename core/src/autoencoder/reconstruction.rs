//! Losses of reconstruction: what a difference between a sample and its reconstruction costs, a mean over all numbers.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registry::{About, Member};

/// What a difference costs.
pub trait Reconstruction {
    /// `[batch, features]` to a mean, `[1]`.
    fn cost(&self, difference: Tensor<2>) -> Tensor<1>;
}

registry! {
    /// The losses of reconstruction that a configuration can name.
    pub enum ReconstructionConfig("reconstruction loss"): dyn Reconstruction {
        "l2" => l2::L2,
        "l1" => l1::L1,
    }
}

mod l2 {
    use super::{About, Deserialize, JsonSchema, Member, Reconstruction, Serialize, Tensor};

    /// The mean square: keeps the mean of what a latent cannot tell apart.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct L2 {}

    impl Member for L2 {
        const ABOUT: About = About { summary: "Mean square", paper: "-" };
    }

    impl Reconstruction for L2 {
        fn cost(&self, difference: Tensor<2>) -> Tensor<1> {
            difference.square().mean()
        }
    }
}

mod l1 {
    use super::{About, Deserialize, JsonSchema, Member, Reconstruction, Serialize, Tensor};

    /// The mean absolute value: keeps the median, and sharper edges.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct L1 {}

    impl Member for L1 {
        const ABOUT: About = About { summary: "Mean absolute value: sharper edges", paper: "-" };
    }

    impl Reconstruction for L1 {
        fn cost(&self, difference: Tensor<2>) -> Tensor<1> {
            difference.abs().mean()
        }
    }
}
