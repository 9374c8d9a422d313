//! What the network predicts, as the affine map from its output to the denoised sample: `D = c_skip x + c_out F`.
//!
//! With `x = y + σ n` in the frame where the signal keeps its scale (`α = 1`); a schedule's own `x_t` is `α x`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::registry::{About, Member};

/// The affine map of a prediction.
pub trait Prediction {
    /// `[c_skip, c_out]` at noise level `sigma`.
    fn coefficients(&self, sigma: f64, sigma_data: f64) -> [f64; 2];

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The predictions that a configuration can name.
    pub enum PredictionConfig("prediction"): dyn Prediction {
        "edm" => edm::Edm,
        "epsilon" => epsilon::Epsilon,
        "x0" => x0::X0,
        "v" => v::V,
        "flow" => flow::Flow,
        "consistency" => consistency::Consistency,
    }
}

mod consistency;

macro_rules! prediction {
    ($file:ident, $Type:ident, $doc:literal, $summary:literal, $paper:literal, |$sigma:ident, $data:ident| $body:expr) => {
        mod $file {
            use super::*;

            #[doc = $doc]
            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(default, deny_unknown_fields)]
            pub struct $Type {}

            impl Member for $Type {
                const ABOUT: About = About { summary: $summary, paper: $paper };
            }

            impl Prediction for $Type {
                fn coefficients(&self, $sigma: f64, $data: f64) -> [f64; 2] {
                    $body
                }
            }
        }
    };
}

prediction!(
    edm,
    Edm,
    "`c_skip = σ_d²/(σ² + σ_d²)`, `c_out = σ σ_d/sqrt(σ² + σ_d²)`: input and target of unit variance.",
    "EDM: the mixture of data and noise whose target has unit variance",
    "Karras et al. 2022, Table 1, https://arxiv.org/abs/2206.00364",
    |sigma, data| {
        let total = sigma * sigma + data * data;
        [data * data / total, sigma * data / total.sqrt()]
    }
);

prediction!(
    epsilon,
    Epsilon,
    "`F = n`, the noise: `D = x − σ F`. The score is `∇ ln p(x; σ) = (D − x)/σ² = −F/σ`, so that this is denoising score matching with \
     the weight `σ²` (Vincent 2011; Song et al. 2021, Eq. 7).",
    "The noise, which is the score times −σ",
    "Ho et al. 2020, Eq. 14, https://arxiv.org/abs/2006.11239; Song et al. 2021, Eq. 7, https://arxiv.org/abs/2011.13456",
    |sigma, _data| [1.0, -sigma]
);

prediction!(
    x0,
    X0,
    "`F = y`, the data: `D = F`.",
    "The data",
    "Salimans and Ho 2022, section 4, https://arxiv.org/abs/2202.00512",
    |_sigma, _data| [0.0, 1.0]
);

prediction!(
    v,
    V,
    "`F = α n − σ_t y` with `α² + σ_t² = 1`: `D = (x − σ sqrt(1 + σ²) F)/(1 + σ²)`.",
    "The velocity of the variance-preserving path",
    "Salimans and Ho 2022, section 4, https://arxiv.org/abs/2202.00512",
    |sigma, _data| {
        let total = 1.0 + sigma * sigma;
        [1.0 / total, -sigma / total.sqrt()]
    }
);

prediction!(
    flow,
    Flow,
    "`F = y − n`, the direction of the straight path: `D = (x + σ F)/(1 + σ)`.",
    "The velocity of the straight path from noise to data",
    "Lipman et al. 2023, https://arxiv.org/abs/2210.02747; Liu et al. 2023, https://arxiv.org/abs/2209.03003",
    |sigma, _data| [1.0 / (1.0 + sigma), sigma / (1.0 + sigma)]
);

#[cfg(test)]
mod tests {
    use super::*;

    /// The papers' definitions of the target, put through the map, give back the data.
    #[test]
    fn the_true_target_denoises_exactly() {
        let (y, n) = (0.7, -1.3);
        for sigma in [0.01_f64, 0.5, 1.0, 4.0, 80.0] {
            let x = y + sigma * n;
            let alpha = 1.0 / (1.0 + sigma * sigma).sqrt();
            let targets = [("epsilon", n), ("x0", y), ("v", alpha * n - alpha * sigma * y), ("flow", y - n)];
            for (name, target) in targets {
                let [skip, out] = PredictionConfig::named(name).expect(name).coefficients(sigma, 0.5);
                assert!(
                    (skip * x + out * target - y).abs() < 1e-12 * (1.0 + sigma * sigma),
                    "{name} at {sigma}"
                );
            }
        }
    }

    /// Karras et al. 2022, appendix B.6: for data of variance σ_data² the target `(y − c_skip x)/c_out` has unit variance, and
    /// c_out is the least that it can be.
    #[test]
    fn edms_target_has_unit_variance() {
        let data = 0.5;
        for sigma in [0.01, 0.5, 1.0, 4.0, 80.0] {
            let [skip, out] = PredictionConfig::named("edm").expect("edm").coefficients(sigma, data);
            let variance = ((1.0 - skip).powi(2) * data * data + (skip * sigma).powi(2)) / (out * out);
            assert!((variance - 1.0_f64).abs() < 1e-12, "at {sigma}: {variance}");
        }
    }
}
