//! `c_skip = σ_d²/((σ − ε)² + σ_d²)`, `c_out = σ_d (σ − ε)/sqrt(σ² + σ_d²)`: at the lowest level `ε`, `D` is `x` itself.
//!
//! Song et al. 2023, appendix C, <https://arxiv.org/abs/2303.01469>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Prediction;
use crate::Result;
use crate::config::check::not_negative;
use crate::registry::{About, Member};

/// EDM's mixture, shifted so that the end of the ODE maps to itself: the boundary condition of consistency models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consistency {
    /// `ε`, where the ODE ends: the bottom of the model's range.
    pub sigma_min: f64,
}

impl Default for Consistency {
    fn default() -> Self {
        Self { sigma_min: 0.002 }
    }
}

impl Member for Consistency {
    const ABOUT: About = About {
        summary: "EDM's mixture, with the boundary condition of consistency models",
        paper: "Song et al. 2023, appendix C, https://arxiv.org/abs/2303.01469",
    };
}

impl Prediction for Consistency {
    fn coefficients(&self, sigma: f64, sigma_data: f64) -> [f64; 2] {
        let (above, data) = (sigma - self.sigma_min, sigma_data * sigma_data);
        [data / (above * above + data), sigma_data * above / (sigma * sigma + data).sqrt()]
    }

    fn check(&self) -> Result<()> {
        not_negative("sigma_min", self.sigma_min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_level_maps_to_itself_and_high_ones_are_edms() {
        let consistency = Consistency::default();
        assert_eq!(consistency.coefficients(0.002, 0.5), [1.0, 0.0]);
        let [skip, out] = consistency.coefficients(80.0, 0.5);
        let edm = super::super::Edm::default().coefficients(80.0, 0.5);
        assert!((skip - edm[0]).abs() < 1e-8 && (out - edm[1]).abs() < 1e-4, "{skip} {out}");
    }
}
