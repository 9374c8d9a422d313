//! Denoise as it is seen.

use egui::{RichText, Slider, Ui};
use kiln::data::drawn;
use kiln::model::Card;
use kiln::nn::Interface;
use kiln::samplers::SamplerConfig;
use kiln::{Result, config};
use serde_json::{Value, json};

use super::{Edit, Frame, Report as Told, Settings};
use crate::panels::{Desk, Panel};
use crate::picture;
use crate::widgets::{Ink, Sheets, beside, choice, number, section, switch};
use crate::work::{Order, Report};

/// The panel.
#[derive(Default)]
pub struct Denoise {
    pub(super) settings: Settings,
    sent: Option<Settings>,
    pub(super) shape: Vec<usize>,
    classes: Vec<String>,
    steps: usize,
    frames: Vec<Frame>,
    evaluations: Option<usize>,
    pub(super) ink: Ink,
    pub(super) sheets: Sheets,
    refused: Option<String>,
}

impl Panel for Denoise {
    fn settings(&self) -> Value {
        json!(self.settings)
    }

    fn set(&mut self, settings: Value) -> Result<()> {
        self.settings = config::typed(settings)?;
        Ok(())
    }

    fn receive(&mut self, report: &Report) {
        let Report::Denoise(told) = report else { return };
        match told.clone() {
            Told::Begun(shape, steps, classes) => {
                (self.shape, self.steps, self.classes) = (shape, steps, classes);
                (self.frames, self.evaluations, self.refused) = (Vec::new(), None, None);
            }
            Told::Frame(frame) => self.frames.push(frame),
            Told::Left(from) => self.frames.truncate(from),
            Told::Done(evaluations) => self.evaluations = Some(evaluations),
            Told::Refused(why) => self.refused = Some(why),
        }
    }

    fn show(&mut self, ui: &mut Ui, desk: &mut Desk) {
        if let &[_, height, width] = &self.shape[..] {
            self.ink.follow(&self.settings.ink, [width, height]);
        }
        beside(ui, self, |denoise, ui| denoise.controls(ui, desk), Self::middle);
        // Which step is seen is nobody's business but the window's.
        let asked = Settings { step: 0, ..self.settings.clone() };
        if self.sent.as_ref() != Some(&asked) {
            desk.shell.order(Order::Denoise(asked.clone()));
            self.sent = Some(asked);
        }
    }

    fn command(&self) -> Option<String> {
        let Settings { model, count, seed, class, steps, sampler, guidance, edit, .. } = &self.settings;
        let classes = !self.classes.is_empty();
        let options = [
            classes.then(|| format!("--class {class}")),
            steps.map(|steps| format!("--steps {steps}")),
            (!sampler.is_empty()).then(|| format!("--sampler {sampler}")),
            guidance.filter(|_| classes && class != "any").map(|scale| format!("--guidance {scale}")),
        ];
        let mut words = vec![format!("kiln sample {model} -n {count} --seed {seed}")];
        words.extend(options.into_iter().flatten());
        (*edit == Edit::Noise).then(|| words.join(" "))
    }

    fn program(&self) -> Option<String> {
        let interface = Interface::new(self.shape.clone(), self.classes.clone());
        let known = self.settings.edit == Edit::Noise && !self.shape.is_empty();
        known.then(|| super::program::of(&self.settings, &Card::new("", &interface, 0)).ok()).flatten()
    }

    fn facts(&self) -> Value {
        json!({ "frames": self.frames.len(), "steps": self.steps, "evaluations": self.evaluations, "refused": self.refused })
    }

    fn samples(&self) -> Vec<f32> {
        self.frame().map(|frame| frame.x.clone()).unwrap_or_default()
    }

    fn dropped(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let side = self.shape.last().copied().unwrap_or(28);
        self.settings.ink = drawn::write(&drawn::of_picture(name, bytes, side)?);
        self.settings.edit = Edit::Sketch;
        Ok(())
    }
}

impl Denoise {
    /// The frame that is seen.
    pub(super) fn frame(&self) -> Option<&Frame> {
        let last = self.frames.len().checked_sub(1)?;
        self.frames.get(self.settings.step.min(last))
    }

    fn middle(&mut self, ui: &mut Ui) {
        self.stage(ui);
        let (last, walks) = (self.frames.len().saturating_sub(1), self.frames.len() > 1);
        ui.horizontal(|ui| {
            let mut step = self.settings.step.min(last);
            if ui.add_enabled(step > 0, egui::Button::new("Back")).on_hover_text("One step back").clicked() {
                step -= 1;
                self.settings.step = step;
            }
            if ui.add_enabled(step < last, egui::Button::new("On")).on_hover_text("One step on").clicked() {
                step += 1;
                self.settings.step = step;
            }
            ui.spacing_mut().slider_width = (ui.available_width() - 150.0).max(80.0);
            let slider = Slider::new(&mut step, 0..=last)
                .text("step")
                .custom_formatter(|at, _| format!("{}", at + 1.0));
            if ui
                .add_enabled(walks, slider.custom_parser(|text| text.parse().ok().map(|at: f64| at - 1.0)))
                .changed()
            {
                self.settings.step = if step == last { Settings::default().step } else { step };
            }
        });
        let level = self.frame().map_or(String::new(), |frame| format!("noise level {:.2}", frame.level));
        let asked = self.evaluations.map_or(String::new(), |n| format!("   {n} evaluations of the network"));
        ui.label(format!("{level}{asked}"));
    }

