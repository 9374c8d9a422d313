//! Swiss roll: `x = (t/5) (cos t, sin t) + noise n`, `t` uniform in `[3 pi/2, 9 pi/2]`.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, blur, endless};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::not_negative;
use crate::random::Stream;
use crate::registry::{About, Member};

/// A rolled-up sheet, seen from its end.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SwissRoll {
    /// Standard deviation of the noise around the roll.
    pub noise: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for SwissRoll {
    fn default() -> Self {
        Self { noise: 0.1, seed: 0 }
    }
}

impl Member for SwissRoll {
    const ABOUT: About = About {
        summary: "A rolled-up sheet, seen from its end",
        paper: "Marsland 2009, Machine Learning: An Algorithmic Perspective, chapter 6",
    };
}

impl Source for SwissRoll {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        not_negative("noise", self.noise)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Density for SwissRoll {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let t = std::f64::consts::PI * (1.5 + 3.0 * stream.uniform());
        let (sin, cos) = libm::sincos(t);
        blur([t / 5.0 * cos, t / 5.0 * sin], self.noise, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};
    use std::f64::consts::PI;

    #[test]
    fn without_noise_the_radius_tells_the_angle_and_spans_the_roll() {
        let roll = SwissRoll { noise: 0.0, seed: 0 };
        let (mut least, mut most) = (f64::MAX, 0.0_f64);
        for i in 0..2000 {
            let [x, y] = roll.sample(&mut Key::new(0, Purpose::Data, i).stream());
            let t = 5.0 * x.hypot(y);
            assert!((x - t / 5.0 * t.cos()).hypot(y - t / 5.0 * t.sin()) < 1e-9, "({x}, {y})");
            (least, most) = (least.min(t), most.max(t));
        }
        assert!(
            (1.5 * PI..1.52 * PI).contains(&least) && (4.48 * PI..4.5 * PI).contains(&most),
            "{least} {most}"
        );
    }
}
