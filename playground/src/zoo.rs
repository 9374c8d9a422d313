//! The zoo: a list of the trained models, and a way to each.

use egui::{Grid, RichText, ScrollArea, TextEdit, Ui};
use kiln::{Result, config};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::panels::{Desk, Panel};
use crate::shell::Stored;
use crate::work::Report;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    find: String,
}

/// The panel.
#[derive(Default)]
pub(crate) struct Zoo {
    settings: Settings,
}

impl Panel for Zoo {
    fn settings(&self) -> Value {
        json!(self.settings)
    }

    fn set(&mut self, settings: Value) -> Result<()> {
        self.settings = config::typed(settings)?;
        Ok(())
    }

    fn receive(&mut self, _report: &Report) {}

    fn command(&self) -> Option<String> {
        Some("kiln zoo list".into())
    }

    fn show(&mut self, ui: &mut Ui, desk: &mut Desk) {
        egui::CentralPanel::default().show(ui, |ui| {
            ui.horizontal(|ui| {
                let label = ui.label("Find");
                ui.add(TextEdit::singleline(&mut self.settings.find).hint_text("mnist, flow, ..."))
                    .labelled_by(label.id);
            });
            let find = self.settings.find.to_lowercase();
            let models: Vec<Stored> = desk.models().cloned().collect();
            let found = models.iter().filter(|model| {
                [&model.name, &model.about, &model.family]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&find))
            });
            ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
                Grid::new("models").striped(true).num_columns(6).spacing([18.0, 6.0]).show(ui, |ui| {
                    for head in ["Model", "Family", "Size", "Here", "Quality", "What it is"] {
                        ui.strong(head);
                    }
                    ui.end_row();
                    found.for_each(|model| row(ui, model, desk));
                });
            });
        });
    }
}

fn row(ui: &mut Ui, model: &Stored, desk: &mut Desk) {
    if model.pictures {
        if ui.link(&model.name).on_hover_text("Watch it draw").clicked() {
            desk.go = Some(format!("#denoise&model={}", model.name));
        }
    } else if ["diffusion", "interpolant"].contains(&model.family.as_str()) {
        if ui.link(&model.name).on_hover_text("Let samplers race on it").clicked() {
            desk.go = Some(format!("#race&model={}", model.name));
        }
    } else {
        ui.label(&model.name);
    }
    ui.label(&model.family);
    ui.label(size(model.bytes));
    here(ui, model, desk);
    ui.label(RichText::new(model.measures.join(", ")).small());
    ui.label(&model.about);
    ui.end_row();
}

/// Whether a model's weights are here, how far they are, or a button that has them fetched.
fn here(ui: &mut Ui, model: &Stored, desk: &mut Desk) {
    let on_its_way = desk.shell.fetching().into_iter().find(|file| file.name == model.name);
    if let Some(file) = on_its_way {
        ui.label(format!("{:.0} %", 100.0 * file.done as f64 / file.total.max(1) as f64));
    } else if desk.here.contains(&model.name) {
        ui.label("yes");
    } else if ui
        .button("Fetch")
        .on_hover_text("Have its weights fetched and kept, for use without a network")
        .clicked()
    {
        desk.shell.fetch(&model.name);
    }
}

/// Bytes in words.
fn size(bytes: usize) -> String {
    if bytes >= 1_000_000 {
        format!("{:.1} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.0} kB", bytes as f64 / 1e3)
    }
}
