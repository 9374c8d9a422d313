//! Lookup-free quantisation: each number becomes its sign, and an entropy keeps all codes in use.
//!
//! ```text
//! q = sign(z),   L = … + β |z − sg(q)|² + w (E H(p(c|z)) − γ H(E p(c|z))),   p(c|z) ∝ exp(−|z − c|²/τ) = Π_i σ(4 c_i z_i/τ)
//! ```
//!
//! Yu et al. 2023, <https://arxiv.org/abs/2310.05737>, section 3.1. The entropy of the mean asks for all `2^d` codes: more than `group`
//! numbers are taken in groups, whose entropies are added (Zhao et al. 2024, <https://arxiv.org/abs/2406.07548>, section 4.1).

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, sigmoid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MOST, Quantised, Quantiser, Quantising, line, straight_through};
use crate::config::check::{at_least, at_most, not_negative, positive};
use crate::nn::Init;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lfq {
    /// `β`: what a number pays for its distance to its sign.
    pub beta: f64,
    /// `w`: weight of the entropies.
    pub entropy: f64,
    /// `γ`: how much more the use of all codes counts than the certainty of one.
    pub diversity: f64,
    /// `τ`: how far from a sign a number is uncertain.
    pub temperature: f64,
    /// Numbers whose codes are counted together.
    pub group: usize,
}

impl Default for Lfq {
    fn default() -> Self {
        Self { beta: 0.25, entropy: 0.1, diversity: 1.0, temperature: 1.0, group: 8 }
    }
}

impl Member for Lfq {
    const ABOUT: About = About {
        summary: "Signs of numbers, with an entropy that keeps all codes in use",
        paper: "Yu et al. 2023, https://arxiv.org/abs/2310.05737",
    };
}

impl Quantising for Lfq {
    fn build(&self, dimensions: usize, _init: &Init) -> Result<Box<dyn Quantiser>> {
        not_negative("beta", self.beta)?;
        not_negative("entropy", self.entropy)?;
        not_negative("diversity", self.diversity)?;
        positive("temperature", self.temperature)?;
        at_least("group", self.group, 1)?;
        at_most("group", self.group, 12)?;
        if dimensions > MOST.ilog2() as usize {
            let message = format!(
                "signs of at most {} numbers are one code; `dimensions` is {dimensions}",
                MOST.ilog2()
            );
            return Err(Error::config(".", message));
        }
        Ok(Box::new(Signs { config: self.clone(), dimensions }))
    }
}

/// The quantiser of [`Lfq`].
#[derive(Module, Debug)]
struct Signs {
    #[module(skip)]
    config: Lfq,
    dimensions: usize,
}

/// The signs of so many numbers in all codes, one after the other, as 0 and 1: `[numbers, 2^numbers]`.
fn bits(numbers: usize, like: &Tensor<2>) -> Tensor<2> {
    let codes = 1_usize << numbers;
    let bit = |at: usize| ((at % codes) >> (at / codes) & 1) as f64;
    line((0..numbers * codes).map(bit), like).reshape([numbers, codes])
}

/// `−Σ p ln p` over the last axis, `[rows, 1]`, from `ln p`.
fn entropy(log_p: Tensor<2>) -> Tensor<2> {
    -(log_p.clone().exp() * log_p).sum_dim(1)
}

impl Signs {
    /// `E H(p(c|z))` and `H(E p(c|z))` in nats, each `[1]`.
    fn entropies(&self, z: Tensor<2>) -> [Tensor<1>; 2] {
        let logits = z * (4.0 / self.config.temperature);
        let [plus, minus] = [logits.clone(), -logits.clone()].map(log_sigmoid);
        let p = sigmoid(logits);
        let surprise: Tensor<2> = p.clone() * plus.clone() + (1.0 - p) * minus.clone();
        let each = -surprise.sum_dim(1).mean();
        let groups = (0..self.dimensions).step_by(self.config.group).map(|from| {
            let width = self.config.group.min(self.dimensions - from);
            let bits = bits(width, &plus);
            let [plus, minus] = [&plus, &minus].map(|log_p| log_p.clone().narrow(1, from, width));
            let joint = (plus.matmul(bits.clone()) + minus.matmul(1.0 - bits)).exp().mean_dim(0);
            entropy(joint.clamp_min(1e-30).log()).reshape([1])
        });
        [each, Tensor::cat(groups.collect(), 0).sum()]
    }

    /// What the sign of a number counts: `2^i`.
    fn basis(&self, like: &Tensor<2>) -> Tensor<2> {
        line((0..self.dimensions).map(|i| (1_u64 << i) as f64), like)
    }
}

impl Quantiser for Signs {
    fn depth(&self) -> usize {
        1
    }

    fn size(&self) -> usize {
        1 << self.dimensions
    }

    fn quantise(&self, z: Tensor<2>) -> Quantised {
        let positive = z.clone().detach().greater_elem(0.0).float();
        let codes = (positive.clone() * self.basis(&z)).sum_dim(1);
        let signs = positive * 2.0 - 1.0;
        let distance = (z.clone() - signs.clone()).square().mean();
        let committed = distance.clone() * self.config.beta;
        let [each, all] = self.entropies(z.clone());
        let penalty = committed + (each - all * self.config.diversity) * self.config.entropy;
        Quantised { vectors: straight_through(z, signs), codes, distance, penalty }
    }

    fn vectors(&self, codes: Tensor<2>) -> Tensor<2> {
        let known = codes.clone().lower_elem(self.size() as f64 - 0.5).float();
        let shares = (codes.clone() / self.basis(&codes)).floor();
        let bits = shares.clone() - (shares / 2.0).floor() * 2.0;
        (bits * 2.0 - 1.0) * known
    }
}
