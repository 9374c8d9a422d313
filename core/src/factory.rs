//! Every model family by name.

use crate::model::Family;
use crate::{autoencoder, classifier, diffusion, latent};

registry! {
    /// The model families that a configuration can name.
    pub enum ModelConfig("model"): dyn Family {
        "diffusion" => diffusion::DiffusionConfig,
        "classifier" => classifier::ClassifierConfig,
        "autoencoder" => autoencoder::AutoencoderConfig,
        "latent" => latent::LatentConfig,
    }
}
