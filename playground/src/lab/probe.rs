//! One point of the plane: how probable it is, and the way back from it to noise.

use burn::prelude::*;
use kiln::model::Model;
use kiln::{Result, weights};
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

/// From a point to its latent, stage by stage, `[n, 2]`; nothing where there is no codec of more than one.
async fn stages(model: &dyn Model, at: [f32; 2], device: &Device) -> Result<Vec<f32>> {
    let Some(codec) = model.codec() else { return Ok(Vec::new()) };
    let stages = codec.stages(Tensor::from_data([at], device));
    if stages.len() < 2 {
        return Ok(Vec::new());
    }
    let mut path = at.to_vec();
    path.extend(weights::read(Tensor::cat(stages, 0)).await?);
    Ok(path)
}

pub(super) async fn probe(
    model: &dyn Model,
    at: [f32; 2],
    family: &'static Family,
    trained: u64,
    device: &Device,
) -> Result<Probe> {
    let path = match Flow::of(model, family, device) {
        Some(flow) => flow.back(at).await?,
        None => stages(model, at, device).await?,
    };
    Ok(Probe { trained, at, log_p: log_p(model, at, device).await?, path })
}
