//! The trace itself: `tr J = Σ_i e_iᵀ J e_i`.

use burn::prelude::*;
use burn::tensor::DType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Directions, Divergence};
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// A backward pass for each feature: for points, not for pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Exact {}

impl Member for Exact {
    const ABOUT: About = About { summary: "The trace itself, a backward pass for each feature", paper: "-" };
}

impl Divergence for Exact {
    fn directions(&self, noise: &Noise, dtype: DType) -> Directions {
        let unit = |i: usize| {
            let mut values = vec![0.0_f32; noise.features];
            values[i] = 1.0;
            Tensor::<2>::from_data(TensorData::new(values, [1, noise.features]), &noise.device).cast(dtype)
        };
        Directions { vectors: (0..noise.features).map(unit).collect(), weight: 1.0 }
    }
}
