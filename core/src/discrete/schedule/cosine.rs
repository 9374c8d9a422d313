//! `α(t) = f(t)/f(0)`, `f(t) = cos((t + s)/(1 + s) · π/2)`, `s = 0.008`.
//!
//! Hoogeboom et al. 2021, <https://arxiv.org/abs/2102.05379>, as Austin et al. 2021 take it for uniform noise, Appendix A.7,
//! <https://arxiv.org/abs/2107.03006>.

use std::f64::consts::FRAC_PI_2;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Decay;
use crate::registry::{About, Member};

/// The offset that keeps the first steps from being too small.
const S: f64 = 0.008;

/// Slow at first, then faster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {}

impl Member for Cosine {
    const ABOUT: About = About {
        summary: "A cosine, slow at first: the schedule for uniform noise",
        paper: "Hoogeboom et al. 2021, https://arxiv.org/abs/2102.05379; Austin et al. 2021, https://arxiv.org/abs/2107.03006",
    };
}

/// What the cosine's argument lacks of a right angle: nothing at the end, exactly.
fn angle(t: f64) -> f64 {
    (1.0 - t) / (1.0 + S) * FRAC_PI_2
}

impl Decay for Cosine {
    fn alpha(&self, t: f64) -> f64 {
        libm::sin(angle(t)) / libm::sin(angle(0.0))
    }

    fn derivative(&self, t: f64) -> f64 {
        -libm::cos(angle(t)) * FRAC_PI_2 / (1.0 + S) / libm::sin(angle(0.0))
    }
}
