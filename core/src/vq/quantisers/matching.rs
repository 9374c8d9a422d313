//! What nearness of a vector to a code means.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registry::{About, Member};

/// A nearness, as the place to which vectors and codes are moved before distances are taken.
pub trait Matching {
    /// `[vectors, dimensions]` to the same.
    fn place(&self, z: Tensor<2>) -> Tensor<2>;

    /// Whether differences of vectors can be matched again.
    fn adds(&self) -> bool;
}

registry! {
    /// The ways of matching vectors and codes that a configuration can name.
    pub enum MatchConfig("matching of codes"): dyn Matching {
        "euclidean" => euclidean::Euclidean,
        "cosine" => cosine::Cosine,
    }
}

mod euclidean {
    use super::{About, Deserialize, JsonSchema, Matching, Member, Serialize, Tensor};

    /// The nearest code.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Euclidean {}

    impl Member for Euclidean {
        const ABOUT: About = About {
            summary: "The nearest code",
            paper: "van den Oord et al. 2017, https://arxiv.org/abs/1711.00937",
        };
    }

    impl Matching for Euclidean {
        fn place(&self, z: Tensor<2>) -> Tensor<2> {
            z
        }

        fn adds(&self) -> bool {
            true
        }
    }
}

mod cosine {
    use super::{About, Deserialize, JsonSchema, Matching, Member, Serialize, Tensor};

    /// The code of the least angle: vectors and codes are of length 1.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Cosine {}

    impl Member for Cosine {
        const ABOUT: About = About {
            summary: "The code of the least angle: all are of length 1",
            paper: "Yu et al. 2022, https://arxiv.org/abs/2110.04627, section 3.2",
        };
    }

    impl Matching for Cosine {
        fn place(&self, z: Tensor<2>) -> Tensor<2> {
            let square = z.clone().square().sum_dim(1);
            z / (square + 1e-12).sqrt()
        }

        fn adds(&self) -> bool {
            false
        }
    }
}
