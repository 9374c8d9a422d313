//! Latent walk as it is seen.

use egui::{Color32, PointerButton, Rect, Response, Sense, Stroke, Ui, pos2, vec2};
use kiln::data::drawn;
use kiln::{Result, config};
use serde_json::{Value, json};

use super::work::SIDE;
use super::{Report as Told, Settings};
use crate::panels::{Desk, Panel};
use crate::picture;
use crate::theme::{EMBER, SAFE};
use crate::widgets::{Ink, Sheets, beside, choice, number};
use crate::work::{Order, Report};

/// The panel.
#[derive(Default)]
pub struct Latent {
    settings: Settings,
    sent: Option<Settings>,
    shape: Vec<usize>,
    latents: usize,
    map: Vec<f32>,
    here: Vec<f32>,
    way: Vec<f32>,
    inks: [Ink; 2],
    sheets: Sheets,
    refused: Option<String>,
}

impl Panel for Latent {
    fn settings(&self) -> Value {
        json!(self.settings)
    }

    fn set(&mut self, settings: Value) -> Result<()> {
        self.settings = config::typed(settings)?;
        Ok(())
    }

    fn receive(&mut self, report: &Report) {
        let Report::Latent(told) = report else { return };
        self.refused = None;
        match told.clone() {
            Told::Model(shape, latents) => (self.shape, self.latents) = (shape, latents),
            Told::Map(map) => self.map = map,
            Told::Here(here) => self.here = here,
            Told::Way(way) => self.way = way,
            Told::Refused(why) => self.refused = Some(why),
        }
    }

    fn show(&mut self, ui: &mut Ui, desk: &mut Desk) {
        if let &[_, height, width] = &self.shape[..] {
            self.inks[0].follow(&self.settings.from, [width, height]);
            self.inks[1].follow(&self.settings.to, [width, height]);
        }
        beside(ui, self, |latent, ui| latent.controls(ui, desk), Self::middle);
        if self.sent.as_ref() != Some(&self.settings) {
            desk.shell.order(Order::Latent(self.settings.clone()));
            self.sent = Some(self.settings.clone());
        }
    }

    fn command(&self) -> Option<String> {
        let Settings { model, across, down, reach, .. } = &self.settings;
        Some(format!("kiln latent {model} traverse --dimensions {across},{down} --range {reach}"))
    }

    fn facts(&self) -> Value {
        json!({ "latents": self.latents, "refused": self.refused })
    }

    fn samples(&self) -> Vec<f32> {
        self.here.clone()
    }

    fn dropped(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let side = self.shape.last().copied().unwrap_or(28);
        let ink = drawn::write(&drawn::of_picture(name, bytes, side)?);
        if self.settings.from.is_empty() {
            self.settings.from = ink;
        } else {
            self.settings.to = ink;
        }
        Ok(())
    }
}

impl Latent {
    fn controls(&mut self, ui: &mut Ui, desk: &mut Desk) {
        ui.add_space(4.0);
        let models = desk.choices(|model| model.family == "vae" && model.pictures);
        choice(ui, "Model", &mut self.settings.model, &models, "Which autoencoder of the zoo.");
        let last = self.latents.max(2) - 1;
        let about = "A latent is a few numbers; the map shows what changes with two of them.";
        number(ui, "Number across", &mut self.settings.across, 0..=last, about);
        number(ui, "Number down", &mut self.settings.down, 0..=last, about);
        number(
            ui,
            "Reach",
            &mut self.settings.reach,
            0.5..=5.0,
            "How far the map goes from the middle, in standard deviations of N(0, 1), from which latents are drawn.",
        );
        ui.separator();
        ui.label("Draw two pictures: the map is around the first, and below is the way from the first to the second.");
        ui.horizontal(|ui| {
            for (i, label) in ["First drawing", "Second drawing"].into_iter().enumerate() {
                ui.vertical(|ui| {
                    ui.label(label);
                    self.canvas(ui, i, label);
                    if ui.button("Clear").on_hover_text(label).clicked() {
                        let text = self.inks[i].clear();
                        self.write(i, text);
                    }
                });
            }
        });
        if let Some(why) = &self.refused {
            ui.colored_label(ui.visuals().error_fg_color, why);
        }
    }

