//! What computes, as a worker of the browser has it: on the CPU.

use burn::prelude::Device;
use js_sys::{Array, Float32Array, Uint8Array};
use kiln::model::Request;
use kiln::random::{Key, Purpose};
use kiln::weights;
use kiln_playground::{Order, Works};
use wasm_bindgen::prelude::*;

use crate::engine::Engine;
use crate::failure::thrown;
use crate::message::Message;

/// The side that computes.
#[wasm_bindgen]
pub struct Worker {
    engine: Engine,
    device: Device,
}

#[wasm_bindgen]
impl Worker {
    /// Idle.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Worker, JsError> {
        let device = kiln::device::cpu().map_err(thrown)?;
        Ok(Self { engine: Engine::new(Works::new(&device)), device })
    }

    /// Takes an order.
    pub fn take(&self, order: &[u8]) -> Result<(), JsError> {
        self.engine.take(Order::read(order)?);
        Ok(())
    }

    /// Takes a step. `now` is the time in seconds. A promise of the reports, each an array of bytes; of `undefined` once all is done.
    pub async fn step(&self, now: f64) -> Result<Option<Array>, JsError> {
        let Some(reports) = self.engine.step(now).await else { return Ok(None) };
        let written = reports.iter().map(|report| Ok(Uint8Array::from(&*report.write()?)));
        Ok(Some(written.collect::<Result<Array, JsError>>()?))
    }

    /// The way of a model's points from noise to data, `[steps + 1, count, features]` flattened: what a page shows before anything else is there.
    pub async fn record(
        &self,
        weights: Vec<u8>,
        count: usize,
        steps: usize,
    ) -> Result<Float32Array, JsError> {
        let recorded = record(&self.device, &weights, count, steps).await.map_err(thrown)?;
        Ok(Float32Array::from(&*recorded))
    }
}

async fn record(device: &Device, file: &[u8], count: usize, steps: usize) -> kiln::Result<Vec<f32>> {
    let model = kiln::load("recorded", file, device)?;
    let request = Request { count, steps: Some(steps), ..Request::default() };
    let mut generation = model.generate(&request)?;
    let features = model.card().features();
    let mut recorded = vec![0.0; count * features];
    for (i, row) in recorded.chunks_exact_mut(features).enumerate() {
        Key::new(request.seed, Purpose::Noise, i as u64).fill_normal(row);
    }
    while let Some(frame) = generation.step() {
        let frame = frame?;
        // Noise is larger than data: it is shrunk to be in sight.
        let scale = (1.0 + frame.level * frame.level).sqrt().recip();
        recorded.extend(weights::read(frame.x * scale).await?);
    }
    Ok(recorded)
}
