//! Things to set: each with a label, and an explanation where the pointer rests.

use std::ops::RangeInclusive;

use egui::{CollapsingHeader, ComboBox, Response, Slider, Ui, emath::Numeric};

/// A number: a slider with a field. A link may say what neither reaches.
pub(crate) fn number<N: Numeric>(
    ui: &mut Ui,
    label: &str,
    value: &mut N,
    range: RangeInclusive<N>,
    about: &str,
) -> Response {
    let wide = range.start().to_f64() > 0.0 && range.end().to_f64() / range.start().to_f64() >= 100.0;
    let slider = Slider::new(value, range).text(label).logarithmic(wide);
    ui.add(slider.clamping(egui::SliderClamping::Edits)).on_hover_text(about)
}

/// One of several, by name: `(name, label, explanation)`.
pub(crate) fn choice(
    ui: &mut Ui,
    label: &str,
    value: &mut String,
    options: &[(impl AsRef<str>, impl AsRef<str>, impl AsRef<str>)],
    about: &str,
) {
    let found = options.iter().find(|option| option.0.as_ref() == value);
    let shown = found.map_or(value.as_str(), |option| option.1.as_ref());
    let menu = ComboBox::from_label(label).selected_text(shown.to_owned()).height(420.0);
    let menu = menu.show_ui(ui, |ui| {
        for (name, label, about) in options {
            ui.selectable_value(value, name.as_ref().to_owned(), label.as_ref())
                .on_hover_text(about.as_ref());
        }
    });
    menu.response.on_hover_text(about);
}

/// On or off.
pub(crate) fn switch(ui: &mut Ui, label: &str, value: &mut bool, about: &str) {
    ui.checkbox(value, label).on_hover_text(about);
}

/// A group of fields under a heading.
pub(crate) fn section(ui: &mut Ui, label: &str, open: bool, fields: impl FnOnce(&mut Ui)) {
    CollapsingHeader::new(label).default_open(open).show(ui, fields);
}
