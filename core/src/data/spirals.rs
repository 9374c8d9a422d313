//! Two spirals: `x = +- (t/3) (-cos t, sin t) + noise n`, `t = 3 pi sqrt(u)`, u uniform, each sign half the time.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, blur, endless};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::not_negative;
use crate::random::Stream;
use crate::registry::{About, Member};

/// Two spirals that wind around one another.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Spirals {
    /// Standard deviation of the noise around the spirals.
    pub noise: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for Spirals {
    fn default() -> Self {
        Self { noise: 0.1, seed: 0 }
    }
}

impl Member for Spirals {
    const ABOUT: About = About {
        summary: "Two spirals that wind around one another",
        paper: "Grathwohl et al. 2018, https://arxiv.org/abs/1810.01367",
    };
}

impl Source for Spirals {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        not_negative("noise", self.noise)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Density for Spirals {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let sign = if stream.below(2) == 0 { 1.0 } else { -1.0 };
        let t = 3.0 * std::f64::consts::PI * libm::sqrt(stream.uniform());
        let (sin, cos) = libm::sincos(t);
        blur([-sign * t / 3.0 * cos, sign * t / 3.0 * sin], self.noise, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    #[test]
    fn without_noise_the_radius_tells_the_angle_and_both_arms_are_used() {
        let spirals = Spirals { noise: 0.0, seed: 0 };
        let mut first = 0;
        for i in 0..1000 {
            let [x, y] = spirals.sample(&mut Key::new(0, Purpose::Data, i).stream());
            let t = 3.0 * x.hypot(y);
            let away = |sign: f64| (x + sign * t / 3.0 * t.cos()).hypot(y - sign * t / 3.0 * t.sin());
            assert!(away(1.0).min(away(-1.0)) < 1e-9, "({x}, {y})");
            first += u32::from(away(1.0) < away(-1.0));
        }
        assert!((430..570).contains(&first), "{first} of 1000 on the first arm");
    }
}
