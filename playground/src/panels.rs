//! The panels: each a file and a line.

use std::collections::HashSet;

use egui::Ui;
use kiln::{Error, Result};
use serde_json::Value;

use crate::shell::{Shell, Stored};
use crate::work::{Order, Report};
use crate::{denoise, hood, lab, latent, race, zoo};

/// One page of the application.
pub(crate) trait Panel {
    /// What it is set to: all that decides what it shows. A link says the same.
    fn settings(&self) -> Value;

    /// Takes settings; what they do not say is at its default.
    fn set(&mut self, settings: Value) -> Result<()>;

    /// Whether settings change by themselves: until that ends it is one change.
    fn moving(&self) -> bool {
        false
    }

    /// Takes what the side that computes says. Reports of other panels pass by.
    fn receive(&mut self, report: &Report);

    /// Draws it.
    fn show(&mut self, ui: &mut Ui, desk: &mut Desk);

    /// The command that does the same.
    fn command(&self) -> Option<String> {
        None
    }

    /// The program that does the same.
    fn program(&self) -> Option<String> {
        None
    }

    /// What has come of it, in numbers, for whoever drives the application from outside.
    fn facts(&self) -> Value {
        Value::Null
    }

    /// The samples that are seen, `[n, features]` flattened.
    fn samples(&self) -> Vec<f32> {
        Vec::new()
    }

    /// What goes on from here on another device, once this one is lost.
    fn kept(&self) -> Option<Order> {
        None
    }

    /// A file was dropped onto the window.
    fn dropped(&mut self, name: &str, _bytes: &[u8]) -> Result<()> {
        Err(Error::argument(format!("{name}: this panel has no use for a file")))
    }
}

/// What a panel can reach beside itself.
pub(crate) struct Desk<'a> {
    /// Who opened the window.
    pub(crate) shell: &'a mut dyn Shell,
    /// Models whose weights were dropped onto the window.
    pub(crate) own: &'a [Stored],
    /// Models whose weights are here.
    pub(crate) here: &'a HashSet<String>,
    /// Where to go from here, where a panel says so: a link.
    pub(crate) go: Option<String>,
}

impl Desk<'_> {
    /// All models that can be had.
    pub(crate) fn models(&self) -> impl Iterator<Item = &Stored> {
        self.own.iter().chain(self.shell.models())
    }

    /// The models that `wanted` lets pass, to choose from: `(name, label, explanation)`.
    pub(crate) fn choices(&self, wanted: impl Fn(&Stored) -> bool) -> Vec<(String, String, String)> {
        let models = self.models().filter(|model| wanted(model));
        models.map(|model| (model.name.clone(), model.name.clone(), model.about.clone())).collect()
    }
}

/// A panel as the menu has it.
pub(crate) struct Listed {
    /// By which links call it.
    pub(crate) name: &'static str,
    /// In the menu.
    pub(crate) label: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    pub(crate) make: fn() -> Box<dyn Panel>,
}

/// All panels, in the order of the menu.
pub(crate) const PANELS: &[Listed] = &[
    Listed {
        name: "lab",
        label: "Density lab",
        about: "Choose or draw a density, train a model on it, and watch particles walk from noise to it",
        make: || Box::<lab::Lab>::default(),
    },
    Listed {
        name: "race",
        label: "Sampler race",
        about: "Several samplers walk from the same noise, side by side: how far each ends from the exact way, and what it costs",
        make: || Box::<race::Race>::default(),
    },
    Listed {
        name: "denoise",
        label: "Denoise",
        about: "Watch a trained model make pictures out of noise, step by step; sketch, fork, redraw",
        make: || Box::<denoise::Denoise>::default(),
    },
    Listed {
        name: "latent",
        label: "Latent walk",
        about: "An autoencoder's latents as a map to drag through, and the way between two drawings",
        make: || Box::<latent::Latent>::default(),
    },
    Listed {
        name: "zoo",
        label: "Zoo",
        about: "The trained models: what they are, how large, how good",
        make: || Box::<zoo::Zoo>::default(),
    },
    Listed {
        name: "hood",
        label: "Under the hood",
        about: "What computes, how fast, whether it computes right, and what has happened",
        make: || Box::<hood::Hood>::default(),
    },
];
