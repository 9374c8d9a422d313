//! Hutchinson's estimate: `tr J = E[vᵀ J v]` for probes with `E[v vᵀ] = I`.
//!
//! Hutchinson 1990, <https://doi.org/10.1080/03610919008812866>; the same probe along a whole trajectory, so that the integrator
//! sees a smooth function: Grathwohl et al. 2019, section 3.1, <https://arxiv.org/abs/1810.01367>. The trajectory itself does not
//! depend on the probe, so `log p(x)` is linear in the estimate and unbiased too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use burn::tensor::DType;

use super::{Directions, Divergence};
use crate::Result;
use crate::config::check::within;
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// One backward pass for each probe, whatever the number of features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hutchinson {
    /// How many probes are averaged.
    #[schemars(range(min = 1, max = 4096))]
    pub probes: usize,
    /// How they are distributed.
    pub probe: Probe,
}

/// How probes are distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Signs: the least variance, as the diagonal is met exactly.
    #[default]
    Rademacher,
    /// Standard normals.
    Gaussian,
}

impl Default for Hutchinson {
    fn default() -> Self {
        Self { probes: 1, probe: Probe::Rademacher }
    }
}

impl Member for Hutchinson {
    const ABOUT: About = About {
        summary: "Hutchinson's unbiased estimate of the trace by random probes",
        paper: "Hutchinson 1990, https://doi.org/10.1080/03610919008812866; Grathwohl et al. 2019, https://arxiv.org/abs/1810.01367",
    };
}

impl Divergence for Hutchinson {
    fn directions(&self, noise: &Noise, dtype: DType) -> Directions {
        let probe = |k: usize| {
            let normal = noise.draw(Purpose::Metric, k as u32).cast(dtype);
            match self.probe {
                Probe::Rademacher => normal.sign(),
                Probe::Gaussian => normal,
            }
        };
        Directions { vectors: (0..self.probes).map(probe).collect(), weight: 1.0 / self.probes as f64 }
    }

    fn check(&self) -> Result<()> {
        within("probes", self.probes as f64, 1.0, 4096.0)
    }
}
