//! The sampler race as it is seen.

use egui::Ui;
use kiln::{Result, config};
use serde_json::{Value, json};

use super::lane::Lane;
use super::{Racer, Reference, Report as Told, Settings};
use crate::panels::{Desk, Panel};
use crate::widgets::{Clock, Sheets, beside};
use crate::work::{Order, Report};

/// The panel.
#[derive(Default)]
pub struct Race {
    pub(super) settings: Settings,
    /// What the side that computes was told last.
    sent: Option<Settings>,
    clock: Clock,
    pub(super) shape: Vec<usize>,
    pub(super) classes: Vec<String>,
    pub(super) lanes: Vec<Lane>,
    pub(super) reference: Option<Reference>,
    /// All have arrived, and every mark is there.
    pub(super) done: bool,
    pub(super) sheets: Sheets,
    pub(super) refused: Option<String>,
}

impl Panel for Race {
    fn settings(&self) -> Value {
        json!(self.settings)
    }

    fn set(&mut self, settings: Value) -> Result<()> {
        (self.settings, self.clock) = (config::typed(settings)?, Clock::default());
        Ok(())
    }

    fn moving(&self) -> bool {
        self.clock.playing()
    }

    fn receive(&mut self, report: &Report) {
        let Report::Race(told) = report else { return };
        match told.clone() {
            Told::Begun(start) => {
                (self.shape, self.classes) = (start.shape, start.classes);
                self.lanes = start.racers.into_iter().map(Lane::new).collect();
                (self.reference, self.done, self.refused) = (None, false, None);
            }
            Told::Reference(reference) => self.reference = Some(reference),
            Told::Frame(at, frame) => self.change(at, |lane| lane.frames.push(frame)),
            Told::Out(at, why) => self.change(at, |lane| lane.out = Some(why)),
            Told::Mark(at, mark) => self.change(at, |lane| lane.marks.push(mark)),
            Told::Done => self.done = true,
            Told::Refused(why) => self.refused = Some(why),
        }
    }

    fn show(&mut self, ui: &mut Ui, desk: &mut Desk) {
        self.clock.tick(ui, &mut self.settings.time);
        beside(ui, self, |race, ui| race.controls(ui, desk), Self::middle);
        let asked = self.settings.asked();
        if self.sent.as_ref() != Some(&asked) {
            desk.shell.order(Order::Race(asked.clone()));
            self.sent = Some(asked);
        }
    }

    fn command(&self) -> Option<String> {
        let lines: Vec<String> = self.settings.racers.iter().map(|racer| self.line(racer)).collect();
        Some(lines.join("\n"))
    }

    fn facts(&self) -> Value {
        let racer = |lane: &Lane| {
            let end = lane.end().unwrap_or_default();
            json!({
                "racer": lane.racer.name(), "frames": lane.frames.len(), "evaluations": end.evaluations,
                "rms": end.apart.rms, "sliced_wasserstein": end.apart.sliced, "out": lane.out,
            })
        };
        let racers: Vec<Value> = self.lanes.iter().map(racer).collect();
        json!({ "racers": racers, "done": self.done, "refused": self.refused })
    }

    fn samples(&self) -> Vec<f32> {
        let first = self.lanes.first().and_then(|lane| lane.reached(self.settings.time));
        first.map(|frame| frame.rows.clone()).unwrap_or_default()
    }
}

impl Race {
    fn change(&mut self, at: usize, change: impl FnOnce(&mut Lane)) {
        if let Some(lane) = self.lanes.get_mut(at) {
            change(lane);
        }
    }

    /// The command that draws what a racer draws.
    fn line(&self, racer: &Racer) -> String {
        let Settings { model, seed, class, guidance, .. } = &self.settings;
        let Racer { sampler, steps, grid } = racer;
        let (count, classes) = (self.settings.count(&self.shape), !self.classes.is_empty());
        let mut words = vec![format!("kiln sample {model} -n {count} --seed {seed}")];
        let options = [
            classes.then(|| format!("--class {class}")),
            Some(format!("--steps {steps} --sampler {sampler}")),
            (!grid.is_empty()).then(|| format!("--grid {grid}")),
            guidance.filter(|_| classes && class != "any").map(|scale| format!("--guidance {scale}")),
        ];
        words.extend(options.into_iter().flatten());
        words.join(" ")
    }

    fn middle(&mut self, ui: &mut Ui) {
        let room = ui.available_size();
        self.stage(ui, room);
        let about = "From noise (0) to data (1), both ways: every racer is as far on its way, as a share of its own steps.";
        self.clock.show(ui, &mut self.settings.time, about);
        self.plot(ui);
    }
}
