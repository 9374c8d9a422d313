//! How codes learn.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// A rule by which codes learn.
pub trait Rule {
    /// Refuses options that their types alone do not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The codes, `[codes, dimensions]`, of running counts, `[codes]`, and sums of what fell to each; `None` where the gradient finds them.
    fn codes(&self, counts: &Tensor<1>, sums: &Tensor<2>) -> Option<Tensor<2>>;

    /// Whether the loss pulls codes to what falls to them.
    fn descends(&self) -> bool;

    /// Beginnings of the paths, of a network with this codebook under `quantiser`, of what no optimizer changes.
    fn frozen(&self) -> &'static [&'static str];
}

registry! {
    /// The rules by which codes learn that a configuration can name.
    pub enum CodebookConfig("rule of a codebook"): dyn Rule {
        "ema" => ema::Ema,
        "gradient" => gradient::Gradient,
    }
}

mod ema {
    use super::{About, Deserialize, JsonSchema, Member, Result, Rule, Serialize, Tensor, positive};

    /// Running means of what falls to each code.
    ///
    /// ```text
    /// N ← γ N + (1 − γ) n,   m ← γ m + (1 − γ) Σ z,   e = m/N̂,   N̂ = (N + ε)/(ΣN + Kε) ΣN
    /// ```
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Ema {
        /// `ε`: what each count is raised by.
        pub epsilon: f64,
    }

    impl Default for Ema {
        fn default() -> Self {
            Self { epsilon: 1e-5 }
        }
    }

    impl Member for Ema {
        const ABOUT: About = About {
            summary: "Running means of what falls to each code",
            paper: "van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, Appendix A.1",
        };
    }

    impl Rule for Ema {
        fn check(&self) -> Result<()> {
            positive("epsilon", self.epsilon)
        }

        fn codes(&self, counts: &Tensor<1>, sums: &Tensor<2>) -> Option<Tensor<2>> {
            let total = counts.clone().sum();
            let raised = self.epsilon * counts.dims()[0] as f64;
            let share = (counts.clone() + self.epsilon) / (total.clone() + raised);
            Some(sums.clone() / (share * total).unsqueeze_dim::<2>(1))
        }

        fn descends(&self) -> bool {
            false
        }

        fn frozen(&self) -> &'static [&'static str] {
            &["quantiser"]
        }
    }
}

mod gradient {
    use super::{About, Deserialize, JsonSchema, Member, Rule, Serialize, Tensor};

    /// The gradient of `|sg(z) − e|²`, beside the loss.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Gradient {}

    impl Member for Gradient {
        const ABOUT: About = About {
            summary: "The gradient of the distance to what falls to a code",
            paper: "van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, Eq. 3",
        };
    }

    impl Rule for Gradient {
        fn codes(&self, _counts: &Tensor<1>, _sums: &Tensor<2>) -> Option<Tensor<2>> {
            None
        }

        fn descends(&self) -> bool {
            true
        }

        fn frozen(&self) -> &'static [&'static str] {
            &["quantiser.counts", "quantiser.sums"]
        }
    }
}
