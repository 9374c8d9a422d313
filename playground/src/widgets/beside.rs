//! A panel's two halves.

use egui::{CentralPanel, Panel, ScrollArea, Ui};

/// The width, in points, from which the halves lie side by side.
pub(crate) const WIDE: f32 = 760.0;

/// Shows a panel's controls at the left of what it shows, or below it where the window is narrow.
pub(crate) fn beside<T>(
    ui: &mut Ui,
    panel: &mut T,
    controls: impl FnOnce(&mut T, &mut Ui),
    middle: impl FnOnce(&mut T, &mut Ui),
) {
    if ui.available_width() > WIDE {
        Panel::left("controls").default_size(300.0).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| controls(panel, ui));
        });
        CentralPanel::default().show(ui, |ui| middle(panel, ui));
    } else {
        CentralPanel::default().show(ui, |ui| {
            ScrollArea::vertical().show(ui, |ui| {
                middle(panel, ui);
                controls(panel, ui);
            });
        });
    }
}
