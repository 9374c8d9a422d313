//! Stages: the families whose models have a codebook for a prior to draw in.

use crate::model::Family;
use crate::vq;

registry! {
    /// The models with a codebook that a configuration of a prior can name.
    pub enum CodeStageConfig("stage of codes"): dyn Family {
        "vqvae" => vq::VqConfig,
    }
}
