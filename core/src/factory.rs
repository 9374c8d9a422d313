//! Every model family by name.

use crate::model::Family;
use crate::{classifier, diffusion, discrete, interpolant};

registry! {
    /// The model families that a configuration can name.
    pub enum ModelConfig("model"): dyn Family {
        "diffusion" => diffusion::DiffusionConfig,
        "interpolant" => interpolant::InterpolantConfig,
        "discrete" => discrete::DiscreteConfig,
        "classifier" => classifier::ClassifierConfig,
    }
}
