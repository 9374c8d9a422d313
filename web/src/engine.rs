//! A model as a JavaScript object.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Object, Promise, Reflect, Uint8ClampedArray};
use kiln::model::{Frame, Request};
use kiln::samplers::SamplerConfig;
use kiln::{Result, weights};
use kiln_playground::{Picture, Player, canary, picture};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::device;

/// A model on a device, one request at a time.
#[wasm_bindgen]
pub struct Engine {
    player: Player,
    /// The numbers of the frame that was read last.
    rows: Rc<RefCell<Vec<f32>>>,
}

#[wasm_bindgen]
impl Engine {
    /// The model in a weight file on an engine, `cpu` or `webgpu`. On WebGPU it is made to draw beside the CPU first.
    pub async fn create(engine: String, name: String, weights: Vec<u8>) -> Result<Engine, JsError> {
        let device = device::choose(&engine).await.map_err(thrown)?;
        let mut player = Player::load(&name, &weights, &device).map_err(thrown)?;
        if engine != "cpu" && player.defaults().is_some() {
            let cpu = kiln::device::cpu().map_err(thrown)?;
            let mut reference = Player::load(&name, &weights, &cpu).map_err(thrown)?;
            canary::model(&mut player, &mut reference).await.map_err(thrown)?;
        }
        Ok(Self { player, rows: Rc::default() })
    }

    /// What the model is, and what it takes where a request says nothing, in JSON.
    pub fn card(&self) -> String {
        json!({ "card": self.player.card(), "defaults": self.player.defaults() }).to_string()
    }

    /// Begins what a request in JSON asks for.
    pub fn begin(&mut self, request: &str) -> Result<(), JsError> {
        let request =
            serde_json::from_str(request).map_err(|error| JsError::new(&format!("request: {error}")))?;
        let request: Request = kiln::config::typed(request).map_err(thrown)?;
        self.rows.take();
        self.player.begin(&request).map_err(thrown)
    }

    /// Takes one step. A promise of `{step, steps, level, width, height, rgba}`, or of null once all is done.
    pub fn step(&mut self) -> Promise {
        let frame = self.player.step();
        let shape = self.player.card().shape.clone();
        let rows = self.rows.clone();
        future_to_promise(async move {
            match frame {
                Some(Ok(frame)) => show(frame, &shape, &rows).await,
                Some(Err(error)) => Err(thrown(error).into()),
                None => Ok(JsValue::NULL),
            }
        })
    }

    /// The samples of the last frame, `[n, features]` flattened.
    pub fn samples(&self) -> Vec<f32> {
        self.rows.borrow().clone()
    }
}

/// The samplers that a request can name, in JSON.
#[wasm_bindgen]
pub fn samplers() -> String {
    let all = SamplerConfig::all();
    let all: Vec<_> = all.iter().map(|s| json!({ "name": s.name(), "about": s.about() })).collect();
    json!(all).to_string()
}

/// Reads a frame from its device and paints it.
async fn show(frame: Frame, shape: &[usize], rows: &RefCell<Vec<f32>>) -> Result<JsValue, JsValue> {
    let Frame { step, steps, level, x } = frame;
    let read = weights::read(x).await.map_err(thrown)?;
    let Picture { width, height, rgba } = picture::show(&read, shape, level).map_err(thrown)?;
    rows.replace(read);
    let object = Object::new();
    let numbers = [("step", step), ("steps", steps), ("width", width), ("height", height)];
    for (name, value) in numbers {
        Reflect::set(&object, &name.into(), &(value as f64).into())?;
    }
    Reflect::set(&object, &"level".into(), &level.into())?;
    Reflect::set(&object, &"rgba".into(), &Uint8ClampedArray::from(&*rgba))?;
    Ok(object.into())
}

pub(crate) fn thrown(error: kiln::Error) -> JsError {
    JsError::new(&error.to_string())
}
