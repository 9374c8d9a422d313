//! The density that a model has learnt, on a grid: exact for flows, by an ODE for diffusion, by importance sampling for autoencoders.

use burn::prelude::*;
use kiln::likelihood::{Estimation, LikelihoodConfig, Query};
use kiln::model::Model;
use kiln::{Error, Result, config, weights};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::widgets::plane::HALF;

/// `log p` on a grid of the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// Steps of training that the model had.
    pub trained: u64,
    /// Places in a row.
    pub side: usize,
    /// By rows from the top, in nats, `[side, side]`.
    pub log_p: Vec<f32>,
}

impl Map {
    /// How much of the probability lies in the window.
    pub fn inside(&self) -> f64 {
        let pixel = (2.0 * f64::from(HALF) / self.side.max(1) as f64).powi(2);
        self.log_p.iter().map(|log| f64::from(*log).exp() * pixel).sum()
    }
}

/// A map that is being drawn.
pub(super) struct Mapping {
    estimation: Box<dyn Estimation>,
    map: Map,
    last: Option<Tensor<1>>,
}

impl Mapping {
    pub(super) fn begin(model: &dyn Model, side: usize, trained: u64, device: &Device) -> Result<Self> {
        let place = |i: usize| HALF * (2.0 * (i as f32 + 0.5) / side as f32 - 1.0);
        let places = (0..side)
            .flat_map(|row| (0..side).flat_map(move |column| [place(column), -place(row)]))
            .collect();
        let estimation = estimate(model, places, device)?;
        Ok(Self { estimation, map: Map { trained, side, log_p: Vec::new() }, last: None })
    }

    /// Takes a step; the map once it is done.
    pub(super) async fn step(&mut self) -> Result<Option<Map>> {
        if let Some(estimate) = self.estimation.step() {
            self.last = estimate?.log_prob;
            return Ok(None);
        }
        self.map.log_p = weights::read(taken(&mut self.last)?).await?;
        Ok(Some(std::mem::take(&mut self.map)))
    }
}

/// `log p` of one point.
pub(super) async fn log_p(model: &dyn Model, point: [f32; 2], device: &Device) -> Result<f32> {
    let mut estimation = estimate(model, point.to_vec(), device)?;
    let mut last = None;
    while let Some(estimate) = estimation.step() {
        last = estimate?.log_prob;
    }
    Ok(weights::read(taken(&mut last)?).await?[0])
}

fn taken(last: &mut Option<Tensor<1>>) -> Result<Tensor<1>> {
    last.take().ok_or_else(|| Error::argument("this estimation gave nothing"))
}

fn estimate(model: &dyn Model, places: Vec<f32>, device: &Device) -> Result<Box<dyn Estimation>> {
    let likelihood = model
        .likelihood()
        .ok_or_else(|| Error::argument("this model does not know how probable a point is"))?;
    let method: Option<LikelihoodConfig> = match model.card().family {
        "diffusion" => Some(config::typed(json!({ "kind": "ode", "integrator": "rk4", "steps": 12 }))?),
        "vae" => Some(config::typed(json!({ "kind": "importance", "samples": 64 }))?),
        _ => None,
    };
    let rows = places.len() / 2;
    let rows = Tensor::<2>::from_data(TensorData::new(places, [rows, 2]), device);
    likelihood.judge(rows, &Query { method, ..Query::default() })
}