    fn controls(&mut self, ui: &mut Ui, desk: &mut Desk) {
        let models = desk.choices(|model| model.pictures);
        choice(ui, "Model", &mut self.settings.model, &models, "Which model of the zoo draws.");
        if !self.classes.is_empty() {
            let classes: Vec<_> =
                self.classes.iter().map(|class| (class.as_str(), class.as_str(), "")).collect();
            let mut options = vec![
                ("each", "each in turn", "The first picture of the first class, and so on"),
                ("any", "any", "None is asked for"),
            ];
            options.extend(classes);
            choice(ui, "Class", &mut self.settings.class, &options, "What is to be seen in the pictures.");
        }
        number(
            ui,
            "Pictures",
            &mut self.settings.count,
            1..=64,
            "How many are drawn side by side, each from its own noise.",
        );
        number(
            ui,
            "Seed",
            &mut self.settings.seed,
            0..=9999,
            "All randomness comes from it: the same seed, the same pictures, on every machine.",
        );
        switch(
            ui,
            "The model's guess",
            &mut self.settings.guess,
            "Beside each noisy picture, D(x; sigma): the mean of all pictures that could be hidden in it.",
        );
        section(ui, "How it walks", true, |ui| self.walk(ui));
        section(ui, "What it is made from", true, |ui| self.source(ui));
        if ui.button("Save PNG").on_hover_text("The pictures that are seen").clicked() {
            self.save(desk);
        }
        if let Some(why) = &self.refused {
            ui.colored_label(ui.visuals().error_fg_color, why);
        }
    }

    fn walk(&mut self, ui: &mut Ui) {
        let samplers = SamplerConfig::all();
        let mut options = vec![("", "the model's own", "")];
        options.extend(samplers.iter().map(|s| (s.name(), s.name(), s.about().summary)));
        choice(ui, "Sampler", &mut self.settings.sampler, &options, "How it walks from noise to pictures.");
        let mut own = self.settings.steps.is_none();
        let mut steps = self.settings.steps.unwrap_or(self.steps.max(1));
        if number(ui, "Steps", &mut steps, 1..=50, "How many steps lead from noise to a picture.").changed() {
            own = false;
        }
        self.settings.steps = (!own).then_some(steps);
        if !self.classes.is_empty() {
            let mut guidance = self.settings.guidance.unwrap_or(1.0);
            let about = "How hard pictures are pulled towards their class: D + (w - 1)(D with class - D without). 1 is as learnt.";
            if number(ui, "Guidance", &mut guidance, 0.0..=8.0, about).changed() {
                self.settings.guidance = Some(guidance);
            }
        }
    }

    fn source(&mut self, ui: &mut Ui) {
        for (edit, label, about) in [
            (Edit::Noise, "Noise", "Nothing but noise"),
            (
                Edit::Sketch,
                "A sketch",
                "Draw on the pictures: noise is laid over the sketch and taken away again (SDEdit)",
            ),
            (
                Edit::Fork,
                "A fork",
                "Keep what the model guessed at one step, lay other noise over it, and go on from there",
            ),
            (
                Edit::Redraw,
                "Redraw a part",
                "Brush over what is to be drawn anew: the rest stays (inpainting)",
            ),
        ] {
            ui.radio_value(&mut self.settings.edit, edit, label).on_hover_text(about);
        }
        match self.settings.edit {
            Edit::Noise => {}
            Edit::Sketch => {
                number(
                    ui,
                    "Strength",
                    &mut self.settings.strength,
                    0.05..=1.0,
                    "How much may change: the share of the steps that is walked.",
                );
            }
            Edit::Fork => {
                number(
                    ui,
                    "From step",
                    &mut self.settings.fork,
                    1..=self.steps.max(2) - 1,
                    "Where the other way begins.",
                );
            }
            Edit::Redraw => {
                ui.label(RichText::new("Brush over a picture.").weak());
            }
        }
        if matches!(self.settings.edit, Edit::Fork | Edit::Redraw) {
            number(ui, "Other seed", &mut self.settings.other, 0..=9999, "The noise from there on.");
        }
        if self.brushes() && ui.button("Clear").on_hover_text("No ink").clicked() {
            self.settings.ink = self.ink.clear();
        }
    }

    fn save(&mut self, desk: &mut Desk) {
        let Some(frame) = self.frame() else { return };
        let png = picture::show(&frame.x, &self.shape, frame.level).and_then(|picture| picture.png());
        let name = format!("{}-{}.png", self.settings.model.replace('/', "-"), self.settings.seed);
        match png {
            Ok(png) => desk.shell.save(&name, &png),
            Err(error) => self.refused = Some(error.to_string()),
        }
    }
}
