//! Pictures for people: contact sheets, densities on the plane, curves, comparisons.
//!
//! All are drawn with a font that is part of the program: none need be installed.

mod colour;
mod text;
mod grid;
mod labelled;
mod window;
mod density;
mod axis;
mod frame;
mod smooth;
mod curve;
mod mark;
mod panels;

pub use axis::Scale;
pub use curve::{Series, curve};
pub use density::{Shown, densities, density, maps};
pub use grid::{grid, single};
pub use labelled::{Row, labelled};
pub use panels::{Panel, panels};
pub use window::Window;

use image::ImageFormat;
pub use image::RgbImage;

/// A picture as the bytes of a PNG file.
pub fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("a picture in memory should be a PNG");
    bytes.into_inner()
}

#[cfg(test)]
mod tests;
