//! Noise on the way: `x_t = a x₀ + b x₁ + γ(t) z`, `z` standard normal. Where it is 0 at both ends it changes neither of them.
//!
//! Albergo, Boffi and Vanden-Eijnden 2023, <https://arxiv.org/abs/2303.08797>.

use std::f64::consts::PI;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::positive;
use crate::registry::{About, Member};

/// How much noise there is on the way.
pub trait Gamma {
    /// `γ(t)`.
    fn at(&self, t: f64) -> f64;

    /// `γ̇(t)`; at the very ends it may be infinite.
    fn slope(&self, t: f64) -> f64;

    /// `γ` at both ends: above 0, a walk begins from the source with so much noise on it, and ends at data that have as much.
    fn ends(&self) -> f64 {
        0.0
    }

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The noise of an interpolant that a configuration can name.
    pub enum GammaConfig("noise of an interpolant"): dyn Gamma {
        "none" => none::Silence,
        "bridge" => bridge::BrownianBridge,
        "quadratic" => quadratic::Quadratic,
        "sine_squared" => sine_squared::SineSquared,
        "constant" => constant::ConstantNoise,
    }
}

mod none {
    use super::{About, Deserialize, Gamma, JsonSchema, Member, Serialize};

    /// `γ = 0`.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Silence {}

    impl Member for Silence {
        const ABOUT: About = About {
            summary: "No noise on the way",
            paper: "Albergo and Vanden-Eijnden 2023, https://arxiv.org/abs/2209.15571",
        };
    }

    impl Gamma for Silence {
        fn at(&self, _t: f64) -> f64 {
            0.0
        }
        fn slope(&self, _t: f64) -> f64 {
            0.0
        }
    }
}

mod bridge {
    use super::{About, Deserialize, Gamma, JsonSchema, Member, Result, Serialize, positive};

    /// `γ = s sqrt(t (1 − t))`: a Brownian bridge of diffusion `s`. With the coupling `bridge` of the same `s` it is the Schrödinger bridge.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct BrownianBridge {
        /// `s`.
        pub scale: f64,
    }

    impl Default for BrownianBridge {
        fn default() -> Self {
            Self { scale: 1.0 }
        }
    }

    impl Member for BrownianBridge {
        const ABOUT: About = About {
            summary: "A Brownian bridge",
            paper: "Tong et al. 2024, Eq. 20, https://arxiv.org/abs/2302.00482; Albergo, Boffi and Vanden-Eijnden 2023, https://arxiv.org/abs/2303.08797",
        };
    }

    impl Gamma for BrownianBridge {
        fn at(&self, t: f64) -> f64 {
            self.scale * (t * (1.0 - t)).sqrt()
        }
        fn slope(&self, t: f64) -> f64 {
            self.scale * (1.0 - 2.0 * t) / (2.0 * (t * (1.0 - t)).sqrt())
        }
        fn check(&self) -> Result<()> {
            positive("scale", self.scale)
        }
    }
}

mod quadratic {
    use super::{About, Deserialize, Gamma, JsonSchema, Member, Result, Serialize, positive};

    /// `γ = s t (1 − t)`: its slope is finite everywhere.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Quadratic {
        /// `s`.
        pub scale: f64,
    }

    impl Default for Quadratic {
        fn default() -> Self {
            Self { scale: 1.0 }
        }
    }

    impl Member for Quadratic {
        const ABOUT: About = About {
            summary: "A parabola, whose slope is finite at the ends",
            paper: "Albergo, Boffi and Vanden-Eijnden 2023, https://arxiv.org/abs/2303.08797",
        };
    }

    impl Gamma for Quadratic {
        fn at(&self, t: f64) -> f64 {
            self.scale * t * (1.0 - t)
        }
        fn slope(&self, t: f64) -> f64 {
            self.scale * (1.0 - 2.0 * t)
        }
        fn check(&self) -> Result<()> {
            positive("scale", self.scale)
        }
    }
}

mod sine_squared {
    use super::{About, Deserialize, Gamma, JsonSchema, Member, PI, Result, Serialize, positive};

    /// `γ = s sin² πt`: for the path `encoding_decoding`, which it makes all noise half-way.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct SineSquared {
        /// `s`.
        pub scale: f64,
    }

    impl Default for SineSquared {
        fn default() -> Self {
            Self { scale: 1.0 }
        }
    }

    impl Member for SineSquared {
        const ABOUT: About = About {
            summary: "All noise half-way",
            paper: "Albergo, Boffi and Vanden-Eijnden 2023, https://arxiv.org/abs/2303.08797",
        };
    }

    impl Gamma for SineSquared {
        fn at(&self, t: f64) -> f64 {
            self.scale * libm::sin(PI * t).powi(2)
        }
        fn slope(&self, t: f64) -> f64 {
            self.scale * PI * libm::sin(2.0 * PI * t)
        }
        fn check(&self) -> Result<()> {
            positive("scale", self.scale)
        }
    }
}

mod constant {
    use super::{About, Deserialize, Gamma, JsonSchema, Member, Result, Serialize, positive};

    /// `γ = s` all the way: both ends are blurred by it.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct ConstantNoise {
        /// `s`.
        pub scale: f64,
    }

    impl Default for ConstantNoise {
        fn default() -> Self {
            Self { scale: 0.1 }
        }
    }

    impl Member for ConstantNoise {
        const ABOUT: About = About {
            summary: "The same all the way, which blurs both ends (I-CFM, OT-CFM)",
            paper: "Tong et al. 2024, Eq. 14, https://arxiv.org/abs/2302.00482",
        };
    }

    impl Gamma for ConstantNoise {
        fn at(&self, _t: f64) -> f64 {
            self.scale
        }
        fn slope(&self, _t: f64) -> f64 {
            0.0
        }
        fn ends(&self) -> f64 {
            self.scale
        }
        fn check(&self) -> Result<()> {
            positive("scale", self.scale)
        }
    }
}
