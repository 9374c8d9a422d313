//! The panels: each a file and a line.

use egui::Ui;
use kiln::Result;
use serde_json::Value;

use crate::lab;
use crate::shell::Shell;
use crate::work::Report;

/// One page of the application.
pub(crate) trait Panel {
    /// What it is set to: all that decides what it shows. A link says the same.
    fn settings(&self) -> Value;

    /// Takes settings; what they do not say is at its default.
    fn set(&mut self, settings: Value) -> Result<()>;

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

    /// A file was dropped onto the window.
    fn dropped(&mut self, name: &str, bytes: &[u8]) -> Result<()>;
}

/// What a panel can reach beside itself.
pub(crate) struct Desk<'a> {
    /// Who opened the window.
    pub(crate) shell: &'a mut dyn Shell,
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
pub(crate) const PANELS: &[Listed] = &[Listed {
    name: "lab",
    label: "Density lab",
    about: "Choose or draw a density, train a model on it, and watch particles walk from noise to data",
    make: || Box::<lab::Lab>::default(),
}];
