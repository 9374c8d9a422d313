//! Gaussians on a circle: `p(x) = (1/K) sum_k N(x; R (cos 2 pi k/K, sin 2 pi k/K), std^2 I)`.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, blur, count, endless, log_mean_exp, log_normal};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::{not_negative, positive};
use crate::random::Stream;
use crate::registry::{About, Member};

/// An even mixture of Gaussians whose means lie on a circle.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gaussians {
    /// How many.
    pub count: u32,
    /// Radius of the circle.
    pub radius: f64,
    /// Standard deviation of each.
    pub std: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for Gaussians {
    fn default() -> Self {
        Self { count: 8, radius: 2.0, std: 0.2, seed: 0 }
    }
}

impl Member for Gaussians {
    const ABOUT: About = About { summary: "Eight Gaussians on a circle; exact density", paper: "-" };
}

impl Source for Gaussians {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        count("count", self.count)?;
        not_negative("radius", self.radius)?;
        positive("std", self.std)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Gaussians {
    fn mean(&self, k: u32) -> [f64; 2] {
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * f64::from(k) / f64::from(self.count));
        [self.radius * cos, self.radius * sin]
    }
}

impl Density for Gaussians {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let k = stream.below(u64::from(self.count)) as u32;
        blur(self.mean(k), self.std, stream)
    }

    fn log_density(&self, [x, y]: [f64; 2]) -> Option<f64> {
        let component = |k| {
            let [a, b] = self.mean(k);
            log_normal(x, a, self.std) + log_normal(y, b, self.std)
        };
        Some(log_mean_exp((0..self.count).map(component)))
    }
}
