//! A frame as pixels: pictures on a contact sheet.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use kiln::{Error, Result};

use crate::colour::Rgba;
use crate::sheet;

/// Pixels in rows from the top, four bytes each: red, green, blue, opacity. A canvas takes them as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `4 * width * height` bytes.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// One colour all over.
    pub(crate) fn filled(width: usize, height: usize, colour: Rgba) -> Self {
        Self { width, height, rgba: colour.repeat(width * height) }
    }

    /// As a PNG file.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let size = (self.width as u32, self.height as u32);
        PngEncoder::new(&mut bytes)
            .write_image(&self.rgba, size.0, size.1, ExtendedColorType::Rgba8)
            .map_err(|error| Error::argument(format!("this picture cannot be written: {error}")))?;
        Ok(bytes)
    }

    /// Paints one pixel.
    pub(crate) fn put(&mut self, x: usize, y: usize, colour: Rgba) {
        let at = 4 * (y * self.width + x);
        self.rgba[at..at + 4].copy_from_slice(&colour);
    }
}

/// Samples on their way, `[n, features]` flattened, which stand at noise level `level` (`σ/α`; 0 is data).
///
/// They are shrunk by `1/sqrt(1 + level²)`, so that the noise at the start is no larger than the data and stays in sight.
pub fn show(rows: &[f32], shape: &[usize], level: f64) -> Result<Picture> {
    whole(rows, shape)?;
    let scale = (1.0 / (1.0 + level * level).sqrt()) as f32;
    let rows: Vec<f32> = rows.iter().map(|value| value * scale).collect();
    match *shape {
        [channels @ (1 | 3), height, width] => Ok(sheet::sheet(&rows, [channels, height, width])),
        _ => Err(Error::argument(format!(
            "samples of shape {shape:?} cannot be shown; there are pictures [1 or 3, height, width]"
        ))),
    }
}

/// Pictures beside one another, `[n, features]` flattened.
pub fn row(rows: &[f32], shape: &[usize]) -> Result<Picture> {
    let count = whole(rows, shape)?;
    match *shape {
        [channels @ (1 | 3), height, width] => Ok(sheet::in_columns(rows, [channels, height, width], count)),
        _ => Err(Error::argument(format!("samples of shape {shape:?} are no pictures"))),
    }
}

/// How many samples there are, all of them whole.
fn whole(rows: &[f32], shape: &[usize]) -> Result<usize> {
    let features: usize = shape.iter().product();
    if features == 0 || rows.is_empty() || !rows.len().is_multiple_of(features) {
        return Err(Error::argument(format!(
            "{} numbers are no samples of shape {shape:?}: whole ones are wanted, and at least one",
            rows.len()
        )));
    }
    Ok(rows.len() / features)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_shrunk_to_the_size_of_data_and_data_are_shown_as_they_are() {
        let at = |rows: &[f32], level| show(rows, &[1, 1, 1], level).expect("a picture");
        assert_eq!(at(&[0.5], 0.0), at(&[0.5 * 10_001.0_f32.sqrt()], 100.0));
        assert_ne!(at(&[0.5], 0.0), at(&[0.5], 1.0));
    }

    #[test]
    fn what_cannot_be_shown_is_refused_with_what_can() {
        for (rows, shape) in [(8, &[2, 2, 2][..]), (3, &[3]), (5, &[1, 2, 2]), (0, &[2]), (0, &[0])] {
            let error = show(&vec![0.0; rows], shape, 0.0).expect_err("no picture").to_string();
            assert!(error.contains("cannot be shown") || error.contains("whole ones"), "{error}");
        }
    }
}
