//! Rings: `x = rho (cos a, sin a)`, `rho ~ N(R k/K, noise^2)`, `k` uniform in 1..=K, `a` uniform.
//!
//! A negative `rho` is the same point from the other side, so with `r = |x|`
//! `p(x) = (1/K) sum_k (N(r; R k/K, noise^2) + N(-r; R k/K, noise^2)) / (2 pi r)`.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, count, endless, log_mean_exp, log_normal};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::positive;
use crate::random::Stream;
use crate::registry::{About, Member};

/// Rings around the origin, equally likely.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rings {
    /// How many.
    pub count: u32,
    /// Radius of the outermost; the others divide it evenly.
    pub radius: f64,
    /// Standard deviation of the radius.
    pub noise: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for Rings {
    fn default() -> Self {
        Self { count: 4, radius: 2.0, noise: 0.08, seed: 0 }
    }
}

impl Member for Rings {
    const ABOUT: About = About { summary: "Four rings around one another; exact density", paper: "-" };
}

impl Source for Rings {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        count("count", self.count)?;
        positive("radius", self.radius)?;
        positive("noise", self.noise)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Rings {
    /// Radius of ring `k`, from 1.
    fn ring(&self, k: u32) -> f64 {
        self.radius * f64::from(k) / f64::from(self.count)
    }
}

impl Density for Rings {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let k = stream.below(u64::from(self.count)) as u32 + 1;
        let rho = self.ring(k) + self.noise * stream.normal();
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * stream.uniform());
        [rho * cos, rho * sin]
    }

    fn log_density(&self, [x, y]: [f64; 2]) -> Option<f64> {
        // At the origin itself the density has a pole, of no weight; the floor keeps it a number.
        let r = libm::hypot(x, y).max(1e-12);
        let terms = (1..=self.count).flat_map(|k| [r, -r].map(|r| log_normal(r, self.ring(k), self.noise)));
        // Two terms a ring, of which the mean takes half: hence pi r and not 2 pi r.
        Some(log_mean_exp(terms) - libm::log(std::f64::consts::PI * r))
    }
}
