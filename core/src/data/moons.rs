//! Two moons: `x = 2 (m - c) + noise n`, `c = (1/2, 1/4)`, with `m = (cos t, sin t)` or `(1 - cos t, 1/2 - sin t)`,
//! each half the time, and `t` uniform in `[0, pi]`.
//!
//! An arc convolved with a Gaussian has no closed form, so there is no log-density.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, blur, endless};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::not_negative;
use crate::random::Stream;
use crate::registry::{About, Member};

/// Two half circles that reach into one another.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Moons {
    /// Standard deviation of the noise around the arcs, whose radius is 2.
    pub noise: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for Moons {
    fn default() -> Self {
        Self { noise: 0.1, seed: 0 }
    }
}

impl Member for Moons {
    const ABOUT: About = About { summary: "Two interleaved half circles", paper: "-" };
}

impl Source for Moons {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        not_negative("noise", self.noise)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Density for Moons {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let upper = stream.below(2) == 0;
        let (sin, cos) = libm::sincos(std::f64::consts::PI * stream.uniform());
        let [x, y] = if upper { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
        blur([2.0 * (x - 0.5), 2.0 * (y - 0.25)], self.noise, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    #[test]
    fn without_noise_every_sample_lies_on_one_of_the_arcs() {
        let moons = Moons { noise: 0.0, seed: 0 };
        let mut upper = 0;
        for i in 0..1000 {
            let [x, y] = moons.sample(&mut Key::new(0, Purpose::Data, i).stream());
            let on = |cx: f64, cy: f64| ((x - cx).hypot(y - cy) - 2.0).abs() < 1e-12;
            let first = on(-1.0, -0.5) && y >= -0.5;
            assert!(first || (on(1.0, 0.5) && y <= 0.5), "({x}, {y})");
            upper += u32::from(first);
        }
        assert!((430..570).contains(&upper), "{upper} of 1000 in the upper moon");
    }
}
