//! The window as the page has it.

use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

use eframe::egui::{Context, Ui};
use eframe::web_sys::HtmlCanvasElement;
use eframe::{CreationContext, WebRunner};
use js_sys::Float32Array;
use kiln_playground::{App, Fetching, Mirror, Order, Stored};
use serde_json::json;
use wasm_bindgen::prelude::*;

use super::browser::Browser;
use super::host::Host;
use super::inbox::Shared;
use super::side::Side;
use crate::message::Message;

/// Seconds at least between two looks into the mirror.
const PAUSE: f64 = 0.2;

/// The playground in a canvas.
#[wasm_bindgen]
pub struct Window {
    runner: WebRunner,
    pub(super) inbox: Shared,
    pub(super) ctx: Context,
}

#[wasm_bindgen]
impl Window {
    /// Opens it in a canvas, at a link.
    pub async fn open(canvas: HtmlCanvasElement, host: Host, link: String) -> Result<Window, JsValue> {
        let inbox = Shared::default();
        let models = serde_json::from_str::<Vec<Stored>>(&host.models());
        let models = models.map_err(|error| JsError::new(&format!("the list of models: {error}")))?;
        let (host, ctx) = (Rc::new(host), Rc::new(OnceCell::new()));
        let (side, options) = Side::begin(&host, &inbox).await?;
        let runner = WebRunner::new();
        let (shared, found) = (inbox.clone(), ctx.clone());
        let create = move |creation: &CreationContext| {
            let ctx = creation.egui_ctx.clone();
            ctx.add_plugin(Mirror::default());
            let _ = found.set(ctx.clone());
            let easel = Side::easel(creation);
            let browser =
                Browser { host: host.clone(), side, easel, models, inbox: shared, ctx: ctx.clone() };
            let app = App::new(&ctx, Box::new(browser), &link);
            let pane = Pane { app, host, said: String::new(), looked: 0.0 };
            Ok(Box::new(pane) as Box<dyn eframe::App>)
        };
        runner.start(canvas, options, Box::new(create)).await?;
        let ctx = ctx.get().ok_or_else(|| JsError::new("the window did not open"))?.clone();
        Ok(Self { runner, inbox, ctx })
    }

    /// So many bytes of a model's weights have come.
    pub fn progress(&self, name: String, done: usize, total: usize) {
        self.inbox.borrow_mut().fetching.insert(name.clone(), Fetching { name, done, total });
        self.ctx.request_repaint();
    }

    /// A model's weights have come.
    pub fn fetched(&self, name: String, weights: Vec<u8>) {
        self.arrived(name, Ok(weights));
    }

    /// A model's weights will not come.
    pub fn failed(&self, name: String, why: String) {
        self.arrived(name, Err(why));
    }

    /// Says something in the bar below.
    pub fn say(&self, text: String) {
        self.inbox.borrow_mut().said = Some(text);
        self.ctx.request_repaint();
    }

    /// Goes where a link leads.
    pub fn follow(&self, link: String) {
        self.inbox.borrow_mut().link = Some(link);
        self.ctx.request_repaint();
    }

    /// Does something to what is on the screen: see `Mirror::act`.
    pub fn act(&self, id: &str, action: &str, value: Option<String>) {
        self.ctx.with_plugin(|mirror: &mut Mirror| mirror.act(id, action, value.as_deref()));
        self.ctx.request_repaint();
    }

    /// The link of what is seen.
    pub fn link(&self) -> Option<String> {
        self.runner.app_mut::<Pane>().map(|pane| pane.app.link())
    }

    /// What the panel that is open has come to, in JSON.
    pub fn facts(&self) -> Option<String> {
        self.runner.app_mut::<Pane>().map(|pane| pane.app.facts().to_string())
    }

    /// The samples that are seen, `[n, features]` flattened.
    pub fn samples(&self) -> Option<Float32Array> {
        self.runner.app_mut::<Pane>().map(|pane| Float32Array::from(&*pane.app.samples()))
    }

    /// What another window can go on from, once this one's device is lost.
    pub fn kept(&self) -> Option<Vec<u8>> {
        self.runner.app_mut::<Pane>().and_then(|pane| pane.app.kept()?.write().ok())
    }

    /// Goes on from what another window has kept.
    pub fn resume(&self, kept: &[u8]) -> Result<(), JsError> {
        let kept = Order::read(kept)?;
        if let Some(mut pane) = self.runner.app_mut::<Pane>() {
            pane.app.resume(kept);
        }
        Ok(())
    }

    /// Closes it.
    pub fn close(&self) {
        self.runner.destroy();
    }
}

impl Window {
    fn arrived(&self, name: String, weights: Result<Vec<u8>, String>) {
        let mut inbox = self.inbox.borrow_mut();
        inbox.fetching.remove(&name);
        inbox.weights.push((name, weights));
        self.ctx.request_repaint();
    }
}

/// The application in eframe's hands.
struct Pane {
    app: App,
    host: Rc<Host>,
    /// What the page heard last, and when.
    said: String,
    looked: f64,
}

impl eframe::App for Pane {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
        self.tell(ui.ctx());
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

impl Pane {
    /// Tells the page what is on the screen, where it has changed: what stood there a frame ago.
    fn tell(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        ctx.with_plugin(|mirror: &mut Mirror| {
            let seen = mirror.seen();
            if seen == mirror.told() && self.app.said() == self.said {
                return;
            }
            if now - self.looked < PAUSE {
                ctx.request_repaint_after(Duration::from_secs_f64(PAUSE));
                return;
            }
            self.looked = now;
            self.host.mirror(&json!(seen).to_string(), self.app.said());
            self.app.said().clone_into(&mut self.said);
            mirror.tell(seen);
        });
    }
}
