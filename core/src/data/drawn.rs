//! A density that was drawn: a square of pixels, written down as text.
//!
//! Each run of equal pixels, by rows from the top, is a letter from `a` (nothing) to `p` (the most), and how many there are where that is
//! more than one: `a12p3` are twelve empty pixels and three full ones.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pixels::Pixels;
use super::plane::endless;
use super::{Dataset, Source, Split};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// The weight of a full pixel.
pub const FULL: u8 = 15;
/// The longest side.
const LONGEST: usize = 512;

/// A density on the plane, given by pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Drawn {
    /// The pixels of a square, by rows from the top: letters from `a` (nothing) to `p` (the most), each with how many there are.
    pub pixels: String,
    /// Which samples.
    pub seed: u64,
}

impl Default for Drawn {
    /// A heart.
    fn default() -> Self {
        Self { pixels: "a9p2a2p2ap16ap6a3p4a5p2a11".into(), seed: 0 }
    }
}

impl Member for Drawn {
    const ABOUT: About =
        About { summary: "A density that was drawn, written down as text; exact", paper: "-" };
}

impl Source for Drawn {
    fn open(&self, _: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        let pixels = read(&self.pixels)?;
        let side = side(pixels.len())?;
        let pixels = Pixels::new(side, pixels.into_iter());
        let pixels = pixels.ok_or_else(|| {
            Error::config("pixels", "nothing is drawn: every pixel is `a`; draw something first")
        })?;
        Ok(endless(pixels, self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

/// Weights from 0 to [`FULL`] as text; what is more is cut off.
pub fn write(pixels: &[u8]) -> String {
    let mut text = String::new();
    for run in pixels.chunk_by(|a, b| a == b) {
        text.push(char::from(b'a' + run[0].min(FULL)));
        if run.len() > 1 {
            text += &run.len().to_string();
        }
    }
    text
}

/// Weights from 0 to [`FULL`] by text.
pub fn read(text: &str) -> Result<Vec<u8>> {
    let wrong = |message: String| Error::config("pixels", message);
    let mut pixels = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let level = match letter {
            'a'..='p' => letter as u8 - b'a',
            _ => {
                return Err(wrong(format!(
                    "wanted letters from a to p, each with how many there are, as in a12p3; here is `{letter}`"
                )));
            }
        };
        let digits = rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |end| end + 1);
        let count = if digits == 1 { Some(1) } else { rest[1..digits].parse().ok() };
        let count = count.filter(|count| pixels.len() + count <= LONGEST * LONGEST);
        let count = count
            .ok_or_else(|| wrong(format!("the longest side is {LONGEST}, and these are more pixels")))?;
        pixels.extend(std::iter::repeat_n(level, count));
        rest = &rest[digits..];
    }
    Ok(pixels)
}

/// The ink of a PNG or JPEG on a square of `side` pixels a side, the picture in its middle: what is darker than its border, or lighter where
/// the border is dark.
pub fn of_picture(name: &str, bytes: &[u8], side: usize) -> Result<Vec<u8>> {
    let picture = image::load_from_memory(bytes)
        .map_err(|error| Error::format(name, format!("not a readable PNG or JPEG: {error}")))?
        .to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let ground = picture.get_pixel(0, 0).0[0];
    let ink = |byte: u8| if ground >= 128 { 255 - byte } else { byte };
    let longest = width.max(height);
    let mut square = vec![0; longest * longest];
    for (y, row) in picture.as_raw().chunks_exact(width.max(1)).enumerate() {
        let at = (y + (longest - height) / 2) * longest + (longest - width) / 2;
        for (to, from) in square[at..at + width].iter_mut().zip(row) {
            *to = ink(*from);
        }
    }
    Ok(resized(&square, side)
        .into_iter()
        .map(|ink| (f64::from(ink) * f64::from(FULL) / 255.0).round() as u8)
        .collect())
}

/// A square of pixels with `side` pixels a side, each the mean of those that it covers.
pub fn resized(pixels: &[u8], side: usize) -> Vec<u8> {
    let from = pixels.len().isqrt();
    let span = |i: usize| {
        let first = i * from / side;
        first..((i + 1) * from / side).max(first + 1).min(from.max(1))
    };
    let mean = |row: usize, column: usize| {
        let mut values = span(row).flat_map(|y| span(column).map(move |x| pixels.get(y * from + x)));
        let (count, sum) =
            values.by_ref().fold((0, 0), |(n, sum), p| (n + 1, sum + p.map_or(0, |p| u32::from(*p))));
        (f64::from(sum) / f64::from(count.max(1))).round() as u8
    };
    (0..side * side).map(|at| mean(at / side, at % side)).collect()
}

/// Of a square of so many pixels.
fn side(pixels: usize) -> Result<usize> {
    let side = pixels.isqrt();
    if side > 0 && side * side == pixels {
        return Ok(side);
    }
    Err(Error::config("pixels", format!("wanted a square of pixels, as 64 times 64; these are {pixels}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Batch;

    fn refusal(pixels: &str) -> String {
        let drawn = Drawn { pixels: pixels.into(), seed: 0 };
        drawn.open(None, Split::Train).err().expect("a refusal").to_string()
    }

    #[test]
    fn text_and_pixels_are_one() {
        let pixels = [0, 0, 0, 15, 15, 7, 0, 0, 0];
        assert_eq!(write(&pixels), "a3p2ha3");
        assert_eq!(read("a3p2ha3").expect("pixels"), pixels);
        assert_eq!(write(&[99]), "p");
    }

    #[test]
    fn samples_lie_on_what_is_drawn_and_up_is_up() {
        // The right upper quarter of the plane, and a third of that weight beside it.
        let drawn = Drawn { pixels: "fpa2".into(), seed: 3 };
        let data = drawn.open(None, Split::Train).expect("a density");
        let batch = Batch::gather(&*data, &(0..4000).collect::<Vec<_>>(), 0);
        let right = batch.x.chunks(2).filter(|x| x[0] >= 0.0).count() as f64 / 4000.0;
        assert!(batch.x.chunks(2).all(|x| (0.0..2.0).contains(&x[1]) && x[0].abs() < 2.0));
        assert!((right - 0.75).abs() < 0.03, "{right}");
        let log = data.log_density(&[1.0, 1.0]).expect("it is known");
        assert!((log - libm::log(0.75 / 4.0)).abs() < 1e-12, "{log}");
    }

    #[test]
    fn the_default_is_a_drawing() {
        assert!(Drawn::default().open(None, Split::Train).is_ok());
    }

    #[test]
    fn what_is_no_drawing_is_refused_with_the_remedy() {
        assert!(refusal("a4").contains("nothing is drawn"));
        assert!(refusal("p3").contains("a square of pixels"), "{}", refusal("p3"));
        assert!(refusal("").contains("a square of pixels"));
        assert!(refusal("p3x").contains("here is `x`"));
        assert!(refusal("p99999999999999999999").contains("the longest side is 512"));
        assert!(refusal("p300000").contains("the longest side is 512"));
        assert!(refusal("é").contains("here is `é`"));
    }
}
