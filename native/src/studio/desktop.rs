//! What the playground asks of the desktop.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

use burn::prelude::Device;
use eframe::egui::{Context, DroppedFile};
use kiln::model::Card;
use kiln::weights::WeightFile;
use kiln_playground::{Order, Report, Shell, Stored};

use super::worker::Worker;
use crate::models;
use crate::save::save;

/// Where pictures are saved.
const FOLDER: &str = "outputs/studio";
/// In front of a link, where there is no address.
const COMMAND: &str = "kiln studio --link";

pub(super) struct Desktop {
    worker: Worker,
    device: String,
    accelerated: bool,
    models: Vec<Stored>,
    fetched: Vec<(String, Result<Vec<u8>, String>)>,
    files: Vec<(String, Result<Vec<u8>, String>)>,
    /// What there is to say beside the device.
    said: Option<String>,
}

impl Desktop {
    pub(super) fn new(window: &Context, name: String, device: Device) -> Self {
        let worker = Worker::start(window.clone(), device);
        let models = kiln_zoo::entries().iter().filter_map(stored).collect();
        let accelerated = !name.starts_with("cpu");
        Self { worker, device: name, accelerated, models, fetched: Vec::new(), files: Vec::new(), said: None }
    }
}

impl Shell for Desktop {
    fn order(&mut self, order: Order) {
        if self.worker.orders.send(order).is_err() {
            self.said = Some("what computes has stopped; close the window and open it again".into());
        }
    }

    fn reports(&mut self) -> Vec<Report> {
        let mut reports = Vec::new();
        loop {
            match self.worker.reports.try_recv() {
                Ok(report) => reports.push(report),
                Err(TryRecvError::Empty) => return reports,
                Err(TryRecvError::Disconnected) => {
                    self.said = Some("what computes has stopped; close the window and open it again".into());
                    return reports;
                }
            }
        }
    }

    fn models(&self) -> &[Stored] {
        &self.models
    }

    fn fetch(&mut self, name: &str) {
        let bytes = models::weights(name).map(|(_, bytes)| bytes).map_err(|error| error.to_string());
        self.fetched.push((name.to_owned(), bytes));
    }

    fn fetched(&mut self) -> Vec<(String, Result<Vec<u8>, String>)> {
        std::mem::take(&mut self.fetched)
    }

    fn save(&mut self, name: &str, bytes: &[u8]) {
        let path = PathBuf::from(FOLDER).join(name);
        self.said = Some(match save(&path, bytes) {
            Ok(()) => format!("saved as {}", path.display()),
            Err(error) => error.to_string(),
        });
    }

    fn show_link(&mut self, _link: &str) {}

    fn address(&self, link: &str) -> String {
        format!("{COMMAND} '{link}'")
    }

    fn read(&mut self, file: &Arc<dyn DroppedFile + Send + Sync>) {
        let name = file.path().file_name().map(|name| name.to_string_lossy().into_owned());
        self.files.push((name.unwrap_or_default(), file.bytes()));
    }

    fn files(&mut self) -> Vec<(String, Result<Vec<u8>, String>)> {
        std::mem::take(&mut self.files)
    }

    fn memory(&self) -> Option<usize> {
        memory()
    }

    fn device(&self) -> String {
        self.device.clone()
    }

    fn accelerated(&self) -> bool {
        self.accelerated
    }

    fn said(&mut self) -> Option<String> {
        self.said.take()
    }
}

/// An entry of the zoo that has weights.
fn stored(entry: &kiln_zoo::Entry) -> Option<Stored> {
    let bytes = entry.weights?;
    let header = WeightFile::parse(entry.name, bytes).and_then(|file| file.header()).ok()?;
    let card = Card::new(header.model.name(), &header.interface, 0);
    let card_of = entry.card().ok().flatten();
    let said =
        |(name, measure): (&String, &kiln_zoo::Measure)| format!("{} {measure}", name.replace('_', " "));
    let measures = card_of.map(|card| card.metrics.iter().map(said).collect());
    Some(Stored {
        measures: measures.unwrap_or_default(),
        ..Stored::new(entry.name, &entry.about(), bytes.len(), &card)
    })
}

/// What this process holds, where the system tells it in a file.
fn memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(1024 * kilobytes)
}
