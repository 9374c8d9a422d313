//! Classifier-free guidance: the whole difference.
//!
//! ```text
//! D = D⁻ + w (D⁺ − D⁻)
//! ```
//!
//! Ho and Salimans 2022, Eq. 6, <https://arxiv.org/abs/2207.12598>, with `w = 1 + their w`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Method, Rule};
use crate::registry::{About, Member};
use crate::samplers::Vector;

/// The whole difference, `w` times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierFree {}

impl Member for ClassifierFree {
    const ABOUT: About = About {
        summary: "Classifier-free guidance",
        paper: "Ho and Salimans 2022, https://arxiv.org/abs/2207.12598",
    };
}

impl Method for ClassifierFree {
    fn build(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}

impl Rule for ClassifierFree {
    fn guide(&mut self, towards: Vector, away: Vector, _sigma: f64, scale: f64) -> Vector {
        Vector::sum([(scale, towards), (1.0 - scale, away)])
    }
}
