//! What the lab can be set to, in groups.

use egui::{Button, RichText, Ui};
use kiln::samplers::SamplerConfig;
use kiln::train::OptimizerConfig;

use super::families::FAMILIES;
use super::panel::{Lab, Tool};
use super::settings::Settings;
use super::work::Order;
use crate::panels::Desk;
use crate::theme::EMBER;
use crate::widgets::{choice, curve, number, section, switch};
use crate::work::Order as Any;

impl Lab {
    /// All of them.
    pub(super) fn controls(&mut self, ui: &mut Ui, desk: &mut Desk) {
        ui.add_space(4.0);
        self.density(ui);
        self.model(ui);
        self.buttons(ui, desk);
        let most = if desk.shell.accelerated() { 100_000 } else { 20_000 };
        section(ui, "What is shown", true, |ui| self.layers(ui, most));
        section(ui, "From noise to data", true, |ui| self.walk(ui));
        section(ui, "How it learns", false, |ui| self.learning(ui));
    }

    fn density(&mut self, ui: &mut Ui) {
        let data: Vec<_> = Settings::densities()
            .map(|data| (data.name(), label(data.name()), data.about().summary))
            .collect();
        let data: Vec<(&str, &str, &str)> =
            data.iter().map(|(name, label, about)| (*name, label.as_str(), *about)).collect();
        choice(
            ui,
            "Density",
            &mut self.settings.data,
            &data,
            "What is to be learnt. `Drawn` is yours: draw on the plane, or drop a picture onto it.",
        );
        if self.drawing() {
            ui.horizontal_wrapped(|ui| {
                for (tool, label, about) in [
                    (Tool::Draw, "Draw", "Draw on the square: where there is ink, there will be data"),
                    (Tool::Erase, "Erase", "Take ink away (the right button does it too)"),
                    (Tool::Probe, "Ask", "A click asks how probable a point is"),
                ] {
                    ui.selectable_value(&mut self.tool, tool, label).on_hover_text(about);
                }
                if ui.button("Clear").on_hover_text("An empty canvas").clicked() {
                    self.clear();
                }
            });
        }
    }

    fn model(&mut self, ui: &mut Ui) {
        let families: Vec<_> =
            FAMILIES.iter().map(|family| (family.name, family.label, family.about)).collect();
        choice(ui, "Model", &mut self.settings.family, &families, "Which kind of model learns it.");
        if let Ok(family) = self.settings.family() {
            ui.label(RichText::new(family.about).weak().small());
        }
    }

    fn buttons(&mut self, ui: &mut Ui, desk: &mut Desk) {
        let done = self.losses.last().is_some_and(|last| last[0] >= self.settings.training as f64);
        ui.horizontal_wrapped(|ui| {
            let label = if self.training { "Pause" } else { "Train" };
            let button = Button::new(RichText::new(label).strong().color(egui::Color32::WHITE)).fill(EMBER);
            let button = ui.add_enabled(!done, button.min_size(egui::vec2(72.0, 28.0)));
            if button.on_hover_text("Learn the density, step by step; what you see follows.").clicked() {
                let on = !self.training;
                self.train(on, desk);
            }
            if ui.button("Start over").on_hover_text("Forget what was learnt: fresh weights.").clicked() {
                desk.shell.order(Any::Lab(Order::Restart));
            }
        });
        let (step, loss) = self.losses.last().map_or((0.0, None), |last| (last[0], Some(last[1])));
        let loss = loss.map_or(String::new(), |loss| format!(", loss {loss:.3}"));
        let pace = if self.training { format!(", {:.0} steps/s", self.pace.1) } else { String::new() };
        let end = if done { ": done" } else { "" };
        ui.label(format!("Step {step:.0} of {}{end}{loss}{pace}", self.settings.training));
        // What comes and goes lies in a place of its own: what is below it keeps its identity, and the focus.
        ui.scope(|ui| self.outcome(ui));
    }

    fn outcome(&self, ui: &mut Ui) {
        if let Some(distance) = self.distance {
            ui.label(format!("Distance to the data {distance:.3}")).on_hover_text(
                "Sliced Wasserstein distance: how far the particles would have to be carried to lie as the samples do, in the mean over directions.",
            );
        }
        if let Some(why) = &self.refused {
            ui.colored_label(ui.visuals().error_fg_color, why);
        }
    }

    fn layers(&mut self, ui: &mut Ui, most: usize) {
        let layers = &mut self.settings.layers;
        switch(ui, "Data", &mut layers.data, "Samples of the density that is to be learnt, in grey.");
        switch(
            ui,
            "Particles",
            &mut layers.particles,
            "Samples of the model on their way, each in the colour of where it began.",
        );
        switch(ui, "Paths", &mut layers.paths, "The ways that particles have taken from noise.");
        let walks = self.settings.family().is_ok_and(|family| family.walks);
        let layers = &mut self.settings.layers;
        ui.add_enabled_ui(walks, |ui| {
            switch(ui, "Vector field", &mut layers.field, "Where the model would move a point at this noise level: dx/dsigma = (x - D(x; sigma))/sigma, towards data.");
        });
        switch(
            ui,
            "Learned density",
            &mut layers.density,
            "log p(x) of the model as a heat map: exact for normalizing flows, by the probability-flow ODE for diffusion, by importance sampling for autoencoders.",
        );
        number(ui, "Particles", &mut self.settings.particles, 100..=most, "How many samples are shown.");
    }

