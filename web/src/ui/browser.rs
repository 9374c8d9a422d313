//! What the playground asks of the browser.

use std::rc::Rc;
use std::sync::Arc;

use eframe::egui::{Context, DroppedFile};
use kiln_playground::{Easel, Fetching, Order, Report, Shell, Stored};
use wasm_bindgen_futures::spawn_local;

use super::host::Host;
use super::inbox::{File, Shared};
use super::side::Side;

pub(super) struct Browser {
    pub(super) host: Rc<Host>,
    pub(super) side: Side,
    pub(super) easel: Option<Rc<dyn Easel>>,
    pub(super) models: Vec<Stored>,
    pub(super) inbox: Shared,
    pub(super) ctx: Context,
}

impl Shell for Browser {
    fn order(&mut self, order: Order) {
        let ctx = self.ctx.clone();
        if let Err(why) = self.side.order(&order, move || ctx.request_repaint()) {
            self.inbox.borrow_mut().said = Some(why);
        }
    }

    fn reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.inbox.borrow_mut().reports)
    }

    fn models(&self) -> &[Stored] {
        &self.models
    }

    fn fetch(&mut self, name: &str) {
        self.host.fetch(name);
    }

    fn fetching(&self) -> Vec<Fetching> {
        self.inbox.borrow().fetching.values().cloned().collect()
    }

    fn cancel(&mut self, name: &str) {
        self.host.cancel(name);
    }

    fn fetched(&mut self) -> Vec<File> {
        std::mem::take(&mut self.inbox.borrow_mut().weights)
    }

    fn led(&mut self) -> Option<String> {
        self.inbox.borrow_mut().link.take()
    }

    fn said(&mut self) -> Option<String> {
        self.inbox.borrow_mut().said.take()
    }

    fn save(&mut self, name: &str, bytes: &[u8]) {
        self.host.save(name, bytes);
    }

    fn show_link(&mut self, link: &str) {
        self.host.show_link(link);
    }

    fn address(&self, link: &str) -> String {
        self.host.address(link)
    }

    fn read(&mut self, file: &Arc<dyn DroppedFile + Send + Sync>) {
        let (file, inbox, ctx) = (file.clone(), self.inbox.clone(), self.ctx.clone());
        spawn_local(async move {
            let bytes = file.bytes_async().await;
            let name = file.path().to_string_lossy().into_owned();
            inbox.borrow_mut().files.push((name, bytes));
            ctx.request_repaint();
        });
    }

    fn files(&mut self) -> Vec<File> {
        std::mem::take(&mut self.inbox.borrow_mut().files)
    }

    fn memory(&self) -> Option<usize> {
        let bytes = self.host.memory();
        (bytes > 0.0).then_some(bytes as usize)
    }

    fn device(&self) -> String {
        self.host.device()
    }

    fn accelerated(&self) -> bool {
        cfg!(feature = "gpu")
    }

    fn easel(&self) -> Option<Rc<dyn Easel>> {
        self.easel.clone()
    }
}
