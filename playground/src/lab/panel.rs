//! The density lab as it is seen.

use egui::{TextureHandle, Ui};
use egui_plot::{Line, Plot, PlotPoints};
use kiln::data::drawn;
use kiln::metrics::sliced_wasserstein;
use kiln::{Result, config};
use serde_json::{Value, json};

use super::field::Field;
use super::map::Map;
use super::probe::Probe;
use super::stage::PIXELS;
use super::walk::Film;
use super::{Kept, Order, Report as Told, Settings};
use crate::easel::Easel;
use crate::panels::{Desk, Panel};
use crate::theme::SAFE;
use crate::widgets::{Clock, Ink, beside};
use crate::work::{Order as Any, Report};

/// Particles and samples that are compared: with more, a window would wait.
const COMPARED: usize = 1000;

/// What a hand does on the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Draw,
    Erase,
    Probe,
}

/// The density lab.
pub struct Lab {
    pub(super) settings: Settings,
    /// What the side that computes was told last.
    sent: Option<Settings>,
    pub(super) tool: Tool,
    pub(super) ink: Ink,
    pub(super) training: bool,
    pub(super) clock: Clock,
    pub(super) data: Vec<f32>,
    /// `[step, loss]`.
    pub(super) losses: Vec<[f64; 2]>,
    /// When the last of them came, in seconds, and steps a second.
    pub(super) pace: (f64, f64),
    pub(super) film: Option<Film>,
    /// How far the particles are from the samples where they have arrived.
    pub(super) distance: Option<f64>,
    pub(super) field: Option<Field>,
    pub(super) map: Option<Map>,
    pub(super) texture: Option<TextureHandle>,
    pub(super) probe: Option<Probe>,
    pub(super) refused: Option<String>,
    /// What was learnt, off the device.
    kept: Option<Kept>,
}

impl Default for Lab {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            sent: None,
            tool: Tool::Draw,
            ink: Ink::default(),
            training: false,
            clock: Clock::default(),
            data: Vec::new(),
            losses: Vec::new(),
            pace: (0.0, 0.0),
            film: None,
            distance: None,
            field: None,
            map: None,
            texture: None,
            probe: None,
            refused: None,
            kept: None,
        }
    }
}

impl Panel for Lab {
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
        let Report::Lab(told) = report else { return };
        match told.clone() {
            Told::Data(points) => self.data = points,
            Told::Fresh => {
                (self.losses, self.film, self.field, self.probe) = (Vec::new(), None, None, None);
                self.distance = None;
                (self.map, self.texture, self.refused, self.kept) = (None, None, None, None);
            }
            Told::Learnt(step, loss, now) => self.learnt(step, loss, now),
            Told::Kept(kept) => self.kept = Some(kept),
            Told::Paused => self.training = false,
            Told::Film(film) => {
                self.distance = away(&film, &self.data);
                self.film = Some(film);
            }
            Told::Field(field) => self.field = Some(field),
            Told::Map(map) => (self.map, self.texture) = (Some(map), None),
            Told::Probe(probe) => self.probe = Some(probe),
            Told::Refused(why) => self.refused = Some(why),
        }
    }

    fn show(&mut self, ui: &mut Ui, desk: &mut Desk) {
        self.ink.follow(&self.settings.drawing, [PIXELS, PIXELS]);
        self.clock.tick(ui, &mut self.settings.time);
        let easel = desk.shell.easel();
        beside(ui, self, |lab, ui| lab.controls(ui, desk), |lab, ui| lab.middle(ui, easel.as_deref()));
        if self.sent.as_ref() != Some(&self.settings) {
            desk.shell.order(Any::Lab(Order::Show(Box::new(self.settings.clone()))));
            self.sent = Some(self.settings.clone());
        }
    }

    fn command(&self) -> Option<String> {
        self.settings.command().ok()
    }

    fn program(&self) -> Option<String> {
        Some(super::program::of(&self.settings))
    }

    fn facts(&self) -> Value {
        let [step, loss] = self.losses.last().copied().unwrap_or_default();
        let frames = self.film.as_ref().map(Film::frames);
        json!({
            "training": self.training, "step": step, "loss": loss, "frames": frames,
            "trained": self.film.as_ref().map(|film| film.trained), "sliced_wasserstein": self.distance,
            "refused": self.refused,
        })
    }

    fn samples(&self) -> Vec<f32> {
        self.film.as_ref().map(|film| film.end().to_vec()).unwrap_or_default()
    }

    fn kept(&self) -> Option<Any> {
        Some(Any::Lab(Order::Resume(self.kept.clone()?)))
    }

    fn dropped(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.settings.drawing = drawn::write(&drawn::of_picture(name, bytes, PIXELS)?);
        self.settings.data = "drawn".into();
        Ok(())
    }
}

impl Lab {
    /// Whether there is something to draw on.
    pub(super) fn drawing(&self) -> bool {
        self.settings.data == "drawn"
    }

    pub(super) fn train(&mut self, on: bool, desk: &mut Desk) {
        self.training = on;
        self.refused = None;
        desk.shell.order(Any::Lab(Order::Train(on)));
    }

    /// An empty canvas.
    pub(super) fn clear(&mut self) {
        self.settings.drawing = self.ink.clear();
    }

    fn learnt(&mut self, step: u64, loss: f32, now: f64) {
        if let Some([before, _]) = self.losses.last() {
            let pace = (step as f64 - before) / (now - self.pace.0).max(1e-3);
            self.pace.1 += 0.1 * (pace - self.pace.1);
        }
        self.pace.0 = now;
        self.losses.push([step as f64, f64::from(loss)]);
    }

    fn middle(&mut self, ui: &mut Ui, easel: Option<&dyn Easel>) {
        let room = ui.available_size();
        // Below the plane there are a slider and the losses.
        self.stage(ui, room.x.min((room.y - 190.0).max(240.0)), easel);
        self.clock.show(ui, &mut self.settings.time, "From noise (0) to data (1), both ways");
        self.curve(ui);
    }

    fn curve(&self, ui: &mut Ui) {
        let points = PlotPoints::from(self.losses.clone());
        let line = Line::new("loss", points).color(SAFE[0]).width(1.5);
        Plot::new("loss")
            .height(ui.available_height().clamp(90.0, 150.0))
            .x_axis_label("step")
            .y_axis_label("loss")
            .allow_drag(false)
            .allow_scroll(false)
            .allow_zoom(false)
            .include_x(0.0)
            .include_x(self.settings.training as f64)
            .show(ui, |plot| plot.line(line));
    }
}

/// The sliced Wasserstein distance of the first particles of a film's end to the first samples.
fn away(film: &Film, data: &[f32]) -> Option<f64> {
    let few = |points: &[f32]| points[..points.len().min(2 * COMPARED)].to_vec();
    sliced_wasserstein(&few(film.end()), &few(data), 2, 32, 0).ok()
}