    fn write(&mut self, which: usize, text: String) {
        if which == 0 { self.settings.from = text } else { self.settings.to = text }
    }

    fn canvas(&mut self, ui: &mut Ui, which: usize, label: &str) {
        let (rect, response) = ui.allocate_exact_size(vec2(130.0, 130.0), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, label));
        ui.painter().rect_filled(rect, 3.0, Color32::BLACK);
        let Some(width) = self.shape.last().copied() else { return };
        let scale = rect.width() / width as f32;
        for ([x, y], much) in self.inks[which].drops() {
            let corner = rect.min + vec2(x as f32, y as f32) * scale;
            let pixel = Rect::from_min_size(corner, vec2(scale, scale));
            ui.painter().rect_filled(pixel, 0.0, Color32::from_gray((255.0 * much) as u8));
        }
        if let Some(pointer) = response.interact_pointer_pos() {
            let at = (pointer - rect.min) / scale;
            self.inks[which].dab([at.x, at.y], response.dragged_by(PointerButton::Secondary));
            if response.drag_stopped() || response.clicked() {
                let text = self.inks[which].write();
                self.write(which, text);
            }
        }
    }

    fn middle(&mut self, ui: &mut Ui) {
        if self.map.is_empty() {
            ui.label("The weights are on their way.");
            return;
        }
        let room = ui.available_size();
        let side = (room.x * 0.66).min(room.y - if self.way.is_empty() { 40.0 } else { 140.0 }).max(160.0);
        ui.horizontal_top(|ui| {
            let Ok(picture) = picture::show(&self.map, &self.shape, 0.0) else { return };
            if let Some(response) =
                self.sheets.show(ui, "The map: drag through it", &picture, vec2(side, side))
            {
                self.stand(ui, &response);
            }
            let Ok(picture) = picture::show(&self.here, &self.shape, 0.0) else { return };
            ui.vertical(|ui| {
                self.sheets.show(ui, "Where you stand", &picture, vec2(0.42 * side, 0.42 * side));
                let [u, v] = self.settings.at.map(|at| at * self.settings.reach);
                ui.label(format!("z{} = {u:.2}, z{} = {v:.2}", self.settings.across, self.settings.down));
            });
        });
        if let Ok(picture) = picture::row(&self.way, &self.shape) {
            let width = room.x.min(90.0 * super::work::FRAMES as f32);
            let height = width * picture.height as f32 / picture.width as f32;
            self.sheets.show(ui, "From the first drawing to the second", &picture, vec2(width, height));
        }
    }

    /// A cross where one stands, and a hand that moves it.
    fn stand(&mut self, ui: &Ui, response: &Response) {
        let rect = response.rect;
        // Places are the middles of the pictures at the border.
        let inner = rect.shrink(0.5 * rect.width() / SIDE as f32);
        if let Some(pointer) = response.interact_pointer_pos() {
            let to =
                |at: f32, from: f32, size: f32| f64::from(2.0 * (at - from) / size - 1.0).clamp(-1.0, 1.0);
            let at = [to(pointer.x, inner.left(), inner.width()), to(pointer.y, inner.top(), inner.height())];
            self.settings.at = at.map(|at| (at * 100.0).round() / 100.0);
        }
        let [u, v] = self.settings.at.map(|at| 0.5 * (at as f32 + 1.0));
        let place = pos2(inner.left() + u * inner.width(), inner.top() + v * inner.height());
        ui.painter().circle_stroke(place, 9.0, Stroke::new(3.0, EMBER));
        ui.painter().circle_stroke(place, 9.0, Stroke::new(1.0, SAFE[1]));
    }
}
