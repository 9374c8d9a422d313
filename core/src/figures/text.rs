//! Letters: the font that comes with the program, and drawing onto a picture.

use std::sync::OnceLock;

use image::RgbImage;
use plotters::coord::Shift;
use plotters::prelude::{BitMapBackend, DrawingArea, FontStyle, IntoDrawingArea, IntoFont};
use plotters::style::{RGBAColor, TextStyle, register_font};

use crate::{Error, Result};

/// The name under which the font is known.
const FONT: &str = "kiln";

/// Letters of a size and colour.
pub(super) fn style(size: u32, colour: RGBAColor) -> TextStyle<'static> {
    // plotters looks the font up here, not when it draws.
    register();
    (FONT, size).into_font().color(&colour)
}

/// Lets plotters draw onto a picture.
pub(super) fn draw(
    picture: &mut RgbImage,
    content: impl FnOnce(&DrawingArea<BitMapBackend<'_>, Shift>) -> Result<()>,
) -> Result<()> {
    let size = picture.dimensions();
    let area = BitMapBackend::with_buffer(picture, size).into_drawing_area();
    content(&area)?;
    area.present().map_err(failed)
}

/// What plotters says when it cannot draw.
pub(super) fn failed(error: impl std::fmt::Display) -> Error {
    Error::argument(format!("the figure cannot be drawn: {error}"))
}

/// Makes the font known, once.
fn register() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let outcome = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
        assert!(outcome.is_ok(), "the font that is built in should be one");
    });
}
