//! Paths from a row of the source to a row of the data: `x_t = a(t) x₀ + b(t) x₁`, with `a(0) = b(1) = 1` and `a(1) = b(0) = 0`.
//!
//! Albergo, Boffi and Vanden-Eijnden 2023, <https://arxiv.org/abs/2303.08797>.

use std::f64::consts::{FRAC_PI_2, PI};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registry::{About, Member};

/// A path between two rows.
pub trait Path {
    /// `a(t)` and `b(t)`.
    fn at(&self, t: f64) -> [f64; 2];

    /// `ȧ(t)` and `ḃ(t)`.
    fn slope(&self, t: f64) -> [f64; 2];
}

registry! {
    /// The paths of an interpolant that a configuration can name.
    pub enum PathConfig("path"): dyn Path {
        "linear" => linear::Linear,
        "trigonometric" => trigonometric::Trigonometric,
        "encoding_decoding" => encoding_decoding::EncodingDecoding,
    }
}

mod linear {
    use super::{About, Deserialize, JsonSchema, Member, Path, Serialize};

    /// `a = 1 − t`, `b = t`: straight, at a constant speed.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Linear {}

    impl Member for Linear {
        const ABOUT: About = About {
            summary: "Straight, at a constant speed",
            paper: "Lipman et al. 2023, https://arxiv.org/abs/2210.02747; Tong et al. 2024, Eq. 14, https://arxiv.org/abs/2302.00482",
        };
    }

    impl Path for Linear {
        fn at(&self, t: f64) -> [f64; 2] {
            [1.0 - t, t]
        }
        fn slope(&self, _t: f64) -> [f64; 2] {
            [-1.0, 1.0]
        }
    }
}

mod trigonometric {
    use super::{About, Deserialize, FRAC_PI_2, JsonSchema, Member, Path, Serialize};

    /// `a = cos πt/2`, `b = sin πt/2`: `a² + b² = 1`, so that between independent rows of one variance it stays what it is.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Trigonometric {}

    impl Member for Trigonometric {
        const ABOUT: About = About {
            summary: "Along a circle: the variance is preserved",
            paper: "Albergo and Vanden-Eijnden 2023, https://arxiv.org/abs/2209.15571",
        };
    }

    impl Path for Trigonometric {
        fn at(&self, t: f64) -> [f64; 2] {
            let (sin, cos) = libm::sincos(FRAC_PI_2 * t);
            [cos, sin]
        }
        fn slope(&self, t: f64) -> [f64; 2] {
            let (sin, cos) = libm::sincos(FRAC_PI_2 * t);
            [-FRAC_PI_2 * sin, FRAC_PI_2 * cos]
        }
    }
}

mod encoding_decoding {
    use super::{About, Deserialize, JsonSchema, Member, PI, Path, Serialize};

    /// `cos² πt`, of the source until `t = 1/2` and of the data from then on. Half-way there is nothing but noise, which has to come
    /// from elsewhere: `noise: sine_squared`.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct EncodingDecoding {}

    impl Member for EncodingDecoding {
        const ABOUT: About = About {
            summary: "Out of the source into noise, and out of noise into the data",
            paper: "Albergo, Boffi and Vanden-Eijnden 2023, https://arxiv.org/abs/2303.08797",
        };
    }

    /// The share of whichever end is nearer.
    fn sides(t: f64, value: f64) -> [f64; 2] {
        if t <= 0.5 { [value, 0.0] } else { [0.0, value] }
    }

    impl Path for EncodingDecoding {
        fn at(&self, t: f64) -> [f64; 2] {
            sides(t, libm::cos(PI * t).powi(2))
        }
        fn slope(&self, t: f64) -> [f64; 2] {
            sides(t, -PI * libm::sin(2.0 * PI * t))
        }
    }
}
