//! Epsilon: how much noise a stochastic walk adds, `dx = (v + ε s) dt + sqrt(2ε) dW`, whatever `ε(t) ≥ 0` with the same marginals.
//!
//! Albergo, Boffi and Vanden-Eijnden 2023, <https://arxiv.org/abs/2303.08797>. The score is `s = −η/γ`, where `η` is the mean
//! of the noise given `x`: where `γ` is 0 it is not known, and nothing is added.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// The diffusion of a stochastic walk.
pub trait Epsilon {
    /// `ε` where the standard deviation of the noise in `x` is `gamma`.
    fn at(&self, gamma: f64) -> f64;

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()>;
}

registry! {
    /// The diffusions of a stochastic walk that a configuration can name.
    pub enum EpsilonConfig("diffusion"): dyn Epsilon {
        "proportional" => proportional::Proportional,
        "constant" => constant::Constant,
    }
}

mod proportional {
    use super::{About, Deserialize, Epsilon, JsonSchema, Member, Result, Serialize, positive};

    /// `ε = c γ(t)`: the drift `−c η` stays finite towards both ends.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Proportional {
        /// `c`.
        pub scale: f64,
    }

    impl Default for Proportional {
        fn default() -> Self {
            Self { scale: 1.0 }
        }
    }

    impl Member for Proportional {
        const ABOUT: About = About {
            summary: "Proportional to the noise on the way",
            paper: "Albergo, Boffi and Vanden-Eijnden 2023, https://arxiv.org/abs/2303.08797",
        };
    }

    impl Epsilon for Proportional {
        fn at(&self, gamma: f64) -> f64 {
            self.scale * gamma
        }
        fn check(&self) -> Result<()> {
            positive("scale", self.scale)
        }
    }
}

mod constant {
    use super::{About, Deserialize, Epsilon, JsonSchema, Member, Result, Serialize, positive};

    /// `ε = c`; for the Schrödinger bridge of diffusion `s` it is `s²/2`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Constant {
        /// `c`.
        pub value: f64,
    }

    impl Default for Constant {
        fn default() -> Self {
            Self { value: 0.5 }
        }
    }

    impl Member for Constant {
        const ABOUT: About = About {
            summary: "The same all the way; half the square of a Schrödinger bridge's diffusion",
            paper: "Tong et al. 2024b, https://arxiv.org/abs/2307.03672",
        };
    }

    impl Epsilon for Constant {
        fn at(&self, gamma: f64) -> f64 {
            if gamma > 0.0 { self.value } else { 0.0 }
        }
        fn check(&self) -> Result<()> {
            positive("value", self.value)
        }
    }
}
