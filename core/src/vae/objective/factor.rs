//! The total correlation as a critic sees it: FactorVAE.
//!
//! ```text
//! L = −E ln p(x|z) + KL(q(z|x) ‖ p(z)) + γ E ln D(z)/(1 − D(z))
//! L_D = −½ E ln D(z) − ½ E ln (1 − D(z̃)),   z̃: each number of z from another example
//! ```
//!
//! Kim and Mnih 2018, <https://arxiv.org/abs/1802.05983>, Eq. 2 and 3 and Algorithm 2. Both losses are one here: the critic sees latents that
//! are held still, and judges with weights that are, so neither learns by the other's. Their critic has a batch of its own and a rate of its
//! own; this one permutes the model's, and has its rate.

use burn::prelude::*;
use burn::tensor::activation::log_sigmoid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lesson, VaeObjective};
use crate::Result;
use crate::config::check::{at_least, not_negative};
use crate::nn::Init;
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};
use crate::samplers::Noise;
use crate::vae::critic::Critic;

/// The total correlation as a critic sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Factor {
    /// Weight of the total correlation.
    pub gamma: f64,
    /// Width of the critic's hidden layers.
    pub hidden: usize,
    /// The critic's hidden layers.
    pub layers: usize,
}

impl Default for Factor {
    fn default() -> Self {
        Self { gamma: 35.0, hidden: 1000, layers: 5 }
    }
}

impl Member for Factor {
    const ABOUT: About = About {
        summary: "The evidence lower bound, and the total correlation by a critic",
        paper: "Kim and Mnih 2018, https://arxiv.org/abs/1802.05983",
    };
}

impl VaeObjective for Factor {
    fn check(&self) -> Result<()> {
        not_negative("gamma", self.gamma)?;
        at_least("hidden", self.hidden, 1)?;
        at_least("layers", self.layers, 1)
    }

    fn critic(&self, latents: usize, init: &Init) -> Option<Critic> {
        Some(Critic::new(latents, [self.hidden, self.layers], init))
    }

    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let critic =
            lesson.network.critic.as_ref().expect("this objective should have been given its critic");
        let (drawn, [reconstruction, kl]) = lesson.terms();
        let judged = critic.clone().no_grad().logits(drawn.z.clone()).mean();
        let still = drawn.z.detach();
        let [own, mixed] = [still.clone(), permuted(&still, &lesson.noise)].map(|z| critic.logits(z));
        let learnt = (log_sigmoid(own).mean() + log_sigmoid(-mixed).mean()) * -0.5;
        lesson.learning.note("total_correlation", &judged);
        lesson.learning.note("critic", &learnt);
        reconstruction + kl + judged * self.gamma + learnt
    }
}

/// Each number of a latent from another row, by the batch's own key.
pub(crate) fn permuted(z: &Tensor<2>, noise: &Noise) -> Tensor<2> {
    let [rows, latents] = z.dims();
    let key = Key::new(noise.seed, Purpose::Coupling, noise.first);
    let columns: Vec<Vec<u32>> = (0..latents).map(|j| key.draw(j as u32).permutation(rows)).collect();
    let from = |at: usize| i64::from(columns[at % latents][at / latents]);
    let indices: Vec<i64> = (0..rows * latents).map(from).collect();
    let indices = Tensor::<2, Int>::from_data(TensorData::new(indices, [rows, latents]), &z.device());
    z.clone().gather(0, indices)
}
