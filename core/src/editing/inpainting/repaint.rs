//! RePaint: replacement that goes back up and down again, until both parts agree.
//!
//! Every `j` steps the walk jumps `j` levels up by adding noise, and walks them again, `r` times in all.
//!
//! Lugmayr et al. 2022, Algorithm 1 and Appendix B, <https://arxiv.org/abs/2201.09865>. About `r` times the evaluations; it is made
//! for samplers that add noise, as `ddpm`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Inpainting;
use crate::config::check::{at_least, within};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Replacement with resampling. The defaults are the paper's for 250 steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Repaint {
    /// `j`: steps between jumps, and levels that a jump goes up.
    pub jump_length: usize,
    /// `r`: how often each part of the way is walked.
    pub resamples: usize,
}

impl Default for Repaint {
    fn default() -> Self {
        Self { jump_length: 10, resamples: 10 }
    }
}

impl Member for Repaint {
    const ABOUT: About = About {
        summary: "Replacement with jumps back up, until both parts agree",
        paper: "Lugmayr et al. 2022, Algorithm 1, https://arxiv.org/abs/2201.09865",
    };
}

/// Jumps are drawn by number, and somebody waits: more than this is a slip of the pen.
const MOST: usize = 1000;

impl Inpainting for Repaint {
    fn check(&self) -> Result<()> {
        at_least("jump_length", self.jump_length, 1)?;
        within("resamples", self.resamples as f64, 1.0, MOST as f64)
    }

    /// Without a jump it would be replacement, which is biased.
    fn check_steps(&self, steps: usize) -> Result<()> {
        if self.resamples == 1 || steps > self.jump_length {
            return Ok(());
        }
        Err(Error::argument(format!(
            "repaint: a walk of {steps} steps has no room for jumps of {}: take more steps, a smaller jump_length, or the method \
             `replace`, which does not jump",
            self.jump_length
        )))
    }

    fn route(&self, steps: usize) -> Vec<usize> {
        let mut left = vec![self.resamples - 1; steps + 1];
        let mut route = vec![0];
        let mut at = 0;
        while at < steps {
            at += 1;
            route.push(at);
            // Counted from the last level with noise, as the paper does; the data themselves are never left.
            let turns =
                at < steps && (steps - 1 - at).is_multiple_of(self.jump_length) && at >= self.jump_length;
            if turns && left[at] > 0 {
                left[at] -= 1;
                at -= self.jump_length;
                route.push(at);
            }
        }
        route
    }
}
