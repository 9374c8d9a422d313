//! Latent walk: a plane of an autoencoder's latents as a map to drag through, and the way between two drawings.

mod settings;
mod work;
mod panel;

pub use panel::Latent;
pub use settings::Settings;
pub use work::{Report, Work};
