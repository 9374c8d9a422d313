//! Every model family by name.

use crate::model::Family;
use crate::{classifier, diffusion};

registry! {
    /// The model families that a configuration can name.
    #[expect(clippy::large_enum_variant, reason = "a process makes one, and a sampler's options lie within")]
    pub enum ModelConfig("model"): dyn Family {
        "diffusion" => diffusion::DiffusionConfig,
        "classifier" => classifier::ClassifierConfig,
    }
}
