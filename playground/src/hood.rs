//! Under the hood: what computes, how fast, whether it computes right, and what has happened.

use egui::{Grid, ScrollArea, Ui};
use kiln::Result;
use serde_json::{Value, json};

use crate::denoise::Report as Denoised;
use crate::lab::Report as Learnt;
use crate::latent::Report as Walked;
use crate::panels::{Desk, Panel};
use crate::race::Report as Raced;
use crate::work::{Order, Report};

/// Lines of the log that are kept.
const KEPT: usize = 200;

/// The panel.
#[derive(Default)]
pub(crate) struct Hood {
    log: Vec<String>,
    /// What the check of the device said, once it was made.
    checked: Option<std::result::Result<(), String>>,
    checking: bool,
    /// When training was heard of last: step and time in seconds; and milliseconds a step since.
    heard: Option<(u64, f64)>,
    pace: Option<f64>,
}

impl Panel for Hood {
    fn settings(&self) -> Value {
        json!({})
    }

    fn set(&mut self, _settings: Value) -> Result<()> {
        Ok(())
    }

    fn receive(&mut self, report: &Report) {
        match report {
            Report::Checked(checked) => (self.checked, self.checking) = (Some(checked.clone()), false),
            Report::Lab(Learnt::Learnt(step, _, now)) => self.paced(*step, *now),
            _ => {}
        }
        if let Some(line) = line(report) {
            self.log.push(line);
            let extra = self.log.len().saturating_sub(KEPT);
            self.log.drain(..extra);
        }
    }

    fn command(&self) -> Option<String> {
        Some("kiln devices --check".into())
    }

    fn show(&mut self, ui: &mut Ui, desk: &mut Desk) {
        egui::CentralPanel::default().show(ui, |ui| {
            self.facts(ui, desk);
            ui.add_enabled_ui(!self.checking, |ui| {
                let about =
                    "Runs every kernel once on a small input and compares the answers with the processor's.";
                if ui.button("Check the device").on_hover_text(about).clicked() {
                    self.checking = true;
                    desk.shell.order(Order::Check);
                }
            });
            ui.separator();
            ui.strong("What has happened");
            ScrollArea::vertical().auto_shrink([false, false]).stick_to_bottom(true).show(ui, |ui| {
                self.log.iter().for_each(|line| {
                    ui.label(line);
                });
            });
        });
    }
}

impl Hood {
    fn facts(&self, ui: &mut Ui, desk: &Desk) {
        let unknown = || "not known yet".to_owned();
        let memory = desk.shell.memory().map(|bytes| format!("{:.0} MB", bytes as f64 / 1e6));
        let pace = self.pace.map(|pace| format!("{pace:.1} ms"));
        let check = match &self.checked {
            _ if self.checking => "under way".to_owned(),
            None => "not made yet".to_owned(),
            Some(Ok(())) => "every kernel answers as the processor does".to_owned(),
            Some(Err(why)) => why.clone(),
        };
        Grid::new("facts").num_columns(2).spacing([18.0, 6.0]).show(ui, |ui| {
            for (what, value) in [
                ("Computes on", desk.shell.device()),
                ("Kiln", env!("CARGO_PKG_VERSION").to_owned()),
                ("Memory of this process", memory.unwrap_or_else(unknown)),
                ("A step of training in the lab", pace.unwrap_or_else(unknown)),
                ("Check of the device", check),
            ] {
                ui.label(what);
                ui.label(value);
                ui.end_row();
            }
        });
    }

    fn paced(&mut self, step: u64, now: f64) {
        if let Some((before, then)) = self.heard.filter(|(before, _)| *before < step) {
            let pace = 1e3 * (now - then) / (step - before) as f64;
            self.pace = Some(self.pace.map_or(pace, |old| old + 0.1 * (pace - old)));
        }
        self.heard = Some((step, now));
    }
}

/// A report in words; nothing for those that come many times a second.
fn line(report: &Report) -> Option<String> {
    Some(match report {
        Report::Wanted(name) => format!("the weights of {name} are wanted"),
        Report::Spoilt(_, why)
        | Report::Lab(Learnt::Refused(why))
        | Report::Race(Raced::Refused(why))
        | Report::Denoise(Denoised::Refused(why))
        | Report::Latent(Walked::Refused(why)) => format!("refused: {why}"),
        Report::Lab(Learnt::Fresh) => "lab: fresh weights".into(),
        Report::Lab(Learnt::Paused) => "lab: training has stopped".into(),
        Report::Lab(Learnt::Map(map)) => format!("lab: a density of {0} x {0} places", map.side),
        Report::Race(Raced::Begun(start)) => {
            let names: Vec<&str> = start.racers.iter().map(|racer| racer.sampler.as_str()).collect();
            format!("race: {}", names.join(", "))
        }
        Report::Race(Raced::Out(at, why)) => format!("race: racer {} is out: {why}", at + 1),
        Report::Race(Raced::Done) => "race: all have arrived".into(),
        Report::Denoise(Denoised::Begun(shape, steps, _)) => {
            format!("denoise: pictures {shape:?} in {steps} steps")
        }
        Report::Denoise(Denoised::Done(n)) => format!("denoise: done, {n} evaluations of the network"),
        Report::Latent(Walked::Model(shape, latents)) => {
            format!("latent walk: pictures {shape:?} of {latents} numbers")
        }
        Report::Checked(Ok(())) => "the device answers as the processor does".into(),
        Report::Checked(Err(why)) => format!("the device does not answer as the processor does: {why}"),
        _ => return None,
    })
}
