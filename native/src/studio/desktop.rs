//! What the playground asks of the desktop.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

use burn::prelude::Device;
use eframe::egui::{Context, DroppedFile};
use kiln_playground::{Order, Report, Shell};

use super::worker::Worker;
use crate::save::save;

/// Where pictures are saved.
const FOLDER: &str = "outputs/studio";
/// In front of a link, where there is no address.
const COMMAND: &str = "kiln studio --link";

pub(super) struct Desktop {
    worker: Worker,
    device: String,
    files: Vec<(String, Result<Vec<u8>, String>)>,
    /// What there is to say beside the device.
    said: Option<String>,
}

impl Desktop {
    pub(super) fn new(window: &Context, name: String, device: Device) -> Self {
        let worker = Worker::start(window.clone(), device);
        Self { worker, device: name, files: Vec::new(), said: None }
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

    fn device(&self) -> String {
        match &self.said {
            Some(said) => format!("{}: {said}", self.device),
            None => self.device.clone(),
        }
    }
}
