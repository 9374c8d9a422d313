//! One point of the plane: how probable it is, and the way back from it to noise.

use burn::prelude::Device;
use kiln::Result;
use kiln::model::Model;
use serde::{Deserialize, Serialize};

use super::families::Family;
use super::field::Flow;
use super::map::log_p;

/// What is known of a point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Steps of training that the model had.
    pub trained: u64,
    /// The point.
    pub at: [f32; 2],
    /// `log p` in nats.
    pub log_p: f32,
    /// From the point back to noise, as it is shown, `[n, 2]`; empty where the model has no such way.
    pub path: Vec<f32>,
}

pub(super) async fn probe(
    model: &dyn Model,
    at: [f32; 2],
    family: &'static dyn Family,
    trained: u64,
    device: &Device,
) -> Result<Probe> {
    let path = match Flow::of(model, family, device) {
        Some(flow) => flow.back(at).await?,
        None => Vec::new(),
    };
    Ok(Probe { trained, at, log_p: log_p(model, at, device).await?, path })
}
