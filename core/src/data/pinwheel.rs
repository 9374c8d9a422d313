//! Pinwheel: `x = 2 R(2 pi k/K + rate exp|v|) v`, `v ~ N((1, 0), diag(radial^2, tangential^2))`, k uniform.
//!
//! Johnson et al. 2016, <https://arxiv.org/abs/1603.06277>, turn by `exp v_1`; by `exp|v|` the picture is the same
//! to the eye, and the density is exact: a turn by an angle that depends on the radius alone keeps areas, as
//! `det(I + theta'(r) J v v^T / r) = 1 + theta'(r) v^T J v / r = 1` with J the quarter turn.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, count, endless, log_mean_exp, log_normal, rotate};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::{not_negative, positive};
use crate::random::Stream;
use crate::registry::{About, Member};

/// From the paper's coordinates to ours.
const SCALE: f64 = 2.0;

/// Arms that are swept around the origin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pinwheel {
    /// How many arms.
    pub arms: u32,
    /// Standard deviation along an arm, before scaling by 2.
    pub radial: f64,
    /// Standard deviation across an arm, before scaling by 2.
    pub tangential: f64,
    /// How far the arms are swept.
    pub rate: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for Pinwheel {
    fn default() -> Self {
        Self { arms: 5, radial: 0.3, tangential: 0.1, rate: 0.25, seed: 0 }
    }
}

impl Member for Pinwheel {
    const ABOUT: About = About {
        summary: "Swept arms; exact density",
        paper: "Johnson et al. 2016, https://arxiv.org/abs/1603.06277",
    };
}

impl Source for Pinwheel {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        count("arms", self.arms)?;
        positive("radial", self.radial)?;
        positive("tangential", self.tangential)?;
        not_negative("rate", self.rate)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Pinwheel {
    /// The turn of arm `k` at `radius`.
    fn angle(&self, k: u32, radius: f64) -> f64 {
        std::f64::consts::TAU * f64::from(k) / f64::from(self.arms) + self.rate * libm::exp(radius)
    }
}

impl Density for Pinwheel {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let k = stream.below(u64::from(self.arms)) as u32;
        let v = [1.0 + self.radial * stream.normal(), self.tangential * stream.normal()];
        rotate(v, self.angle(k, libm::hypot(v[0], v[1]))).map(|x| SCALE * x)
    }

    fn log_density(&self, x: [f64; 2]) -> Option<f64> {
        let x = x.map(|x| x / SCALE);
        let radius = libm::hypot(x[0], x[1]);
        let arm = |k| {
            let [a, b] = rotate(x, -self.angle(k, radius));
            log_normal(a, 1.0, self.radial) + log_normal(b, 0.0, self.tangential)
        };
        Some(log_mean_exp((0..self.arms).map(arm)) - 2.0 * libm::log(SCALE))
    }
}
