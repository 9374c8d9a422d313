//! What the race can be set to.

use egui::{Color32, RichText, Ui};
use kiln::samplers::{SamplerConfig, Wants};
use kiln::schedules::grids::GridConfig;

use super::panel::Race;
use super::settings::{FAMILIES, RACERS};
use super::{Measure, Racer};
use crate::panels::Desk;
use crate::theme::SAFE;
use crate::widgets::{choice, number, section};

/// Grids that bring levels of their own, or do not end in data.
const OTHERS: &[&str] = &["explicit", "stop"];

/// `(measure, label, explanation)`.
pub(super) const MEASURES: &[(Measure, &str, &str)] = &[
    (
        Measure::Rms,
        "rms to the reference",
        "How far each sample ends from where the reference leads the same noise: the root of the mean of (x - r)^2 over samples and their numbers. It is the solver's error. A sampler that adds noise on its way goes elsewhere on purpose, and is left out.",
    ),
    (
        Measure::Sliced,
        "sliced Wasserstein",
        "How far the samples would have to be carried to lie as the reference's do, whichever goes where: the root of the mean of W(u.x, u.r)^2 over directions u, where W is the 2-Wasserstein distance on a line. It is fair to samplers that add noise. So few samples are apart even where both sets are drawn alike: the dashed line is about how far.",
    ),
];

/// The colour of a racer.
pub(super) fn colour(at: usize) -> Color32 {
    SAFE[at % SAFE.len()]
}

impl Race {
    pub(super) fn controls(&mut self, ui: &mut Ui, desk: &mut Desk) {
        ui.add_space(4.0);
        let models = desk
            .choices(|model| FAMILIES.contains(&model.family.as_str()) && (model.plane || model.pictures));
        let about = "Which model of the zoo all racers walk by, from the same noise.";
        choice(ui, "Model", &mut self.settings.model, &models, about);
        let chosen = desk.models().find(|model| model.name == self.settings.model);
        let pictures = chosen.is_some_and(|model| model.pictures);
        // The steps of an interpolant are equal.
        let spaced = chosen.is_none_or(|model| model.family != "interpolant");
        self.noise(ui, pictures);
        section(ui, "Racers", true, |ui| self.racers(ui, spaced));
        section(ui, "Distance to the reference", true, |ui| self.measures(ui));
    }

    /// What all racers begin with.
    fn noise(&mut self, ui: &mut Ui, pictures: bool) {
        let settings = &mut self.settings;
        if pictures {
            number(ui, "Pictures", &mut settings.pictures, 1..=16, "How many each racer draws.");
        } else {
            number(ui, "Particles", &mut settings.points, 50..=4096, "How many points each racer draws.");
        }
        let about =
            "All randomness comes from it: the same seed, the same noise for every racer, on every machine.";
        number(ui, "Seed", &mut settings.seed, 0..=9999, about);
        if self.classes.is_empty() {
            return;
        }
        let mut options = vec![("each", "each in turn", "The first picture of the first class, and so on")];
        options.push(("any", "any", "None is asked for"));
        options.extend(self.classes.iter().map(|class| (class.as_str(), class.as_str(), "")));
        choice(ui, "Class", &mut settings.class, &options, "What is to be seen in the pictures.");
        let mut guidance = settings.guidance.unwrap_or(1.0);
        let about = "How hard pictures are pulled towards their class: D + (w - 1)(D with class - D without). 1 is as learnt.";
        if number(ui, "Guidance", &mut guidance, 0.0..=8.0, about).changed() {
            settings.guidance = Some(guidance);
        }
    }

    fn racers(&mut self, ui: &mut Ui, spaced: bool) {
        let (samplers, grids, several) = (samplers(), grids(), self.settings.racers.len() > 1);
        let mut gone = None;
        for (at, racer) in self.settings.racers.iter_mut().enumerate() {
            ui.label(RichText::new(racer.name()).strong().color(colour(at)));
            let n = at + 1;
            let about = "How the racer goes from noise to data: the solver of dx/dsigma = (x - D)/sigma, or of an SDE of the same densities.";
            choice(ui, &format!("Sampler {n}"), &mut racer.sampler, &samplers, about);
            steps(ui, &format!("Steps {n}"), racer);
            if spaced || !racer.grid.is_empty() {
                let about = "Which noise levels the steps visit.";
                choice(ui, &format!("Grid {n}"), &mut racer.grid, &grids, about);
            }
            let away = format!("Take racer {n} away");
            if several && ui.button(away).on_hover_text("It runs no more").clicked() {
                gone = Some(at);
            }
            ui.add_space(6.0);
        }
        if let Some(at) = gone {
            self.settings.racers.remove(at);
        }
        if self.settings.racers.len() < RACERS
            && ui.button("Add a racer").on_hover_text("One more sampler, from the same noise").clicked()
        {
            self.settings.racers.push(Racer::default());
        }
    }

    fn measures(&mut self, ui: &mut Ui) {
        for (measure, label, about) in MEASURES {
            ui.radio_value(&mut self.settings.measure, *measure, *label).on_hover_text(*about);
        }
        ui.label(RichText::new("The reference is the ODE's solution by Heun's method in many steps.").weak());
    }
}

fn steps(ui: &mut Ui, label: &str, racer: &mut Racer) {
    if racer.adaptive() {
        let about = "It makes its steps as long as its tolerance allows: there is no number of them to set, and there is no curve.";
        ui.label("Its tolerance decides its steps.").on_hover_text(about);
    } else {
        let about = "How many steps lead from noise to data. Few are fast and coarse.";
        number(ui, label, &mut racer.steps, 1..=100, about);
    }
}

type Options = Vec<(&'static str, &'static str, &'static str)>;

/// All samplers, but for those that take a model for another function than a denoiser, along which there is no ODE.
fn samplers() -> Options {
    let walks = |sampler: &SamplerConfig| sampler.wants() == Wants::Denoiser;
    let samplers = SamplerConfig::all().into_iter().filter(walks);
    samplers.map(|sampler| (sampler.name(), sampler.name(), sampler.about().summary)).collect()
}

fn grids() -> Options {
    let grids = GridConfig::all().into_iter().filter(|grid| !OTHERS.contains(&grid.name()));
    let own = ("", "the model's own", "The one that the model brings");
    std::iter::once(own).chain(grids.map(|grid| (grid.name(), grid.name(), grid.about().summary))).collect()
}
