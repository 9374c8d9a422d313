//! Every model family by name.

use crate::model::Family;
use crate::{autoencoder, classifier, coded, diffusion, discrete, flow, interpolant, latent, vae, vq};

registry! {
    /// The model families that a configuration can name.
    pub enum ModelConfig("model"): dyn Family {
        "diffusion" => diffusion::DiffusionConfig,
        "interpolant" => interpolant::InterpolantConfig,
        "discrete" => discrete::DiscreteConfig,
        "classifier" => classifier::ClassifierConfig,
        "autoencoder" => autoencoder::AutoencoderConfig,
        "vae" => vae::VaeConfig,
        "vqvae" => vq::VqConfig,
        "latent" => latent::LatentConfig,
        "coded" => coded::CodedConfig,
        "flow" => flow::FlowConfig,
    }
}
