//! Where latents lie, so that whoever draws in them knows their scale.
//!
//! ```text
//! sphere:  z ← z / sqrt(mean(z²))          free:  z ← z
//! ```
//!
//! Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>, Appendix G, divide latents by a deviation that they measure on one batch. On
//! the sphere of radius `√d` the mean square is 1 for each sample by construction: one of its `d` dimensions is given up, and there
//! is nothing to measure and nothing to store.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registry::{About, Member};
use crate::{Error, Result};

/// What is done to latents before anyone sees them.
pub trait Space {
    /// `[batch, latents]` to the nearest of this space.
    fn place(&self, z: Tensor<2>) -> Tensor<2>;

    /// See [`crate::codec::Codec::deviation`].
    fn deviation(&self) -> Option<f64>;

    /// Refuses latents of so many numbers.
    fn check(&self, _latents: usize) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The spaces that a configuration can name.
    pub enum SpaceConfig("space of latents"): dyn Space {
        "sphere" => sphere::Sphere,
        "free" => free::Free,
    }
}

mod sphere {
    use super::{About, Deserialize, Error, JsonSchema, Member, Result, Serialize, Space, Tensor};

    /// Latents of mean square 1: the sphere of radius `√d`. For latents of many numbers.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Sphere {}

    impl Member for Sphere {
        const ABOUT: About = About {
            summary: "Each latent has mean square 1: no scale to measure; for latents of many numbers",
            paper: "Zhang and Sennrich 2019, Eq. 4, https://arxiv.org/abs/1910.07467",
        };
    }

    impl Space for Sphere {
        fn place(&self, z: Tensor<2>) -> Tensor<2> {
            let square = z.clone().square().mean_dim(1) + 1e-12;
            z / square.sqrt()
        }

        fn deviation(&self) -> Option<f64> {
            Some(1.0)
        }

        fn check(&self, latents: usize) -> Result<()> {
            if latents > 1 {
                return Ok(());
            }
            let message = "a latent of one number has nothing on the sphere but its sign; take `free`, or more `latents`";
            Err(Error::config(".", message))
        }
    }
}

mod free {
    use super::{About, Deserialize, JsonSchema, Member, Serialize, Space, Tensor};

    /// Latents anywhere: their scale is what the data and the penalty make it.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Free {}

    impl Member for Free {
        const ABOUT: About = About {
            summary: "Latents anywhere: the scale is the data's, or the penalty's",
            paper: "Rombach et al. 2022, https://arxiv.org/abs/2112.10752, Appendix G",
        };
    }

    impl Space for Free {
        fn place(&self, z: Tensor<2>) -> Tensor<2> {
            z
        }

        fn deviation(&self) -> Option<f64> {
            None
        }
    }
}
