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

/// The classifier that reads such pictures: those of this shape and, where they have classes, of these.
pub fn classifier_of(
    pictures: &kiln::model::Card,
    device: &Device,
) -> Result<Option<(&'static Entry, Box<dyn Model>)>> {
    let classifiers = entries().iter().filter(|entry| entry.name.ends_with("/classifier"));
    for entry in classifiers.filter(|entry| entry.weights.is_some()) {
        let model = entry.load(device)?;
        let same = pictures.classes.is_empty() || pictures.classes == model.card().classes;
        if same && pictures.shape == model.card().shape {
            return Ok(Some((entry, model)));
        }
    }
    Ok(None)
}

#[cfg(all(test, feature = "host", feature = "embed"))]
mod tests;
