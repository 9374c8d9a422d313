//! What errors cost, as tensors: of reconstructions, of sets of rows beside one another, of latents.
//!
//! Each is a mean over what it is given, `[1]`, on the device, with a gradient.

pub mod divergences;
pub mod reconstruction;

mod composite;
mod free_bits;
mod total_correlation;
mod weights;

pub use composite::{CompositeLoss, Term};
pub use divergences::{SetDivergence, SetDivergenceConfig};
pub use free_bits::free_bits;
pub use reconstruction::{Reconstruction, ReconstructionConfig};
pub use total_correlation::{Decomposition, Weighting, aggregated, decomposed};
pub use weights::{LossScheduleConfig, Scheduled};

use burn::prelude::*;

/// When a loss is taken, for what changes as training goes on, and where its parts are told.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Steps taken before this one.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// Takes parts of the loss, `[1]`, under their names.
    pub note: &'a dyn Fn(&'static str, &Tensor<1>),
}

impl Moment<'static> {
    /// The end of training, with nobody to tell.
    pub const END: Self = Self { step: u64::MAX, steps: 1, note: &|_, _| {} };
}
