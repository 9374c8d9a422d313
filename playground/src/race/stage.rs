//! The racers side by side.

use egui::{Color32, RichText, Stroke, StrokeKind, Ui, Vec2, vec2};

use super::Measure;
use super::controls::colour;
use super::panel::Race;
use super::settings::counted;
use crate::picture;
use crate::widgets::plane::{HALF, Plane};

/// A pane is at least as wide, in points, where there is room for all.
const NARROW: f32 = 170.0;
/// Points for the title of a pane, of two lines, and for what is below all panes.
const TITLE: f32 = 40.0;
const BELOW: f32 = 250.0;
/// Points between two panes.
const GAP: f32 = 8.0;
/// Of particles.
const OPACITY: f32 = 0.85;
/// What is waited for.
const WEIGHTS: &str = "The weights are on their way.";
const REFERENCE: &str = "The reference is on its way.";

impl Race {
    /// A pane for each racer, in a row or in several.
    pub(super) fn stage(&mut self, ui: &mut Ui, room: Vec2) {
        if let Some(why) = &self.refused {
            ui.colored_label(ui.visuals().error_fg_color, why);
        }
        if self.reference.is_none() {
            if self.refused.is_none() {
                ui.label(if self.lanes.is_empty() { WEIGHTS } else { REFERENCE });
            }
            return;
        }
        // Pictures cannot be laid over those of the reference: it has a pane of its own.
        let panes = self.lanes.len() + usize::from(self.shape.len() == 3);
        let [columns, rows] = arranged(panes, room.x);
        let wide = room.x / columns as f32 - GAP;
        let side = wide.min((room.y - BELOW) / rows as f32 - TITLE - 3.0 * GAP).max(110.0);
        for row in 0..rows {
            ui.horizontal_top(|ui| {
                for pane in (row * columns..panes).take(columns) {
                    ui.vertical(|ui| {
                        ui.set_width(side);
                        self.pane(ui, pane, side);
                    });
                }
            });
        }
    }

    fn pane(&mut self, ui: &mut Ui, at: usize, side: f32) {
        if at == self.lanes.len() {
            self.reference_pane(ui, side);
            return;
        }
        let about = self.lanes[at].racer.solver().map_or("", |solver| solver.about().summary);
        heading(ui, &self.title(at), about);
        if let Some(why) = &self.lanes[at].out {
            ui.colored_label(ui.visuals().error_fg_color, why);
        } else if self.shape.len() == 3 {
            self.pictures(ui, at, side);
        } else {
            self.particles(ui, at, side);
        }
    }

    /// `heun, 10 steps: 19 evaluations, distance 0.017`, of the frame that is seen.
    fn title(&self, at: usize) -> String {
        let (lane, measure) = (&self.lanes[at], self.settings.measure);
        let name = lane.racer.name();
        let Some(frame) = lane.reached(self.settings.time) else { return format!("{name}: noise") };
        let evaluations = counted(frame.evaluations, "evaluation");
        if lane.is_measured(measure) {
            format!("{name}: {evaluations}, distance {}", short(frame.apart.by(measure)))
        } else {
            format!("{name}: {evaluations}, noise of its own")
        }
    }

    fn particles(&self, ui: &mut Ui, at: usize, side: f32) {
        let half = self.reference.as_ref().map_or(HALF, |reference| window(&reference.end));
        let label = format!("The particles of racer {}", at + 1);
        let (plane, response) = Plane::within(ui, side, &label, half);
        response.on_hover_text("Particles on their way, each in the colour of where it began. In grey, where the reference leads the same noise: dx/dsigma = (x - D)/sigma, solved finely.");
        let Some(reference) = &self.reference else { return };
        let quiet = if ui.visuals().dark_mode { Color32::from_gray(110) } else { Color32::from_gray(150) };
        plane.points(&reference.end, 1.2, |_| quiet.gamma_multiply(0.8));
        let lane = &self.lanes[at];
        let (left, right, share) = lane.around(self.settings.time);
        let frames = [left, right].map(|frame| lane.rows(frame, &reference.start));
        plane.particles(&reference.start, frames, share, (1.6, OPACITY));
        plane.frame(Stroke::new(2.0, colour(at)));
    }

    fn pictures(&mut self, ui: &mut Ui, at: usize, side: f32) {
        let Some(reference) = &self.reference else { return };
        let lane = &self.lanes[at];
        let (left, right, share) = lane.around(self.settings.time);
        let rows = lane.rows(if share < 0.5 { left } else { right }, &reference.start);
        // They are shrunk already.
        let Ok(picture) = picture::show(rows, &self.shape, 0.0) else { return };
        let label = format!("The pictures of racer {}", at + 1);
        if let Some(response) = self.sheets.show(ui, &label, &picture, vec2(side, side)) {
            let stroke = Stroke::new(2.0, colour(at));
            ui.painter().rect_stroke(response.rect, 0.0, stroke, StrokeKind::Inside);
        }
    }

    fn reference_pane(&mut self, ui: &mut Ui, side: f32) {
        let Some(reference) = &self.reference else { return };
        let (name, evaluations) = (reference.racer.name(), counted(reference.evaluations, "evaluation"));
        let about = "Where dx/dsigma = (x - D)/sigma leads the same noise, solved finely: racers without noise of their own should end there.";
        heading(ui, &format!("{name}: {evaluations}"), about);
        let Ok(picture) = picture::show(&reference.end, &self.shape, 0.0) else { return };
        self.sheets.show(ui, "The reference", &picture, vec2(side, side));
    }
}

/// Half the side of a window around points, and most of the noise that they come from.
fn window(points: &[f32]) -> f32 {
    let furthest = points.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    (1.2 * furthest).clamp(2.4, HALF)
}

/// A title of two lines, so that panes stand level.
fn heading(ui: &mut Ui, title: &str, about: &str) {
    ui.scope(|ui| {
        ui.set_min_height(TITLE);
        ui.label(RichText::new(title).strong()).on_hover_text(about);
    });
}

/// Columns and rows of so many panes: one row where it is wide enough, else rows that are full.
fn arranged(panes: usize, width: f32) -> [usize; 2] {
    let most = ((width / NARROW) as usize).clamp(1, panes.max(1));
    let rows = panes.div_ceil(most).max(1);
    [panes.div_ceil(rows).max(1), rows]
}

/// A distance in three digits after the point, or as a power of ten where these are zero.
pub(super) fn short(distance: f64) -> String {
    if distance >= 0.001 || distance == 0.0 { format!("{distance:.3}") } else { format!("{distance:.0e}") }
}

/// The label of a measure.
pub(super) fn label(measure: Measure) -> &'static str {
    let found = super::controls::MEASURES.iter().find(|(other, _, _)| *other == measure);
    found.map_or("", |(_, label, _)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_stand_in_a_row_or_in_full_rows() {
        let found = [(4, 800.0), (4, 600.0), (4, 300.0), (5, 600.0), (1, 100.0)];
        let found = found.map(|(panes, width)| arranged(panes, width));
        assert_eq!(found, [[4, 1], [2, 2], [1, 4], [3, 2], [1, 1]]);
    }

    #[test]
    fn distances_are_short() {
        assert_eq!([0.0, 0.0174, 2.5, 0.000_27].map(short), ["0.000", "0.017", "2.500", "3e-4"]);
    }
}
