//! Levels of latents, each the prior of the one below, and a posterior that is corrected from above: the ladder.
//!
//! ```text
//! p(z) = N(z_L; 0, 1) Π p(z_l|z_{l+1}),   q(z|x) = N(z_L; μ̂_L, ŝ_L²) Π N(z_l; μ, s²)
//! 1/s² = 1/ŝ_l² + 1/s_p²,   μ = s² (μ̂_l/ŝ_l² + μ_p/s_p²),   [μ̂, ŝ] of x,   [μ_p, s_p] of z_{l+1}
//! ```
//!
//! Sønderby et al. 2016, <https://arxiv.org/abs/1602.02282>, Eq. 17 to 19. The decoder sees the lowest level. Each level's `μ̂` and `ŝ` are the
//! encoder's last layer's; in the paper each level has a layer of its own.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Encode, Prior, PriorDensity};
use crate::Result;
use crate::config::check::{at_least, not_empty, under};
use crate::latents::Gaussian;
use crate::nn::{Activation, Init, Linear};
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;
use crate::vae::network::Latent;

/// Levels of latents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ladder {
    /// Numbers of each level above the lowest, upwards.
    pub above: Vec<usize>,
    /// Hidden units of the networks from level to level.
    pub hidden: usize,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { above: vec![16, 8], hidden: 128 }
    }
}

impl Member for Ladder {
    const ABOUT: About = About {
        summary: "Levels of latents, each the prior of the one below: the ladder",
        paper: "Sønderby et al. 2016, https://arxiv.org/abs/1602.02282",
    };
}

impl Prior for Ladder {
    fn check(&self) -> Result<()> {
        not_empty("above", &self.above)?;
        self.above.iter().try_for_each(|size| under("above", at_least(".", *size, 1)))?;
        at_least("hidden", self.hidden, 1)
    }

    fn meets_the_encoder(&self) -> bool {
        true
    }

    fn above(&self) -> usize {
        self.above.iter().sum()
    }

    fn build(&self, latents: usize, _features: usize, init: &Init) -> Box<dyn PriorDensity> {
        let mut sizes = vec![latents];
        sizes.extend(&self.above);
        let rung = |(i, pair): (usize, &[usize])| {
            Rung::new([pair[1], pair[0]], self.hidden, &init.at("rungs").at(i))
        };
        Box::new(Rungs { rungs: sizes.windows(2).enumerate().map(rung).collect(), sizes })
    }
}

/// From a level to the one below.
#[derive(Module, Debug)]
struct Rung {
    hidden: Linear,
    output: Linear,
}

impl Rung {
    fn new([above, below]: [usize; 2], hidden: usize, init: &Init) -> Self {
        Self {
            hidden: Linear::new(above, hidden, &init.at("hidden")),
            output: Linear::new(hidden, 2 * below, &init.at("output")),
        }
    }

    fn below(&self, z: Tensor<2>) -> Gaussian {
        let said = self.output.forward(self.hidden.activated(z, Activation::Silu));
        let below = said.dims()[1] / 2;
        let [mean, log_variance] = [0, below].map(|from| said.clone().narrow(1, from, below));
        Gaussian { mean, log_variance: log_variance.clamp(-20.0, 20.0) }
    }
}

#[derive(Module, Debug)]
struct Rungs {
    /// The first leads to the lowest level.
    rungs: Vec<Rung>,
    /// Numbers of each level, upwards.
    sizes: Vec<usize>,
}

impl Rungs {
    /// The levels of rows, upwards.
    fn levels(&self, z: &Tensor<2>) -> Vec<Tensor<2>> {
        let mut at = 0;
        let level = |size: &usize| {
            at += size;
            z.clone().narrow(1, at - size, *size)
        };
        self.sizes.iter().map(level).collect()
    }

    /// Walks down: at each level a Gaussian, of the level's number and what lies above, and a draw of it. Gives `z` and `ln` of the density that
    /// it was drawn with.
    fn descend(&self, noise: &Tensor<2>, at: impl Fn(usize, Option<Gaussian>) -> Gaussian) -> Latent {
        let mut levels = self.levels(noise);
        let mut log_q = noise.zeros_like().sum_dim(1);
        for level in (0..levels.len()).rev() {
            let above = self.rungs.get(level).map(|rung| rung.below(levels[level + 1].clone()));
            let gaussian = at(level, above);
            levels[level] = gaussian.draw(levels[level].clone());
            log_q = log_q + gaussian.log_densities(levels[level].clone()).sum_dim(1);
        }
        Latent { z: Tensor::cat(levels, 1), log_q }
    }
}

/// What both say together: the product of their densities.
fn together(a: &Gaussian, b: &Gaussian) -> Gaussian {
    let [pa, pb] = [a, b].map(|gaussian| (-gaussian.log_variance.clone()).exp());
    let precision = pa.clone() + pb.clone();
    let mean = (a.mean.clone() * pa + b.mean.clone() * pb) / precision.clone();
    Gaussian { mean, log_variance: -precision.log() }
}

fn standard(like: &Tensor<2>) -> Gaussian {
    Gaussian { mean: like.zeros_like(), log_variance: like.zeros_like() }
}

impl PriorDensity for Rungs {
    fn log_density(&self, z: Tensor<2>, _encode: &Encode) -> Tensor<2> {
        let levels = self.levels(&z);
        let top = &levels[levels.len() - 1];
        let log_top = standard(top).log_densities(top.clone()).sum_dim(1);
        self.rungs.iter().enumerate().fold(log_top, |log, (level, rung)| {
            let gaussian = rung.below(levels[level + 1].clone());
            log + gaussian.log_densities(levels[level].clone()).sum_dim(1)
        })
    }

    fn sample(&self, noise: &Noise, draw: u32, _encode: &Encode) -> Tensor<2> {
        let noise = noise.draw(Purpose::Noise, draw);
        let tops = self.levels(&noise);
        self.descend(&noise, |level, above| above.unwrap_or_else(|| standard(&tops[level]))).z
    }

    fn draw(&self, base: &Gaussian, noise: &Tensor<2>) -> Option<Latent> {
        let [means, log_variances] = [&base.mean, &base.log_variance].map(|x| self.levels(x));
        Some(self.descend(noise, |level, above| {
            let (mean, log_variance) = (means[level].clone(), log_variances[level].clone());
            let own = Gaussian { mean, log_variance };
            above.map_or(own.clone(), |above| together(&own, &above))
        }))
    }
}
