//! How the gradient passes from a code to the vector that was quantised to it.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::straight_through;
use crate::registry::{About, Member};

/// A way through the quantiser.
pub trait Pass {
    /// `q`, with a gradient to `z`, both `[vectors, dimensions]`.
    fn through(&self, z: Tensor<2>, q: Tensor<2>) -> Tensor<2>;
}

registry! {
    /// The gradients through a quantiser that a configuration can name.
    pub enum PassConfig("gradient through codes"): dyn Pass {
        "straight_through" => straight::StraightThrough,
        "rotation" => rotation::Rotation,
    }
}

mod straight {
    use super::{About, Deserialize, JsonSchema, Member, Pass, Serialize, Tensor, straight_through};

    /// As if nothing had been done.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct StraightThrough {}

    impl Member for StraightThrough {
        const ABOUT: About = About {
            summary: "As if nothing had been done",
            paper: "Bengio et al. 2013, https://arxiv.org/abs/1308.3432",
        };
    }

    impl Pass for StraightThrough {
        fn through(&self, z: Tensor<2>, q: Tensor<2>) -> Tensor<2> {
            straight_through(z, q)
        }
    }
}

mod rotation {
    use super::{About, Deserialize, JsonSchema, Member, Pass, Serialize, Tensor, straight_through};

    /// As if the vector had been turned and stretched into the code.
    ///
    /// ```text
    /// q = λ R z,   R = I − 2 r rᵀ + 2 q̂ ẑᵀ,   r = (ẑ + q̂)/|ẑ + q̂|,   λ = |q|/|z|,   with R and λ constant
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Rotation {}

    impl Member for Rotation {
        const ABOUT: About = About {
            summary: "As if the vector had been turned and stretched into the code",
            paper: "Fifty et al. 2024, https://arxiv.org/abs/2410.06424",
        };
    }

    impl Pass for Rotation {
        fn through(&self, z: Tensor<2>, q: Tensor<2>) -> Tensor<2> {
            let ([z_length, q_length], q) = ([z.clone().detach(), q.clone()].map(length), q.detach());
            let (from, to) = (z.clone().detach() / z_length.clone(), q.clone() / q_length.clone());
            let between = from.clone() + to.clone();
            let r = between.clone() / length(between);
            let along = |axis: Tensor<2>, into: Tensor<2>| (z.clone() * axis).sum_dim(1) * into * 2.0;
            let turned = z.clone() - along(r.clone(), r) + along(from, to);
            // The value is the code itself, without the rounding of a rotation.
            straight_through(turned * (q_length / z_length), q)
        }
    }

    /// `[vectors, 1]`, never quite 0.
    fn length(x: Tensor<2>) -> Tensor<2> {
        (x.detach().square().sum_dim(1) + 1e-12).sqrt()
    }
}
