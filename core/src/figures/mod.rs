//! Pictures for people: contact sheets, densities on the plane, curves.
//!
//! All are drawn with a font that is part of the program: none need be installed.

mod colour;
mod text;
mod grid;
mod density;
mod axis;
mod smooth;
mod curve;

pub use axis::Scale;
pub use curve::{Series, curve};
pub use density::density;
pub use grid::grid;

use image::{ImageFormat, RgbImage};

/// A picture as the bytes of a PNG file.
pub fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("a picture in memory should be a PNG");
    bytes.into_inner()
}

#[cfg(test)]
mod tests;
