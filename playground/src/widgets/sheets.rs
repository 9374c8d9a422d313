//! Pictures of pixels, each a texture that is written anew when its picture changes.

use std::collections::HashMap;

use egui::{Color32, ColorImage, Rect, Response, Sense, TextureHandle, TextureOptions, Ui, Vec2, pos2};

use crate::Picture;

/// Textures by label.
#[derive(Default)]
pub(crate) struct Sheets {
    textures: HashMap<String, (Picture, TextureHandle)>,
}

impl Sheets {
    /// Shows a picture under its label, within this size; a hand can do something there.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        label: &str,
        picture: &Picture,
        within: Vec2,
    ) -> Option<Response> {
        let scale = (within.x / picture.width as f32).min(within.y / picture.height as f32);
        let size = Vec2::new(picture.width as f32, picture.height as f32) * scale;
        ui.vertical(|ui| {
            ui.label(label);
            let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, label));
            let texture = self.texture(ui, label, picture);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            ui.painter().image(texture, rect, whole, Color32::WHITE);
            Some(response)
        })
        .inner
    }

    fn texture(&mut self, ui: &Ui, label: &str, picture: &Picture) -> egui::TextureId {
        let image = || ColorImage::from_rgba_unmultiplied([picture.width, picture.height], &picture.rgba);
        let made = || (picture.clone(), ui.ctx().load_texture(label, image(), TextureOptions::NEAREST));
        let (shown, texture) = self.textures.entry(label.to_owned()).or_insert_with(made);
        if shown != picture {
            texture.set(image(), TextureOptions::NEAREST);
            *shown = picture.clone();
        }
        texture.id()
    }
}
