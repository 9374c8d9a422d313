//! The sampler race as it is seen.

use egui::{Key, Slider, Ui};
use kiln::{Result, config};
use serde_json::{Value, json};

use super::lane::Lane;
use super::{Racer, Reference, Report as Told, Settings};
use crate::panels::{Desk, Panel};
use crate::widgets::{Sheets, beside};
use crate::work::{Order, Report};

/// The panel.
#[derive(Default)]
pub struct Race {
    pub(super) settings: Settings,
    /// What the side that computes was told last.
    sent: Option<Settings>,
    playing: bool,
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
        self.settings = config::typed(settings)?;
        Ok(())
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
        self.play(ui);
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

    fn play(&mut self, ui: &Ui) {
        let typing = ui.ctx().egui_wants_keyboard_input();
        if !typing && ui.input(|input| input.key_pressed(Key::Space)) {
            self.playing = !self.playing;
        }
        if self.playing {
            // Two and a half seconds from noise to data, and a rest there.
            let time = self.settings.time + f64::from(ui.input(|input| input.stable_dt).min(0.1)) / 2.5;
            self.settings.time = if time > 1.3 { 0.0 } else { time };
            ui.ctx().request_repaint();
        }
    }

    fn middle(&mut self, ui: &mut Ui) {
        let room = ui.available_size();
        self.stage(ui, room);
        self.timeline(ui);
        self.plot(ui);
    }

    /// The slider of time, and what moves it.
    fn timeline(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let label = if self.playing { "Stop" } else { "Play" };
            if ui.button(label).on_hover_text("Play the way from noise to data (space)").clicked() {
                self.playing = !self.playing;
            }
            ui.spacing_mut().slider_width = (ui.available_width() - 190.0).max(80.0);
            let mut time = self.settings.time.min(1.0);
            let slider = Slider::new(&mut time, 0.0..=1.0).text("noise to data").max_decimals(3);
            let about = "From noise (0) to data (1), both ways: every racer is as far on its way, as a share of its own steps.";
            if ui.add(slider).on_hover_text(about).changed() {
                (self.settings.time, self.playing) = (time, false);
            }
        });
    }
}