    fn walk(&mut self, ui: &mut Ui) {
        let walks = self.settings.family().is_ok_and(|family| family.walks);
        if !walks {
            ui.label(RichText::new("This model draws at once, layer by layer: it needs no sampler.").weak());
            number(ui, "Seed", &mut self.settings.seed, 0..=9999, SEED);
            return;
        }
        let samplers: Vec<_> =
            SamplerConfig::all().into_iter().filter(|s| !ONLY.contains(&s.name())).collect();
        let samplers: Vec<_> = samplers.iter().map(|s| (s.name(), s.name(), s.about().summary)).collect();
        ui.add_enabled_ui(self.settings.eta == 0.0, |ui| {
            choice(
                ui,
                "Sampler",
                &mut self.settings.sampler,
                &samplers,
                "How the ODE dx/dsigma = (x - D)/sigma is walked.",
            );
        });
        number(
            ui,
            "Steps",
            &mut self.settings.steps,
            1..=100,
            "How many steps lead from noise to data. Few are fast and coarse.",
        );
        number(
            ui,
            "ODE to SDE",
            &mut self.settings.eta,
            0.0..=1.0,
            "0 walks a smooth path (an ODE). Above, each step forgets some noise and draws some anew (an SDE): DDIM's eta, up to ancestral sampling at 1. The seed stays.",
        );
        number(ui, "Seed", &mut self.settings.seed, 0..=9999, SEED);
        self.curves(ui);
    }

    /// The curves of the time grid and the noise schedule, by their inner points.
    fn curves(&mut self, ui: &mut Ui) {
        let settings = &mut self.settings;
        let steps: Vec<f64> = (0..settings.steps).map(|step| step as f64 / settings.steps as f64).collect();
        drag(ui, "time grid", GRID, &mut settings.grid, &steps);
        let visited: Vec<f64> = settings.times().into_iter().map(|time| 1.0 - time).collect();
        drag(ui, "noise schedule", SCHEDULE, &mut settings.schedule, &visited);
    }

    fn learning(&mut self, ui: &mut Ui) {
        let settings = &mut self.settings;
        number(
            ui,
            "Width",
            &mut settings.hidden,
            8..=256,
            "Numbers in a layer of the network. Wide learns more, and slower.",
        );
        number(ui, "Depth", &mut settings.depth, 1..=6, "Blocks or layers of the network.");
        let optimizers = OptimizerConfig::all();
        let optimizers: Vec<_> = optimizers.iter().map(|o| (o.name(), o.name(), o.about().summary)).collect();
        choice(
            ui,
            "Optimizer",
            &mut settings.optimizer,
            &optimizers,
            "The rule by which weights follow gradients.",
        );
        number(
            ui,
            "Learning rate",
            &mut settings.rate,
            1e-5..=1e-1,
            "How far a step goes. Too far, and the loss jumps.",
        );
        number(ui, "Batch", &mut settings.batch, 16..=2048, "Samples of the density a step.");
        number(ui, "Training steps", &mut settings.training, 100..=20_000, "After so many, it stops.");
    }
}

const SEED: &str = "All randomness comes from it: the same seed, the same picture, on every machine.";

const GRID: [&str; 2] = [
    "At which times the steps stand. Off: drag the curve.",
    "Time (above is noise) against steps (along): drag a point, and the steps crowd where the curve is flat. Marks at the left are the times visited.",
];

const SCHEDULE: [&str; 2] = [
    "How much noise there is at a time: sigma/(alpha + sigma). Off: drag the curve.",
    "The share of noise sigma/(alpha + sigma) against time, from noise (left) to data: drag a point, and noise goes late or early. Marks at the left are the shares visited.",
];

/// A curve that can be drawn in place of the model's own; `about` says what it is, and how to drag it.
fn drag(ui: &mut Ui, name: &str, [what, how]: [&str; 2], points: &mut Vec<f64>, visited: &[f64]) {
    let mut own = points.is_empty();
    switch(ui, &format!("The model's own {name}"), &mut own, what);
    match (own, points.is_empty()) {
        (true, false) => points.clear(),
        (false, true) => *points = vec![1.0, 0.75, 0.5, 0.25, 0.0],
        _ => {}
    }
    if !points.is_empty() {
        let label = name[..1].to_uppercase() + &name[1..];
        curve(ui, &label, how, points, visited);
    }
}

/// Samplers of models that the lab does not train, and those that bring levels or steps of their own.
const ONLY: &[&str] = &[
    "consistency",
    "lcm",
    "tcd",
    "ddpm",
    "restart",
    "predictor_corrector",
    "dpm_fast",
    "dpm_adaptive",
    "pndm",
];

/// A name as a label: `swiss_roll` is `Swiss roll`.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    words[..1].to_uppercase() + &words[1..]
}
