//! A picture as a density: `p(x) = w_ij / (sum w) / area` on pixel (i, j), its brightness or darkness being `w`.
//!
//! The longer side spans `[-2, 2]`, the shorter is centred, and y points up. Sampled by inverting the cumulative sum
//! of the pixels, then evenly within the pixel.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, endless, within};
use super::{Dataset, Source, Split, required};
use crate::random::Stream;
use crate::registry::{About, Member};
use crate::{Error, Result, files};

/// A density on the plane, given by a PNG or JPEG named by `--data`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Picture {
    /// Off: bright is likely. On: dark is likely.
    pub invert: bool,
    /// Which samples.
    pub seed: u64,
}

impl Member for Picture {
    const ABOUT: About =
        About { summary: "A density given by a picture's brightness or darkness; exact", paper: "-" };
}

impl Source for Picture {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        let path = required(path, "picture", "a PNG or JPEG")?;
        let name = path.display().to_string();
        let picture = image::load_from_memory(&files::read(path)?)
            .map_err(|error| Error::format(&name, format!("not a readable PNG or JPEG: {error}")))?
            .to_luma8();
        let weights = picture.as_raw().iter().map(|&w| if self.invert { 255 - w } else { w });
        let pixels =
            Pixels::new(picture.width(), weights).ok_or_else(|| Error::format(&name, self.nothing()))?;
        Ok(endless(pixels, self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Picture {
    fn nothing(&self) -> String {
        let (colour, other) = if self.invert { ("white", "false") } else { ("black", "true") };
        format!(
            "every pixel is {colour}, so no density is left; set data.invert to {other}, or give another picture"
        )
    }
}

/// Pixels by rows from the top, as running sums.
struct Pixels {
    width: usize,
    height: usize,
    /// Sum of the weights up to and including each pixel.
    sums: Vec<u64>,
    /// Side of a pixel.
    side: f64,
}

impl Pixels {
    /// `None` if all weigh nothing.
    fn new(width: u32, weights: impl Iterator<Item = u8>) -> Option<Self> {
        let sums: Vec<u64> = weights
            .scan(0, |sum, w| {
                *sum += u64::from(w);
                Some(*sum)
            })
            .collect();
        let width = width as usize;
        let height = sums.len() / width.max(1);
        let side = 4.0 / width.max(height) as f64;
        (*sums.last()? > 0).then_some(Self { width, height, sums, side })
    }

    fn total(&self) -> u64 {
        self.sums[self.sums.len() - 1]
    }

    fn weight(&self, pixel: usize) -> u64 {
        self.sums[pixel] - if pixel == 0 { 0 } else { self.sums[pixel - 1] }
    }

    /// Left and lower border of the picture.
    fn corner(&self) -> [f64; 2] {
        [-0.5 * self.side * self.width as f64, -0.5 * self.side * self.height as f64]
    }

    /// The pixel that holds `x`.
    fn find(&self, x: [f64; 2]) -> Option<usize> {
        let [left, bottom] = self.corner();
        let column = libm::floor((x[0] - left) / self.side);
        let row = libm::floor((x[1] - bottom) / self.side);
        let inside = (0.0..self.width as f64).contains(&column) && (0.0..self.height as f64).contains(&row);
        inside.then(|| (self.height - 1 - row as usize) * self.width + column as usize)
    }
}

impl Density for Pixels {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let place = stream.below(self.total());
        let pixel = self.sums.partition_point(|&sum| sum <= place);
        let [left, bottom] = self.corner();
        let low = left + self.side * (pixel % self.width) as f64;
        let x = within(low, low + self.side, stream);
        let low = bottom + self.side * (self.height - 1 - pixel / self.width) as f64;
        [x, within(low, low + self.side, stream)]
    }

    fn log_density(&self, x: [f64; 2]) -> Option<f64> {
        let weight = self.find(x).map_or(0, |pixel| self.weight(pixel));
        Some(libm::log(weight as f64 / self.total() as f64 / (self.side * self.side)))
    }
}
