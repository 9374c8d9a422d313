//! The plane in the middle: densities, arrows, particles, paths, and the brush.

use egui::{Color32, PointerButton, Response, Stroke, TextureHandle, TextureOptions, Ui};

use super::field::{Field, SIDE, places};
use super::map::Map;
use super::panel::{Lab, Tool};
use super::walk::Film;
use crate::easel::{Easel, Look};
use crate::theme::{EMBER, SAFE, WHEEL};
use crate::widgets::plane::{HALF, Plane, heat};

/// Pixels of a drawing along a side; they span `[-2, 2]²`.
pub(super) const PIXELS: usize = 40;
/// Half the side of the square that is drawn on.
const CANVAS: f32 = 2.0;
/// How many particles' paths are drawn.
const PATHS: usize = 150;
/// Their opacity.
const FAINT: f32 = 0.45;

impl Lab {
    /// Draws the plane, and takes what a hand does there.
    pub(super) fn stage(&mut self, ui: &mut Ui, side: f32, easel: Option<&dyn Easel>) {
        let (plane, response) = Plane::new(ui, side, "The plane: particles on their way from noise to data");
        let quiet = if ui.visuals().dark_mode { Color32::from_gray(110) } else { Color32::from_gray(150) };
        if let (true, Some(map)) = (self.settings.layers.density, &self.map) {
            let texture = self.texture.get_or_insert_with(|| texture(ui, map));
            plane.picture(texture, HALF);
        }
        let layers = self.settings.layers.clone();
        if layers.data {
            let strength = if layers.density { 0.35 } else { 0.8 };
            plane.points(&self.data, 1.2, |_| quiet.gamma_multiply(strength));
        }
        if self.drawing() {
            self.canvas(&plane, quiet);
        }
        if let (true, Some(Field { arrows, .. })) = (layers.field, &self.field) {
            plane.arrows(SIDE, arrows, places(), quiet);
        }
        self.particles(&plane, easel);
        self.probed(&plane, ui.visuals().strong_text_color());
        let said = self.said();
        plane.note(&said, ui.visuals().text_color());
        self.hand(&plane, &response);
    }

    fn particles(&self, plane: &Plane, easel: Option<&dyn Easel>) {
        let Some(film) = &self.film else { return };
        let layers = &self.settings.layers;
        let (left, right, share) = film.around(self.settings.time);
        let radius = if film.particles > 5000 { 1.0 } else { 1.6 };
        let opacity = if film.particles > 4000 { 0.5 } else { 0.85 };
        if let Some(frames) = &film.kept {
            let Some(easel) = easel else { return };
            let [opacity, ways] = [(layers.particles, opacity), (layers.paths, FAINT)]
                .map(|(shown, opacity)| if shown { opacity } else { 0.0 });
            let look = Look {
                frames: [left, right],
                share,
                half: HALF,
                radius,
                wheel: WHEEL,
                opacity,
                ways: (PATHS, ways),
            };
            return plane.kept(easel, frames, &look);
        }
        if layers.paths {
            paths(plane, film, if share > 0.0 { right } else { left });
        }
        if layers.particles {
            let frames = [film.frame(left), film.frame(right)];
            plane.particles(film.start(), frames, share, (radius, opacity));
        }
    }

    fn probed(&self, plane: &Plane, colour: Color32) {
        let Some(at) = self.settings.probe else { return };
        plane.ring(at, 5.0, Stroke::new(2.0, colour));
        if let Some(probe) = self.probe.as_ref().filter(|probe| probe.at == at) {
            plane.path(&probe.path, Stroke::new(2.0, EMBER));
            if let [.., x, y] = probe.path[..] {
                plane.ring([x, y], 4.0, Stroke::new(2.0, EMBER));
            }
        }
    }

    /// The drawing under the brush.
    fn canvas(&self, plane: &Plane, quiet: Color32) {
        plane.border(CANVAS, Stroke::new(1.0, quiet));
        let place = |i: usize| CANVAS * (2.0 * (i as f32 + 0.5) / PIXELS as f32 - 1.0);
        let radius = 0.5 * plane.rect.width() * CANVAS / HALF / PIXELS as f32;
        let drops: Vec<_> = self.ink.drops().collect();
        let points: Vec<f32> = drops.iter().flat_map(|([x, y], _)| [place(*x), -place(*y)]).collect();
        plane.points(&points, radius, |i| SAFE[4].gamma_multiply(0.4 * drops[i].1));
    }

    /// A click asks for a point's density, a stroke draws.
    fn hand(&mut self, plane: &Plane, response: &Response) {
        let Some(place) = response.interact_pointer_pos() else { return };
        let at = plane.point(place);
        if self.drawing() && self.tool != Tool::Probe {
            let erase = self.tool == Tool::Erase || response.dragged_by(PointerButton::Secondary);
            if response.dragged() || response.clicked() {
                let scale = PIXELS as f32 / (2.0 * CANVAS);
                self.ink.dab([(at[0] + CANVAS) * scale, (CANVAS - at[1]) * scale], erase);
            }
            if response.drag_stopped() || response.clicked() {
                self.settings.drawing = self.ink.write();
            }
        } else if response.clicked() || response.dragged() {
            self.settings.probe = Some(at);
        }
    }

    /// What the corner says.
    fn said(&self) -> String {
        let mut parts = Vec::new();
        if let Some(film) = &self.film {
            let place = self.settings.time;
            let family = self.settings.family();
            let level = film.level(place);
            match family {
                Ok(family) if family.walks => parts.push(format!("noise level {}", short(level))),
                _ => parts.push(format!(
                    "layer {:.0} of {}",
                    place * (film.frames() - 1) as f64,
                    film.frames() - 1
                )),
            }
            parts.push(format!("{} evaluations a particle", film.evaluations));
        }
        if let Some(probe) = self.probe.as_ref().filter(|probe| Some(probe.at) == self.settings.probe) {
            parts.push(format!("log p({:.2}, {:.2}) = {:.2} nats", probe.at[0], probe.at[1], probe.log_p));
        }
        if let (true, Some(map)) = (self.settings.layers.density, &self.map) {
            parts.push(format!("{:.0} % of the density lies in the window", 100.0 * map.inside()));
        }
        parts.join("   ")
    }
}

/// The ways of the first particles, as far as a frame.
fn paths(plane: &Plane, film: &Film, upto: usize) {
    for particle in 0..film.particles.min(PATHS) {
        let point = |frame| film.frame(frame)[2 * particle..2 * particle + 2].to_vec();
        let points: Vec<f32> = (0..=upto).flat_map(point).collect();
        let colour = crate::theme::by_angle([points[0], points[1]]);
        plane.path(&points, Stroke::new(1.0, colour.gamma_multiply(FAINT)));
    }
}

/// A number in three digits.
fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn texture(ui: &Ui, map: &Map) -> TextureHandle {
    ui.ctx().load_texture("density", heat(map.side, &map.log_p), TextureOptions::LINEAR)
}
