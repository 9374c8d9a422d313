//! Editing: walks that start from, keep or agree with something that is given.
//!
//! A generation asks for one [`Edit`]. What it needs of a walk is a [`Course`]: where to start, which levels to visit, what to put
//! back after each step; or a [`Pulled`] denoiser, which is drawn towards a measurement at every evaluation. Both know denoisers and
//! levels only, so they work for every model, sampler and schedule.

pub mod inpainting;
pub mod measurements;
mod rows;
mod course;
mod pulled;
mod sphere;

use serde::{Deserialize, Serialize};

use crate::config::check::{under, within};
use crate::{Error, Result};

pub use course::{Course, Known, pass};
pub use inpainting::{Dps, InpaintConfig};
pub use measurements::MeasureConfig;
pub use pulled::Pulled;
pub use rows::spread;
pub use sphere::slerp;

/// What to make samples from. `rows` are samples in the data's own scale, one after the other; sample `i` is made from row `i`
/// modulo their number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Image to image: noise is added, and taken away again (SDEdit, Meng et al. 2022, <https://arxiv.org/abs/2108.01073>).
    From {
        /// The samples to start from.
        rows: Vec<f32>,
        /// The share of the steps that is walked, above 0 and up to 1: how much may change.
        strength: f64,
    },
    /// Part is drawn anew, the rest stays.
    Inpaint {
        /// The samples to draw into.
        rows: Vec<f32>,
        /// 1 where to draw, 0 what to keep: as many numbers as a sample has, or as `rows` has.
        mask: Vec<f32>,
        /// How.
        method: InpaintConfig,
    },
    /// Samples of which a linear measurement is known.
    Measured {
        /// The measurements, one after the other.
        rows: Vec<f32>,
        /// What has measured.
        by: MeasureConfig,
        /// How hard to pull.
        pull: Dps,
    },
    /// From one sample to another: both are walked up to noise, and mixtures on the sphere walked down again.
    Between {
        /// Two samples.
        rows: Vec<f32>,
        /// How many mixtures, both ends included.
        frames: usize,
    },
}

impl Edit {
    /// Refuses what does not fit samples of this shape.
    pub fn check(&self, shape: &[usize]) -> Result<()> {
        let features = shape.iter().product();
        match self {
            Self::From { rows: values, strength } => {
                rows::check("edit.rows", values, features, shape)?;
                if *strength > 0.0 && *strength <= 1.0 {
                    return Ok(());
                }
                Err(Error::argument(format!(
                    "strength: wanted a number above 0 (where nothing would change) and up to 1 (where nothing is left); \
                     this is {strength}"
                )))
            }
            Self::Inpaint { rows: values, mask, method } => {
                rows::check("edit.rows", values, features, shape)?;
                check_mask(mask, values.len(), features, shape)?;
                under("edit.method", method.check())
            }
            Self::Measured { rows: values, by, pull } => {
                let width = by.width(shape)?;
                rows::check("edit.rows", values, width, &[width])?;
                under("edit.pull", inpainting::Inpainting::check(pull))
            }
            Self::Between { rows: values, frames } => {
                rows::check("edit.rows", values, features, shape)?;
                check_ends(values.len() / features, *frames)
            }
        }
    }
}

fn check_mask(mask: &[f32], rows: usize, features: usize, shape: &[usize]) -> Result<()> {
    if mask.len() != features && mask.len() != rows {
        let many = if rows == features { String::new() } else { format!(" or {rows}, one for each given") };
        return Err(Error::argument(format!(
            "mask: wanted {features} numbers, one for each of a sample of shape {shape:?}{many}; these are {}",
            mask.len()
        )));
    }
    mask.iter().try_for_each(|value| under("mask", within(".", f64::from(*value), 0.0, 1.0)))
}

fn check_ends(given: usize, frames: usize) -> Result<()> {
    if given != 2 {
        return Err(Error::argument(format!("edit.rows: wanted two samples to go between; this is {given}")));
    }
    if frames < 2 {
        return Err(Error::argument(format!(
            "frames: wanted 2 or more, as both ends are frames; this is {frames}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
