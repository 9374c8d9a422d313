//! What is done to samples before the encoder sees them, which are to be given back whole.
//!
//! ```text
//! L = ‖x − g(f(x̃))‖²/d
//! ```
//!
//! Vincent et al. 2008, <https://doi.org/10.1145/1390156.1390294>: an encoder cannot copy what it is not shown.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{at_least, between, positive};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};

/// Damage to samples.
pub trait Damage {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// `[batch, features]` of samples of this shape to the same, damaged; each row by its own key, whose index is the first's.
    fn done_to(&self, x: Tensor<2>, shape: &[usize], key: Key) -> Tensor<2>;
}

registry! {
    /// The damage that a configuration can name.
    pub enum DamageConfig("damage"): dyn Damage {
        "none" => none::Unharmed,
        "gaussian" => gaussian::GaussianDamage,
        "mask" => mask::Masking,
    }
}

mod none {
    use super::{About, Damage, Deserialize, JsonSchema, Key, Member, Serialize, Tensor};

    /// Samples as they are.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Unharmed {}

    impl Member for Unharmed {
        const ABOUT: About = About { summary: "None: samples as they are", paper: "-" };
    }

    impl Damage for Unharmed {
        fn done_to(&self, x: Tensor<2>, _shape: &[usize], _key: Key) -> Tensor<2> {
            x
        }
    }
}

mod gaussian {
    use super::{About, Damage, Deserialize, JsonSchema, Key, Member, Result, Serialize, Tensor, positive};

    /// Normal noise.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct GaussianDamage {
        /// Its standard deviation.
        pub std: f64,
    }

    impl Default for GaussianDamage {
        fn default() -> Self {
            Self { std: 0.5 }
        }
    }

    impl Member for GaussianDamage {
        const ABOUT: About = About {
            summary: "Normal noise is added: a denoising autoencoder",
            paper: "Vincent et al. 2010, https://jmlr.org/papers/v11/vincent10a.html",
        };
    }

    impl Damage for GaussianDamage {
        fn check(&self) -> Result<()> {
            positive("std", self.std)
        }

        fn done_to(&self, x: Tensor<2>, _shape: &[usize], key: Key) -> Tensor<2> {
            let [rows, features] = x.dims();
            let noise = key.normal_rows(rows, features, &x.device());
            x + noise * self.std
        }
    }
}

mod mask {
    use burn::prelude::TensorData;

    use super::{
        About, Damage, Deserialize, JsonSchema, Key, Member, Result, Serialize, Tensor, at_least, between,
    };

    /// Squares that are blotted out.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Masking {
        /// The share of squares that are set to 0.
        pub share: f64,
        /// Their side, in pixels; of what is no picture, how many numbers follow one another.
        pub patch: usize,
    }

    impl Default for Masking {
        fn default() -> Self {
            Self { share: 0.5, patch: 4 }
        }
    }

    impl Member for Masking {
        const ABOUT: About = About {
            summary: "Squares are set to 0: a masked autoencoder",
            paper: "Vincent et al. 2008, https://doi.org/10.1145/1390156.1390294; He et al. 2022, https://arxiv.org/abs/2111.06377",
        };
    }

    impl Damage for Masking {
        fn check(&self) -> Result<()> {
            between("share", self.share, 0.0, 1.0)?;
            at_least("patch", self.patch, 1)
        }

        fn done_to(&self, x: Tensor<2>, shape: &[usize], key: Key) -> Tensor<2> {
            let [rows, features] = x.dims();
            let (height, width) = match *shape {
                [_, height, width] => (height, width),
                _ => (1, features),
            };
            let across = width.div_ceil(self.patch);
            let mut keep = vec![0.0_f32; height.div_ceil(self.patch) * across];
            let mut mask = Vec::with_capacity(rows * features);
            for row in 0..rows as u64 {
                Key { index: key.index + row, ..key }.fill_uniform(&mut keep);
                let patch = |place: usize| {
                    (place / width % height) / self.patch * across + place % width / self.patch
                };
                mask.extend(
                    (0..features)
                        .map(|at| if f64::from(keep[patch(at)]) < self.share { 0.0_f32 } else { 1.0 }),
                );
            }
            x.clone() * Tensor::from_data(TensorData::new(mask, [rows, features]), (&x.device(), x.dtype()))
        }
    }
}

/// The key of a batch's damage.
pub(super) fn key(seed: u64, first: u64) -> Key {
    Key::new(seed, Purpose::Augment, first).draw(1)
}
