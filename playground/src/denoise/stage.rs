//! The pictures, and the brush over them.

use egui::{PointerButton, Pos2, Rect, Ui, vec2};

use super::Edit;
use super::panel::Denoise;
use crate::picture;
use crate::theme::SAFE;

impl Denoise {
    /// The frame that is seen: what there is, and beside it the model's guess.
    pub(super) fn stage(&mut self, ui: &mut Ui) {
        let Some(frame) = self.frame().cloned() else {
            ui.label("The weights are on their way.");
            return;
        };
        let both = self.settings.guess && !frame.guess.is_empty();
        let room = ui.available_size() - vec2(0.0, 60.0);
        let side = if both { (0.5 * room.x - 12.0).min(room.y) } else { room.x.min(room.y) }.max(120.0);
        ui.horizontal_top(|ui| {
            self.sheet(ui, "What there is", &frame.x, frame.level, side);
            if both {
                self.sheet(ui, "What the model sees in it", &frame.guess, 0.0, side);
            }
        });
    }

    fn sheet(&mut self, ui: &mut Ui, label: &str, rows: &[f32], level: f64, side: f32) {
        let Ok(picture) = picture::show(rows, &self.shape, level) else { return };
        let Some(response) = self.sheets.show(ui, label, &picture, vec2(side, side)) else { return };
        if !self.brushes() {
            return;
        }
        let (rect, scale) = (response.rect, response.rect.width() / picture.width as f32);
        self.inked(ui, rect, scale);
        if let Some(pointer) = response.interact_pointer_pos() {
            self.brush(rect, scale, pointer, response.dragged_by(PointerButton::Secondary));
            if response.drag_stopped() || response.clicked() {
                self.settings.ink = self.ink.write();
            }
        }
    }

    /// Whether a hand draws on the pictures.
    pub(super) fn brushes(&self) -> bool {
        matches!(self.settings.edit, Edit::Sketch | Edit::Redraw)
    }

    /// Ink over the first picture.
    fn inked(&self, ui: &Ui, rect: Rect, scale: f32) {
        for ([x, y], much) in self.ink.drops() {
            let corner = rect.min + vec2((2 + x) as f32, (2 + y) as f32) * scale;
            let pixel = Rect::from_min_size(corner, vec2(scale, scale));
            ui.painter().rect_filled(pixel, 0.0, SAFE[1].gamma_multiply(0.75 * much));
        }
    }

    /// A dab of the brush, wherever on the sheet: every picture has the same ink.
    fn brush(&mut self, rect: Rect, scale: f32, pointer: Pos2, erase: bool) {
        let &[_, height, width] = &self.shape[..] else { return };
        let at = (pointer - rect.min) / scale;
        self.ink.dab([(at.x - 2.0) % (width + 2) as f32, (at.y - 2.0) % (height + 2) as f32], erase);
    }
}
