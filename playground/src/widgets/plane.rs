//! The plane: points, arrows, paths and densities in a square window.

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{
    Color32, ColorImage, Painter, Pos2, Rect, Response, Sense, Shape, Stroke, TextureHandle, Ui, pos2, vec2,
};

use crate::colour::magma;
use crate::easel::{Easel, Frames, Look};
use crate::theme::by_angle;

/// The window is `[-HALF, HALF]²`: it holds every density of the library, and does not move while points do.
pub(crate) const HALF: f32 = 4.4;

/// A square of the screen that stands for the window.
pub(crate) struct Plane {
    pub(crate) rect: Rect,
    painter: Painter,
    half: f32,
}

impl Plane {
    /// As large a square as there is room for, at most `side`.
    pub(crate) fn new(ui: &mut Ui, side: f32, label: &str) -> (Self, Response) {
        Self::within(ui, side, label, HALF)
    }

    /// The same with the window `[-half, half]²`.
    pub(crate) fn within(ui: &mut Ui, side: f32, label: &str, half: f32) -> (Self, Response) {
        let side = ui.available_width().min(side).max(80.0);
        let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, label));
        let painter = ui.painter_at(rect);
        let ground = if ui.visuals().dark_mode { Color32::from_gray(16) } else { Color32::from_gray(252) };
        painter.rect_filled(rect, 4.0, ground);
        (Self { rect, painter, half }, response)
    }

    /// Where a point lies on the screen.
    pub(crate) fn place(&self, x: f32, y: f32) -> Pos2 {
        let scale = self.rect.width() / (2.0 * self.half);
        self.rect.center() + vec2(x * scale, -y * scale)
    }

    /// The point at a place of the screen.
    pub(crate) fn point(&self, place: Pos2) -> [f32; 2] {
        let scale = 2.0 * self.half / self.rect.width();
        let away = (place - self.rect.center()) * scale;
        [away.x, -away.y]
    }

    /// Points `[n, 2]` as small squares; `colour` is of the number of the point.
    pub(crate) fn points(&self, points: &[f32], radius: f32, colour: impl Fn(usize) -> Color32) {
        let mut mesh = Mesh::default();
        for (i, point) in points.chunks_exact(2).enumerate() {
            let at = self.place(point[0], point[1]);
            if self.rect.contains(at) {
                square(&mut mesh, at, radius, colour(i));
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// Particles between two frames, each in the colour of where it began; of what radius, and how opaque.
    pub(crate) fn particles(
        &self,
        start: &[f32],
        [a, b]: [&[f32]; 2],
        share: f32,
        (radius, opacity): (f32, f32),
    ) {
        let points: Vec<f32> = a.iter().zip(b).map(|(a, b)| a + (b - a) * share).collect();
        self.points(&points, radius, |i| by_angle([start[2 * i], start[2 * i + 1]]).gamma_multiply(opacity));
    }

    /// Particles that are on the device.
    pub(crate) fn kept(&self, easel: &dyn Easel, frames: &Frames, look: &Look) {
        self.painter.extend(easel.draw(self.rect, frames, look));
    }

    /// A line through points `[n, 2]`.
    pub(crate) fn path(&self, points: &[f32], stroke: Stroke) {
        let places = points.chunks_exact(2).map(|point| self.place(point[0], point[1])).collect();
        self.painter.add(Shape::line(places, stroke));
    }

    /// A ring around a point.
    pub(crate) fn ring(&self, [x, y]: [f32; 2], radius: f32, stroke: Stroke) {
        self.painter.circle_stroke(self.place(x, y), radius, stroke);
    }

    /// Arrows of a grid, `[side, side, 2]` by rows from the top; the longest fill their fields.
    pub(crate) fn arrows(
        &self,
        side: usize,
        arrows: &[f32],
        places: impl Iterator<Item = f32>,
        colour: Color32,
    ) {
        let length = |arrow: &[f32]| arrow[0].hypot(arrow[1]);
        let mut lengths: Vec<f32> = arrows.chunks_exact(2).map(length).filter(|l| l.is_finite()).collect();
        lengths.sort_unstable_by(f32::total_cmp);
        let longest = lengths.get(lengths.len() * 9 / 10).copied().unwrap_or(1.0).max(1e-6);
        let field = self.rect.width() / side as f32;
        let places: Vec<f32> = places.collect();
        for (place, arrow) in places.chunks_exact(2).zip(arrows.chunks_exact(2)) {
            let from = self.place(place[0], place[1]);
            let much = 0.8 * field * (length(arrow) / longest).min(1.0) / length(arrow).max(1e-9);
            self.painter.arrow(from, vec2(arrow[0] * much, -arrow[1] * much), Stroke::new(1.0, colour));
        }
    }

    /// A picture over the whole window, or over the square `[-half, half]²`.
    pub(crate) fn picture(&self, texture: &TextureHandle, half: f32) {
        let rect = Rect::from_two_pos(self.place(-half, half), self.place(half, -half));
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        self.painter.image(texture.id(), rect, whole, Color32::WHITE);
    }

    /// The border of the window.
    pub(crate) fn frame(&self, stroke: Stroke) {
        self.border(self.half, stroke);
    }

    /// The border of the square `[-half, half]²`.
    pub(crate) fn border(&self, half: f32, stroke: Stroke) {
        let rect = Rect::from_two_pos(self.place(-half, half), self.place(half, -half));
        self.painter.rect_stroke(rect, 0.0, stroke, egui::StrokeKind::Inside);
    }

    /// Text in the lower left corner.
    pub(crate) fn note(&self, text: &str, colour: Color32) {
        let at = self.rect.left_bottom() + vec2(8.0, -6.0);
        self.painter.text(at, egui::Align2::LEFT_BOTTOM, text, egui::FontId::proportional(12.0), colour);
    }
}

fn square(mesh: &mut Mesh, at: Pos2, radius: f32, color: Color32) {
    let first = mesh.vertices.len() as u32;
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        mesh.vertices.push(Vertex { pos: at + vec2(x, y) * radius, uv: WHITE_UV, color });
    }
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first, first + 2, first + 3);
}

/// A density as colours, from `log p` by rows from the top: the 99th percentile of `p` is brightest.
pub(crate) fn heat(side: usize, log_p: &[f32]) -> ColorImage {
    let p: Vec<f32> = log_p.iter().map(|log| log.exp()).collect();
    let mut sorted: Vec<f32> = p.iter().copied().filter(|p| p.is_finite()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let top = sorted.get(sorted.len() * 99 / 100).copied().unwrap_or(1.0).max(1e-12);
    let colour = |p: &f32| {
        let [r, g, b, _] = magma((p / top).clamp(0.0, 1.0).sqrt());
        Color32::from_rgb(r, g, b)
    };
    ColorImage::new([side, side], p.iter().map(colour).collect())
}
