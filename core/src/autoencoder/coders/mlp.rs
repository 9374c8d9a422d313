//! Perceptrons: `x → φ(W₁ x + b₁) → … → z`, and the same widths in reverse; without hidden layers, linear maps.
//!
//! Hinton and Salakhutdinov 2006, <https://doi.org/10.1126/science.1127647>. The linear autoencoder of least squared error spans
//! the principal components (Bourlard and Kamp 1988, <https://doi.org/10.1007/BF00332918>).

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Coders, Coding, Widths, beside};
use crate::Result;
use crate::config::check::{at_least, under};
use crate::nn::{Activation, Condition, Init, Linear, Mode, Network};
use crate::registry::{About, Member};

/// Perceptrons, for data without neighbourhoods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mlp {
    /// Widths of the encoder's hidden layers; the decoder has them in reverse. None is a linear autoencoder.
    pub hidden: Vec<usize>,
    /// What follows each hidden layer.
    pub activation: Activation,
}

impl Default for Mlp {
    fn default() -> Self {
        Self { hidden: vec![128, 128], activation: Activation::Silu }
    }
}

impl Member for Mlp {
    const ABOUT: About = About {
        summary: "Perceptrons; without hidden layers, principal components",
        paper: "Hinton and Salakhutdinov 2006, https://doi.org/10.1126/science.1127647",
    };
}

impl Coding for Mlp {
    fn build(&self, shape: &[usize], widths: Widths, init: &Init) -> Result<Coders> {
        self.hidden.iter().try_for_each(|width| under("hidden", at_least(".", *width, 1)))?;
        let features: usize = shape.iter().product();
        let mut down = vec![features + widths.told];
        down.extend(&self.hidden);
        down.push(widths.given);
        let mut up = vec![widths.taken + widths.told];
        up.extend(self.hidden.iter().rev());
        up.push(features * widths.outputs);
        let layers = |sizes: &[usize], name| Chain::new(self, sizes, widths.told, &init.at(name));
        Ok(Coders {
            encoder: Box::new(layers(&down, "encoder")),
            decoder: Box::new(layers(&up, "decoder")),
            latent: vec![widths.taken],
        })
    }
}

/// Linear layers with an activation between them.
#[derive(Module, Debug)]
struct Chain {
    layers: Vec<Linear>,
    told: usize,
    #[module(skip)]
    activation: Activation,
}

impl Chain {
    fn new(config: &Mlp, widths: &[usize], told: usize, init: &Init) -> Self {
        let init = init.at("layers");
        let layer = |(i, pair): (usize, &[usize])| Linear::new(pair[0], pair[1], &init.at(i));
        let layers = widths.windows(2).enumerate().map(layer).collect();
        Self { layers, told, activation: config.activation }
    }
}

impl Network for Chain {
    fn forward(&self, x: Tensor<2>, condition: &Condition, _mode: Mode) -> Tensor<2> {
        let (last, others) = self.layers.split_last().expect("there should be a layer");
        let h = beside(x, condition, self.told);
        last.forward(others.iter().fold(h, |h, layer| layer.activated(h, self.activation)))
    }
}
