//! A worker computes, on the CPU; the window is drawn by WebGL.

use std::rc::Rc;

use eframe::{CreationContext, WebOptions};
use kiln_playground::{Easel, Order, Report};
use wasm_bindgen::prelude::*;

use crate::message::Message;
use crate::ui::Window;
use crate::ui::host::Host;
use crate::ui::inbox::Shared;

/// The way to the worker: through the page.
pub(crate) struct Side {
    host: Rc<Host>,
}

impl Side {
    #[expect(clippy::unused_async, reason = "a GPU is waited for")]
    pub(crate) async fn begin(host: &Rc<Host>, _inbox: &Shared) -> Result<(Self, WebOptions), JsError> {
        Ok((Self { host: host.clone() }, WebOptions::default()))
    }

    /// Nothing: what computes has no memory in common with what draws.
    pub(crate) fn easel(_creation: &CreationContext) -> Option<Rc<dyn Easel>> {
        None
    }

    pub(crate) fn order(&self, order: &Order, _wake: impl Fn() + 'static) -> Result<(), String> {
        let bytes = order.write().map_err(|_| "this cannot be asked for: load the page again")?;
        self.host.order(bytes);
        Ok(())
    }
}

#[wasm_bindgen]
impl Window {
    /// Takes a report of the worker.
    pub fn report(&self, report: &[u8]) -> Result<(), JsError> {
        self.inbox.borrow_mut().reports.push(Report::read(report)?);
        self.ctx.request_repaint();
        Ok(())
    }
}
