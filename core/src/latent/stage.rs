//! Stages: the families whose models have a codec for a latent model to draw in.

use crate::model::Family;
use crate::{autoencoder, vae};

registry! {
    /// The autoencoders that a latent model's configuration can name.
    pub enum StageConfig("stage"): dyn Family {
        "autoencoder" => autoencoder::AutoencoderConfig,
        "vae" => vae::VaeConfig,
    }
}
