//! Colours and sizes, light and dark.

use std::sync::Arc;

use egui::{Color32, Context, FontData, FontDefinitions, FontFamily, FontId, TextStyle, Theme, Ui, Visuals};
use epaint_default_fonts::EGUI_ICONS;

/// Kiln's own colour.
pub(crate) const EMBER: Color32 = Color32::from_rgb(0xd5, 0x5e, 0x00);

/// Colours that the colour-blind tell apart (Okabe and Ito 2008, <https://jfly.uni-koeln.de/color/>).
pub(crate) const SAFE: [Color32; 6] = [
    Color32::from_rgb(0x00, 0x72, 0xb2),
    Color32::from_rgb(0xe6, 0x9f, 0x00),
    Color32::from_rgb(0x00, 0x9e, 0x73),
    Color32::from_rgb(0xcc, 0x79, 0xa7),
    Color32::from_rgb(0x56, 0xb4, 0xe9),
    Color32::from_rgb(0xd5, 0x5e, 0x00),
];

/// Dresses a window.
pub(crate) fn dress(ctx: &Context) {
    ctx.set_fonts(fonts());
    for theme in [Theme::Light, Theme::Dark] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = match theme {
                Theme::Light => Visuals::light(),
                Theme::Dark => Visuals::dark(),
            };
            style.visuals.selection.bg_fill = EMBER.gamma_multiply(0.55);
            style.visuals.hyperlink_color = EMBER;
            style.visuals.slider_trailing_fill = true;
            style.spacing.slider_width = 140.0;
            style.spacing.item_spacing = egui::vec2(8.0, 6.0);
            style.spacing.interact_size.y = 22.0;
            style.text_styles.insert(TextStyle::Small, FontId::new(11.0, FontFamily::Proportional));
        });
    }
}

/// Letters for all text. A whole font would be a tenth of what a browser fetches: see `fonts/make.py`.
const LETTERS: &[u8] = include_bytes!("../fonts/text.ttf");

/// One font for all text.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in [("text", LETTERS), ("icons", EGUI_ICONS)] {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
        fonts.families.values_mut().for_each(|family| family.push(name.into()));
    }
    fonts
}

/// Light to dark, and back.
pub(crate) fn switch(ui: &mut Ui) {
    let (other, label) = if ui.visuals().dark_mode { (Theme::Light, "Light") } else { (Theme::Dark, "Dark") };
    if ui.button(label).on_hover_text("The colours of the window").clicked() {
        ui.ctx().set_theme(other);
    }
}

/// Colours around the circle, from the left against the clock.
pub(crate) const WHEEL: [Color32; 4] = [SAFE[0], SAFE[4], SAFE[1], SAFE[3]];

/// A point's colour by where it began: by its angle, so that neighbours are alike.
pub(crate) fn by_angle([x, y]: [f32; 2]) -> Color32 {
    let turn = y.atan2(x) / std::f32::consts::TAU + 0.5;
    let at = turn * 4.0;
    let (left, share) = (at as usize % 4, at.fract());
    WHEEL[left].lerp_to_gamma(WHEEL[(left + 1) % 4], share)
}
