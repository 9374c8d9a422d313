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
            let models: Vec<Stored> = desk.shell.models().to_vec();
            let found = models.iter().filter(|model| {
                [&model.name, &model.about, &model.family]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&find))
            });
            ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
                Grid::new("models").striped(true).num_columns(5).spacing([18.0, 6.0]).show(ui, |ui| {
                    for head in ["Model", "Family", "Size", "Quality", "What it is"] {
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
    } else {
        ui.label(&model.name);
    }
    ui.label(&model.family);
    ui.label(size(model.bytes));
    ui.label(RichText::new(model.measures.join(", ")).small());
    ui.label(&model.about);
    ui.end_row();
}

/// Bytes in words.
fn size(bytes: usize) -> String {
    if bytes >= 1_000_000 {
        format!("{:.1} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.0} kB", bytes as f64 / 1e3)
    }
}
