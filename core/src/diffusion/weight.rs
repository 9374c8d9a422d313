//! How much each noise level counts in the loss: `w(σ) ‖F − target‖²`, so `w c_out⁻²` for the error of `D` itself.
//!
//! The noise distribution says how often a level is seen, the weight how much it then counts; only their product matters in
//! expectation (Kingma and Gao 2023, <https://arxiv.org/abs/2303.00848>). The signal-to-noise ratio here is `1/σ²`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{not_negative, positive};
use crate::registry::{About, Member};

/// A weight over noise levels.
pub trait Weight {
    /// The weight of the squared error of the network's output at `sigma`, whose share in `D` is `c_out`.
    fn of(&self, sigma: f64, c_out: f64) -> f64;

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The loss weights that a configuration can name.
    pub enum WeightConfig("loss weight"): dyn Weight {
        "unit" => unit::Unit,
        "simple" => simple::Simple,
        "min_snr" => min_snr::MinSnr,
        "truncated_snr" => truncated_snr::TruncatedSnr,
        "p2" => p2::P2,
        "likelihood" => likelihood::Likelihood,
    }
}

mod likelihood;

mod unit {
    use super::{About, Deserialize, JsonSchema, Member, Serialize, Weight};

    /// `w = 1`: the network's own error. EDM's weight where the prediction is `edm`; flow matching's where it is `flow`.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Unit {}

    impl Member for Unit {
        const ABOUT: About = About {
            summary: "The error of the network's own output, all levels alike",
            paper: "Karras et al. 2022, Eq. 8 with λ c_out² = 1, https://arxiv.org/abs/2206.00364",
        };
    }

    impl Weight for Unit {
        fn of(&self, _sigma: f64, _c_out: f64) -> f64 {
            1.0
        }
    }
}

mod simple {
    use super::{About, Deserialize, JsonSchema, Member, Serialize, Weight};

    /// `‖n̂ − n‖² = ‖D − y‖²/σ²`: the error of the noise, whatever the network predicts.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Simple {}

    impl Member for Simple {
        const ABOUT: About = About {
            summary: "The error of the noise (DDPM's simple loss)",
            paper: "Ho et al. 2020, Eq. 14, https://arxiv.org/abs/2006.11239",
        };
    }

    impl Weight for Simple {
        fn of(&self, sigma: f64, c_out: f64) -> f64 {
            (c_out / sigma).powi(2)
        }
    }
}

mod min_snr {
    use super::{About, Deserialize, JsonSchema, Member, Result, Serialize, Weight, positive};

    /// `min(SNR, γ) ‖D − y‖²`: levels with little noise stop to dominate.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct MinSnr {
        /// The greatest weight of the data's error; 5 in the paper.
        pub gamma: f64,
    }

    impl Default for MinSnr {
        fn default() -> Self {
            Self { gamma: 5.0 }
        }
    }

    impl Member for MinSnr {
        const ABOUT: About = About {
            summary: "The error of the data, weighted by the signal-to-noise ratio up to γ",
            paper: "Hang et al. 2023, Eq. 5, https://arxiv.org/abs/2303.09556",
        };
    }

    impl Weight for MinSnr {
        fn of(&self, sigma: f64, c_out: f64) -> f64 {
            c_out * c_out * (sigma * sigma).recip().min(self.gamma)
        }
        fn check(&self) -> Result<()> {
            positive("gamma", self.gamma)
        }
    }
}

mod truncated_snr {
    use super::{About, Deserialize, JsonSchema, Member, Serialize, Weight};

    /// `max(SNR, 1) ‖D − y‖² = max(‖D − y‖², ‖n̂ − n‖²)`: no level is forgotten.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct TruncatedSnr {}

    impl Member for TruncatedSnr {
        const ABOUT: About = About {
            summary: "The larger of the data's and the noise's error",
            paper: "Salimans and Ho 2022, section 4, https://arxiv.org/abs/2202.00512",
        };
    }

    impl Weight for TruncatedSnr {
        fn of(&self, sigma: f64, c_out: f64) -> f64 {
            c_out * c_out * (sigma * sigma).recip().max(1.0)
        }
    }
}

mod p2 {
    use super::{About, Deserialize, JsonSchema, Member, Result, Serialize, Weight, not_negative, positive};

    /// `‖n̂ − n‖²/(k + SNR)^γ`: less weight where only imperceptible detail is left.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct P2 {
        /// Keeps the weight finite; 1 in the paper.
        pub k: f64,
        /// The strength; 1 in the paper, 0 is the simple loss.
        pub gamma: f64,
    }

    impl Default for P2 {
        fn default() -> Self {
            Self { k: 1.0, gamma: 1.0 }
        }
    }

    impl Member for P2 {
        const ABOUT: About = About {
            summary: "The error of the noise, less of it where there is little noise (P2)",
            paper: "Choi et al. 2022, Eq. 8, https://arxiv.org/abs/2204.00227",
        };
    }

    impl Weight for P2 {
        fn of(&self, sigma: f64, c_out: f64) -> f64 {
            let snr = (sigma * sigma).recip();
            (c_out / sigma).powi(2) / (self.k + snr).powf(self.gamma)
        }
        fn check(&self) -> Result<()> {
            positive("k", self.k)?;
            not_negative("gamma", self.gamma)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::PredictionConfig;
    use super::*;

    /// A weight is a statement about `D`: the same for every prediction once divided by `c_out²`; `unit` alone goes by the output.
    #[test]
    fn weights_are_the_papers_in_terms_of_the_data() {
        for sigma in [0.02, 0.3, 1.0, 7.0_f64] {
            let snr = 1.0 / (sigma * sigma);
            let wanted = [
                ("simple", snr),
                ("min_snr", snr.min(5.0)),
                ("truncated_snr", snr.max(1.0)),
                ("p2", snr / (1.0 + snr)),
            ];
            for prediction in PredictionConfig::all() {
                let [_, c_out] = prediction.coefficients(sigma, 0.5);
                for (name, wanted) in wanted {
                    let weight = WeightConfig::named(name).expect(name).of(sigma, c_out);
                    let got = weight / (c_out * c_out);
                    assert!((got / wanted - 1.0).abs() < 1e-12, "{name} {} at {sigma}", prediction.name());
                }
            }
        }
    }

    /// Karras et al. 2022, Table 1: λ(σ) = (σ² + σ_d²)/(σ σ_d)² is 1/c_out².
    #[test]
    fn unit_with_the_edm_prediction_is_edms_weight() {
        let (sigma, data) = (0.7_f64, 0.5_f64);
        let [_, c_out] = PredictionConfig::named("edm").expect("edm").coefficients(sigma, data);
        let lambda = (sigma * sigma + data * data) / (sigma * data).powi(2);
        let unit = WeightConfig::named("unit").expect("unit").of(sigma, c_out);
        assert!((unit / (c_out * c_out) / lambda - 1.0).abs() < 1e-12);
    }
}
