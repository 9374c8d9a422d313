//! The way of the reference, and how far others are from it.
//!
//! ```text
//! rms² = mean of (x − r)² over samples and their numbers,   SW² = mean over directions u of W₂²(u·x, u·r)
//! ```
//!
//! `r` is where the reference leads the same noise, at the same noise level; both are as they are shown, so that no noise is larger than data.

use kiln::metrics::sliced_wasserstein;
use kiln::model::Card;
use kiln::{Error, Result};
use serde::{Deserialize, Serialize};

use super::Measure;

/// Directions of the sliced distance.
const DIRECTIONS: usize = 64;
/// Samples of the plane from which on halves of them are compared.
const ENOUGH: usize = 32;

/// How far samples are from the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Apart {
    /// Sample by sample: an error of the solver, where no noise is added on the way.
    pub rms: f64,
    /// Of the two sets.
    pub sliced: f64,
}

impl Apart {
    /// By this measure.
    pub fn by(self, measure: Measure) -> f64 {
        match measure {
            Measure::Rms => self.rms,
            Measure::Sliced => self.sliced,
        }
    }
}

/// Every frame of the reference.
pub(super) struct Path {
    family: &'static str,
    features: usize,
    levels: Vec<f64>,
    /// `x/α`, `[samples, features]` each.
    frames: Vec<Vec<f32>>,
}

impl Path {
    pub(super) fn new(card: &Card) -> Self {
        Self { family: card.family, features: card.features(), levels: Vec::new(), frames: Vec::new() }
    }

    /// Adds the frame at the next level below.
    pub(super) fn push(&mut self, level: f64, x: Vec<f32>) {
        self.levels.push(level);
        self.frames.push(x);
    }

    /// What samples at a noise level are multiplied by to be shown and compared.
    fn scale(&self, level: f64) -> f64 {
        // The level of an interpolant is the time that is left: its samples are no data with noise added.
        if self.family == "interpolant" { 1.0 } else { 1.0 / (1.0 + level * level).sqrt() }
    }

    /// Samples as they are shown.
    pub(super) fn shown(&self, x: &[f32], level: f64) -> Vec<f32> {
        let scale = self.scale(level) as f32;
        x.iter().map(|value| scale * value).collect()
    }

    /// The first frame, so short a way from the start that it stands for it, and the last.
    pub(super) fn ends(&self) -> Result<[Vec<f32>; 2]> {
        match (&self.levels[..], &self.frames[..]) {
            ([top, .., bottom], [start, .., end]) => Ok([self.shown(start, *top), self.shown(end, *bottom)]),
            _ => Err(untaken()),
        }
    }

    /// Where it stands at a noise level, as it is shown. Between two frames it goes straight in the level, as paths that are straight do.
    fn at(&self, level: f64) -> Result<Vec<f32>> {
        let last = self.levels.len().checked_sub(1).filter(|last| *last > 0).ok_or_else(untaken)?;
        let right = self.levels.partition_point(|other| *other > level).clamp(1, last);
        let (from, to) = (self.levels[right - 1], self.levels[right]);
        // A grid may repeat its last level.
        let share = if from > to { (level - from) / (to - from) } else { 1.0 };
        let [a, b] = [1.0 - share, share].map(|share| (share * self.scale(level)) as f32);
        Ok(self.frames[right - 1].iter().zip(&self.frames[right]).map(|(x, y)| a * x + b * y).collect())
    }

    /// How far samples are from it, which are shown at a noise level.
    pub(super) fn apart(&self, shown: &[f32], level: f64) -> Result<Apart> {
        if !shown.iter().all(|value| value.is_finite()) {
            let message = "its samples are no longer finite: take more steps, or another sampler";
            return Err(Error::NotFinite(message.into()));
        }
        let there = self.at(level)?;
        let squares: f64 = shown.iter().zip(&there).map(|(x, r)| f64::from(x - r).powi(2)).sum();
        let rms = (squares / shown.len().max(1) as f64).sqrt();
        Ok(Apart { rms, sliced: sliced_wasserstein(shown, &there, self.features, DIRECTIONS, 0)? })
    }

    /// How far two sets of so many points are apart, by the sliced distance, though both are drawn alike. Its own halves are `√2` times
    /// farther, as the distance falls with the root of their number. `None` for few points, and for pictures, whose halves are of other classes.
    pub(super) fn floor(&self) -> Result<Option<f64>> {
        let [_, end] = self.ends()?;
        if self.features != 2 || end.len() < 2 * ENOUGH {
            return Ok(None);
        }
        let (a, b) = end.split_at(end.len() / 4 * 2);
        let apart = sliced_wasserstein(a, b, 2, DIRECTIONS, 0)?;
        Ok(Some(apart * std::f64::consts::FRAC_1_SQRT_2))
    }
}

fn untaken() -> Error {
    Error::argument("the reference has no two frames: choose another model")
}

#[cfg(test)]
mod tests {
    use kiln::nn::Interface;

    use super::*;

    /// One sample that goes straight from 8 at level 3 to 2 at level 1 and to 0 at data.
    fn path(family: &'static str) -> Path {
        let mut path = Path::new(&Card::new(family, &Interface::new(vec![2], Vec::new()), 0));
        for (level, x) in [(3.0, 8.0), (1.0, 2.0), (0.0, 0.0)] {
            path.push(level, vec![x, -x]);
        }
        path
    }

    #[test]
    fn it_is_no_distance_from_itself() {
        let path = path("diffusion");
        for (level, x) in [(3.0, 8.0), (2.0, 5.0), (1.0, 2.0), (0.5, 1.0), (0.0, 0.0), (4.0, 11.0)] {
            let apart = path.apart(&path.shown(&[x, -x], level), level).expect("a distance");
            assert!(apart.rms < 1e-6 && apart.sliced < 1e-6, "{level}: {apart:?}");
        }
    }

    #[test]
    fn distances_are_those_of_what_is_shown() {
        // At level 0.5 the reference is at (1, -1): one number is off by 1, and is shown shrunk.
        let shrunk = 1.0 / 1.25_f64.sqrt();
        for (family, shrunk) in [("diffusion", shrunk), ("interpolant", 1.0)] {
            let path = path(family);
            let apart = path.apart(&path.shown(&[2.0, -1.0], 0.5), 0.5).expect("a distance");
            // Of one sample each, both are the length: over two numbers, and over directions in the plane.
            let wanted = shrunk / 2.0_f64.sqrt();
            assert!((apart.rms - wanted).abs() < 1e-6, "{apart:?}");
            assert!((apart.sliced - wanted).abs() < 0.15, "{apart:?}");
        }
    }

    #[test]
    fn what_is_not_finite_and_what_was_not_walked_is_refused() {
        let error = path("diffusion").apart(&[f32::NAN, 0.0], 0.0).expect_err("no number").to_string();
        assert!(error.contains("no longer finite"), "{error}");
        let empty = Path::new(&Card::new("diffusion", &Interface::new(vec![2], Vec::new()), 0));
        assert!(empty.apart(&[0.0, 0.0], 0.0).is_err() && empty.ends().is_err());
    }
}
