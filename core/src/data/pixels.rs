//! A grid of weights as a density: `p(x) = w_ij / (sum w) / area` on pixel (i, j).
//!
//! The longer side spans `[-2, 2]`, the shorter is centred, and y points up. Sampled by inverting the cumulative sum
//! of the pixels, then evenly within the pixel.

use super::plane::{Density, within};
use crate::random::Stream;

/// Pixels by rows from the top, as running sums.
pub(super) struct Pixels {
    width: usize,
    height: usize,
    /// Sum of the weights up to and including each pixel.
    sums: Vec<u64>,
    /// Side of a pixel.
    side: f64,
}

impl Pixels {
    /// `None` if all weigh nothing.
    pub(super) fn new(width: usize, weights: impl Iterator<Item = u8>) -> Option<Self> {
        let sums: Vec<u64> = weights
            .scan(0, |sum, w| {
                *sum += u64::from(w);
                Some(*sum)
            })
            .collect();
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
