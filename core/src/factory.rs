//! Every model family by name.

use crate::model::Family;
use crate::{classifier, diffusion, discrete};

registry! {
    /// The model families that a configuration can name.
    pub enum ModelConfig("model"): dyn Family {
        "diffusion" => diffusion::DiffusionConfig,
        "discrete" => discrete::DiscreteConfig,
        "classifier" => classifier::ClassifierConfig,
    }
}
