//! Kiln: generative models, fired on Burn.
//!
//! A sample is a row: `[batch, features]`, whatever its shape (`[channels, height, width]`, flattened, for a picture).
//! Networks give rows their shape back; samplers, losses and metrics need not know it.

#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests write files to break them"))]

// What everything stands on
pub mod error;
#[macro_use]
pub mod registry;
pub mod files;

// What a file says: typed, checked, composed, overridable
pub mod config;

// Chance and where to compute
pub mod random;
pub mod device;

// What is learnt from
pub mod data;

// What learns
pub mod nn;

// Chance as tensors, and what errors cost
pub mod distributions;
pub mod losses;

// Walking from noise to data
pub mod schedules;
pub mod samplers;
pub mod decoding;
pub mod epsilon;
pub mod guidance;
pub mod editing;

// How probable data are
pub mod likelihood;

// Models, by what they can do and by family
pub mod codec;
pub mod latents;
pub mod codebook;
pub mod model;
mod classes;
pub mod diffusion;
pub mod interpolant;
pub mod discrete;
pub mod import;
pub mod classifier;
pub mod autoencoder;
pub mod vae;
pub mod vq;
pub mod latent;
pub mod coded;
pub mod flow;
pub mod factory;
pub mod weights;
pub mod canary;

// Learning
pub mod train;

// What a run leaves behind, how it is shown, and how it is judged
pub mod colour;
#[cfg(feature = "host")]
pub mod runs;
#[cfg(feature = "host")]
pub mod figures;
pub mod metrics;

pub use error::{Error, Result};
pub use weights::load;
