//! A falling curve whose points are dragged.

use egui::{Color32, Sense, Stroke, Ui, pos2, vec2};

use crate::theme::EMBER;

/// How near a point has to be to be taken, in points of the screen.
const REACH: f32 = 24.0;

/// Points at equal distances from 1 (left) down to 0 (right); the two ends stay. Its values at the places `visited` are marked.
pub(crate) fn curve(ui: &mut Ui, label: &str, about: &str, points: &mut [f64], visited: &[f64]) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width().min(240.0), 120.0), Sense::drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, label));
    let last = points.len() - 1;
    let place = |at: f64, value: f64| {
        pos2(rect.left() + at as f32 * rect.width(), rect.bottom() - value as f32 * rect.height())
    };
    let ground = ui.visuals().extreme_bg_color;
    let painter = ui.painter_at(rect.expand(6.0));
    painter.rect_filled(rect, 3.0, ground);
    let line = points.iter().enumerate().map(|(i, value)| place(i as f64 / last as f64, *value)).collect();
    painter.line(line, Stroke::new(1.5, EMBER));
    for at in visited.iter().take(200) {
        let on = place(*at, crate::lab::curve(points, *at));
        painter.line_segment(
            [pos2(rect.left(), on.y), pos2(rect.left() + 5.0, on.y)],
            Stroke::new(1.0, Color32::GRAY),
        );
    }
    for (i, value) in points.iter().enumerate().take(last).skip(1) {
        painter.circle_filled(place(i as f64 / last as f64, *value), 5.0, EMBER);
    }
    if let Some(pointer) = response.interact_pointer_pos() {
        let i = ((pointer.x - rect.left()) / rect.width() * last as f32).round().clamp(1.0, (last - 1) as f32)
            as usize;
        let near = (place(i as f64 / last as f64, points[i]).x - pointer.x).abs() < REACH;
        if near {
            let value = f64::from((rect.bottom() - pointer.y) / rect.height());
            points[i] = value.clamp(points[i + 1] + 0.01, points[i - 1] - 0.01);
        }
    }
    response.on_hover_text(about);
}
