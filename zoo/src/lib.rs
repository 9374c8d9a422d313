//! The zoo: trained models, each a configuration, weights and a card.
//!
//! An entry is a folder `GROUP/NAME` of this crate; the build script lists those that there are.

#[cfg(feature = "host")]
mod card;
mod entry;

#[cfg(feature = "host")]
pub use card::{Card, Measure};
pub use entry::{Entry, entries, find};

use burn::prelude::Device;
use kiln::Result;
use kiln::model::Model;

/// The trained model called `name`.
pub fn load(name: &str, device: &Device) -> Result<Box<dyn Model>> {
    find(name)?.load(device)
}

#[cfg(all(test, feature = "host", feature = "embed"))]
mod tests;
