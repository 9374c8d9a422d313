//! A weight that rises again and again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scheduled;
use crate::Result;
use crate::config::check::{at_least, within};
use crate::registry::{About, Member};

/// The run is cut into `cycles`, in each of which the weight rises from 0 to 1 in a straight line and then stays there.
///
/// ```text
/// β(t) = min(1, τ/rise),   τ = (t mod T/cycles)/(T/cycles)
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CyclicalWeight {
    /// How often it rises.
    pub cycles: u64,
    /// The share of a cycle in which it rises.
    pub rise: f64,
}

impl Default for CyclicalWeight {
    fn default() -> Self {
        Self { cycles: 4, rise: 0.5 }
    }
}

impl Member for CyclicalWeight {
    const ABOUT: About = About {
        summary: "Rises again and again",
        paper: "Fu et al. 2019, Eq. 6, https://arxiv.org/abs/1903.10145",
    };
}

impl Scheduled for CyclicalWeight {
    fn at(&self, step: u64, steps: u64) -> f64 {
        let length = steps.max(1) as f64 / self.cycles.max(1) as f64;
        // After the last step the last cycle is at its end, rather than another at its beginning.
        if step >= steps {
            return 1.0;
        }
        (step as f64 % length / length / self.rise).min(1.0)
    }
    fn check(&self) -> Result<()> {
        at_least("cycles", self.cycles as usize, 1)?;
        within("rise", self.rise, 1e-6, 1.0)
    }
}
