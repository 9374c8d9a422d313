//! A normalised residual perceptron: the transformer's blocks without attention, for rows of numbers.
//!
//! ```text
//! h ← h + gate · W₂ silu(W₁ ((1 + scale) ĥ + shift)),   [shift, scale, gate] = M e   per block
//! ```
//!
//! `SimpleMLPAdaLN` of Li et al. 2024, <https://arxiv.org/abs/2406.11838>, section 4 ("Denoising MLP"), after adaLN-Zero
//! (Peebles and Xie 2023, <https://arxiv.org/abs/2212.09748>). Where `mlp` adds the noise level to each block's activations, here it
//! scales and gates normalised ones: each level gets weights of its own, in effect, and blocks can be many.

use burn::prelude::*;
use kiln_kernels::activation::silu;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditioning::{Embedder, modulated, parts};
use super::layers::multiple;
use super::{Architecture, Condition, Dropout, Init, Interface, Linear, Mode, Network};
use crate::Result;
use crate::config::check::{at_least, positive, within};
use crate::registry::{About, Member};

/// A deep residual perceptron with layer normalisation, for points and tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResidualMlpConfig {
    /// Width of the residual stream.
    pub hidden: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Width within a block, as a multiple of `hidden`.
    pub mlp_ratio: f64,
    /// Fourier features of the noise level.
    pub features: usize,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
}

impl Default for ResidualMlpConfig {
    fn default() -> Self {
        Self { hidden: 128, blocks: 4, mlp_ratio: 1.0, features: 32, dropout: 0.0 }
    }
}

impl Member for ResidualMlpConfig {
    const ABOUT: About = About {
        summary: "Residual perceptron with layer normalisation, scaled and gated by noise level and class (adaLN-Zero)",
        paper: "Li et al. 2024, https://arxiv.org/abs/2406.11838; Peebles and Xie 2023, https://arxiv.org/abs/2212.09748",
    };
}

impl Architecture for ResidualMlpConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        at_least("hidden", self.hidden, 2)?;
        at_least("features", self.features, 4)?;
        positive("mlp_ratio", self.mlp_ratio)?;
        within("dropout", self.dropout, 0.0, 0.9)?;
        Ok(Box::new(ResidualMlp::new(self, interface, init)))
    }
}

/// The network of [`ResidualMlpConfig`].
#[derive(Module, Debug)]
pub struct ResidualMlp {
    embed: Embedder,
    input: Linear,
    blocks: Vec<Block>,
    modulation: Linear,
    output: Linear,
}

#[derive(Module, Debug)]
struct Block {
    modulation: Linear,
    first: Linear,
    second: Linear,
    dropout: Dropout,
}

impl ResidualMlp {
    fn new(config: &ResidualMlpConfig, interface: &Interface, init: &Init) -> Self {
        let (hidden, data) = (config.hidden, interface.features());
        let block = |i: usize| Block::new(config, i, &init.at("blocks").at(i));
        Self {
            embed: Embedder::new([config.features, hidden], interface.classes.len(), &init.at("embed")),
            input: Linear::new(data, hidden, &init.at("input")),
            blocks: (0..config.blocks).map(block).collect(),
            modulation: Linear::zero(hidden, 2 * hidden, &init.at("modulation")),
            output: Linear::zero(hidden, interface.outputs * data, &init.at("output")),
        }
    }
}

impl Network for ResidualMlp {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let e = self.embed.forward(condition, &x.device());
        let mut h = self.input.forward(x); // [B, H]
        for block in &self.blocks {
            h = block.forward(h, &e, mode);
        }
        let [shift, scale] = parts(self.modulation.forward(e));
        self.output.forward(modulated(h, shift, scale))
    }
}

impl Block {
    fn new(config: &ResidualMlpConfig, layer: usize, init: &Init) -> Self {
        let (hidden, wide) = (config.hidden, multiple(config.hidden, config.mlp_ratio));
        Self {
            modulation: Linear::zero(hidden, 3 * hidden, &init.at("modulation")),
            first: Linear::new(hidden, wide, &init.at("first")),
            second: Linear::new(wide, hidden, &init.at("second")),
            dropout: Dropout::new(config.dropout, layer),
        }
    }

    fn forward(&self, h: Tensor<2>, e: &Tensor<2>, mode: Mode) -> Tensor<2> {
        let [shift, scale, gate] = parts(self.modulation.forward(e.clone()));
        let inner = silu(self.first.forward(modulated(h.clone(), shift, scale)));
        h + gate * self.second.forward(self.dropout.forward(inner, mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tests::{rows, stir};
    use crate::nn::{collect, count, replace};

    fn largest(x: Tensor<2>) -> f32 {
        x.abs().max().into_scalar::<f32>()
    }

    #[test]
    fn a_fresh_network_says_zero_and_a_fresh_block_is_the_identity() {
        let device = Device::flex();
        let interface = Interface::new(vec![2], vec![]);
        let network = ResidualMlp::new(&ResidualMlpConfig::default(), &interface, &Init::new(1, &device));
        let told = Condition { noise: vec![0.3], ..Condition::default() };
        let out = Network::forward(&network, rows([5, 2], 1, &device), &told, Mode::Infer);
        assert_eq!(largest(out), 0.0);
        let (h, e) = (rows([5, 128], 2, &device), rows([1, 128], 3, &device));
        assert_eq!(network.blocks[0].forward(h.clone(), &e, Mode::Infer).into_data(), h.into_data());
        let linear = |inputs: usize, outputs: usize| (inputs + 1) * outputs;
        let block = linear(128, 384) + 2 * linear(128, 128);
        let ends = linear(32, 128) + linear(128, 128) + linear(2, 128) + linear(128, 256) + linear(128, 2);
        assert_eq!(count(&collect(&network)), 4 * block + ends);
    }

    /// What a block adds depends on the direction of its input only, which is what keeps deep stacks from growing.
    #[test]
    fn what_a_block_adds_does_not_depend_on_the_size_of_its_input() {
        let device = Device::flex();
        let fresh = Block::new(&ResidualMlpConfig::default(), 0, &Init::new(1, &device));
        let block = replace(fresh.clone(), &stir(collect(&fresh), 0.1, &device));
        let (h, e) = (rows([3, 128], 2, &device), rows([1, 128], 3, &device));
        let added = |h: Tensor<2>| block.forward(h.clone(), &e, Mode::Infer) - h;
        assert!(largest(added(h.clone())) > 0.1);
        let difference = largest(added(h.clone() * 8.0 + 2.0) - added(h));
        assert!(difference < 1e-3, "{difference}");
    }

    #[test]
    fn sizes_out_of_range_are_refused_by_name() {
        let interface = Interface::new(vec![2], vec![]);
        let refused = |config: ResidualMlpConfig| {
            let built = config.build(&interface, &Init::new(1, &Device::flex()));
            built.err().expect("this should be refused").to_string()
        };
        let sound = ResidualMlpConfig::default();
        assert!(refused(ResidualMlpConfig { hidden: 1, ..sound.clone() }).contains("`hidden`"));
        assert!(refused(ResidualMlpConfig { features: 3, ..sound.clone() }).contains("`features`"));
        assert!(refused(ResidualMlpConfig { mlp_ratio: 0.0, ..sound.clone() }).contains("`mlp_ratio`"));
        assert!(refused(ResidualMlpConfig { dropout: 1.5, ..sound }).contains("`dropout`"));
    }
}
