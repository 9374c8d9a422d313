//! One GPU for what computes and what draws.

use std::cell::Cell;
use std::rc::Rc;

use burn::prelude::Device;
use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetup, WgpuSetupExisting};
use eframe::{CreationContext, Renderer, WebOptions};
use kiln::{Error, Result};
use kiln_playground::{Easel, Order, Works};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::easel::Plane;
use crate::engine::Engine;
use crate::failure::thrown;
use crate::ui::host::Host;
use crate::ui::inbox::Shared;

/// The works on the GPU. They have a turn between two frames.
pub(crate) struct Side {
    host: Rc<Host>,
    engine: Rc<Engine>,
    inbox: Shared,
    working: Rc<Cell<bool>>,
}

impl Side {
    pub(crate) async fn begin(host: &Rc<Host>, inbox: &Shared) -> Result<(Self, WebOptions), JsError> {
        let (works, options) = begin().await.map_err(thrown)?;
        let (engine, working) = (Rc::new(Engine::new(works)), Rc::default());
        Ok((Self { host: host.clone(), engine, inbox: inbox.clone(), working }, options))
    }

    /// What draws the particles that stay on the GPU.
    pub(crate) fn easel(creation: &CreationContext) -> Option<Rc<dyn Easel>> {
        creation.wgpu_render_state.as_ref().map(|state| Rc::new(Plane::new(state)) as Rc<dyn Easel>)
    }

    #[expect(clippy::unnecessary_wraps, reason = "a worker can refuse")]
    pub(crate) fn order(&self, order: &Order, wake: impl Fn() + 'static) -> Result<(), String> {
        self.engine.take(order.clone());
        if !self.working.replace(true) {
            let (host, engine) = (self.host.clone(), self.engine.clone());
            let (inbox, working) = (self.inbox.clone(), self.working.clone());
            spawn_local(async move {
                while let Some(reports) = engine.step(js_sys::Date::now() / 1e3).await {
                    inbox.borrow_mut().reports.extend(reports);
                    wake();
                    // A turn for the browser; there is nothing to be done where it refuses.
                    let _ = JsFuture::from(host.pause()).await;
                }
                working.set(false);
            });
        }
        Ok(())
    }
}

/// Works on the adapter that the browser prefers, which has computed as the processor does; and the window on the same device. The page has looked
/// before that there is an adapter that Burn can use.
async fn begin() -> Result<(Works, WebOptions)> {
    let begun = Device::wgpu_options().init_with_setup_async().await;
    let (device, setup) =
        begun.map_err(|error| Error::Device(format!("WebGPU does not start: {error}; use the CPU")))?;
    let cpu = kiln::device::cpu()?;
    kiln::canary::operations(&device, &cpu).await?;
    // The window is drawn on the device that computes.
    let wgpu_setup = WgpuSetup::Existing(WgpuSetupExisting {
        instance: setup.instance,
        adapter: setup.adapter,
        device: setup.device,
        queue: setup.queue,
    });
    let wgpu_options = WgpuConfiguration { wgpu_setup, ..WgpuConfiguration::default() };
    let options = WebOptions { renderer: Renderer::Wgpu, wgpu_options, ..WebOptions::default() };
    Ok((Works::beside(&device, Some(&cpu)).on_screen(), options))
}
