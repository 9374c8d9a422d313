//! Vector quantisation: the nearest of a set of codes that is learnt.
//!
//! ```text
//! q = e_k,   k = argmin_j |z − e_j|,   L = … + β |z − sg(e_k)|²
//! ```
//!
//! van den Oord et al. 2017, <https://arxiv.org/abs/1711.00937>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::books::Books;
use super::{CodebookConfig, MOST, MatchConfig, PassConfig, Quantiser, Quantising};
use crate::Result;
use crate::config::check::{at_least, at_most, not_negative, under, within};
use crate::nn::Init;
use crate::registry::{About, Member};

/// A learnt codebook.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vq {
    /// How many codes.
    pub codes: usize,
    /// `β`: what a vector pays for its distance to its code.
    pub beta: f64,
    /// How codes learn.
    pub codebook: CodebookConfig,
    /// Which code is near.
    pub matching: MatchConfig,
    /// How the gradient passes.
    pub pass: PassConfig,
    /// `γ`: what running counts and sums keep at each step.
    pub decay: f64,
    /// A code whose running count falls under this share of the mean is moved to a vector of the batch (Zeghidour et al. 2021,
    /// <https://arxiv.org/abs/2107.03312>, section III.C); 0 leaves it.
    pub dead: f64,
    /// Rounds of k-means on the first batch, from which codes start; 0 leaves them as they are drawn.
    pub k_means: usize,
}

impl Default for Vq {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            codes: 512,
            beta: 0.25,
            codebook: CodebookConfig::named("ema").expect(named),
            matching: MatchConfig::named("euclidean").expect(named),
            pass: PassConfig::named("straight_through").expect(named),
            decay: 0.99,
            dead: 0.05,
            k_means: 10,
        }
    }
}

impl Member for Vq {
    const ABOUT: About = About {
        summary: "The nearest of a set of codes that is learnt",
        paper: "van den Oord et al. 2017, https://arxiv.org/abs/1711.00937",
    };
}

impl Vq {
    pub(super) fn check(&self) -> Result<()> {
        at_least("codes", self.codes, 1)?;
        at_most("codes", self.codes, MOST)?;
        not_negative("beta", self.beta)?;
        within("decay", self.decay, 0.0, 1.0)?;
        within("dead", self.dead, 0.0, 1.0)?;
        at_most("k_means", self.k_means, 1000)?;
        under("codebook", self.codebook.check())
    }
}

impl Quantising for Vq {
    fn build(&self, dimensions: usize, init: &Init) -> Result<Box<dyn Quantiser>> {
        self.check()?;
        Ok(Box::new(Books::new(self, 1, dimensions, init)))
    }

    fn frozen(&self) -> &'static [&'static str] {
        self.codebook.frozen()
    }
}
