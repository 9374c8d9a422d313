//! A transformer over tokens: a vector for each, the blocks of [`dit`](super::dit), and a logit for every token of the vocabulary.
//!
//! ```text
//! h = E[x] + position,   h ← block(h; e) …,   logits = W ((1 + scale) ĥ + shift) + b
//! ```
//!
//! The network of masked and discrete diffusion (Sahoo et al. 2024, <https://arxiv.org/abs/2406.07524>, Appendix C.2; Lou et al. 2024,
//! <https://arxiv.org/abs/2310.16834>): no token is hidden from another. `E` has one row more than the vocabulary, for the mask. The
//! last layer begins at zero, so that a fresh network finds every token equally probable.

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::module::embedding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditioning::{Embedder, modulated, parts};
use super::dit::{Block, DitConfig, FEATURES};
use super::positions::{Positions, Rotary, sine, sine_line};
use super::precision::like;
use super::{Architecture, Condition, Init, Interface, Linear, Mode, Network};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Standard deviation of fresh token vectors: of the size of the sines that are added to them.
const SPREAD: f64 = 0.5;

/// A transformer for tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokensConfig {
    /// Channels of a token.
    pub hidden: usize,
    /// Blocks.
    pub depth: usize,
    /// Attention heads; must divide `hidden`.
    pub heads: usize,
    /// Width of a block's perceptron, as a multiple of `hidden`.
    pub mlp_ratio: f64,
    /// How tokens are told where they stand.
    pub positions: Positions,
    /// Probability of dropping an activation while training.
    pub dropout: f64,
}

impl Default for TokensConfig {
    /// A small one, of a size for a CPU.
    fn default() -> Self {
        Self { hidden: 128, depth: 4, heads: 4, mlp_ratio: 4.0, positions: Positions::Rotary, dropout: 0.0 }
    }
}

impl Member for TokensConfig {
    const ABOUT: About = About {
        summary: "Transformer over tokens with adaLN-Zero, for discrete models",
        paper: "Sahoo et al. 2024, https://arxiv.org/abs/2406.07524; Peebles and Xie 2023, https://arxiv.org/abs/2212.09748",
    };
}

impl Architecture for TokensConfig {
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        let Some(vocabulary) = &interface.vocabulary else {
            return Err(Error::config(
                ".",
                "a `tokens` network takes data of tokens to a model of family `discrete`; these are numbers",
            ));
        };
        let cells = cells(&interface.shape);
        self.blocks().check(cells)?;
        let sizes = [vocabulary.size(), interface.classes.len()];
        Ok(Box::new(Tokens::new(self, cells, sizes, init)))
    }

    fn takes_tokens(&self) -> bool {
        true
    }
}

impl TokensConfig {
    /// Its blocks, as a picture's transformer has them.
    fn blocks(&self) -> DitConfig {
        let Self { hidden, depth, heads, mlp_ratio, positions, dropout } = *self;
        DitConfig { patch: 1, hidden, depth, heads, mlp_ratio, positions, dropout }
    }
}

/// Rows and columns: a sequence is one row, a line, and a picture's channels lie one below the other.
fn cells(shape: &[usize]) -> [usize; 2] {
    match *shape {
        [] => [1, 1],
        [ref rest @ .., width] => [rest.iter().product(), width],
    }
}

/// The network of [`TokensConfig`].
#[derive(Module, Debug)]
pub struct Tokens {
    table: Param<Tensor<2>>,
    embed: Embedder,
    blocks: Vec<Block>,
    modulation: Linear,
    output: Linear,
    sine: Option<Tensor<2>>,
    rotary: Option<Rotary>,
    vocabulary: usize,
}

impl Tokens {
    fn new(config: &TokensConfig, cells: [usize; 2], [vocabulary, classes]: [usize; 2], init: &Init) -> Self {
        let (hidden, head) = (config.hidden, config.hidden / config.heads);
        let (config, is) = (config.blocks(), |positions| config.positions == positions);
        let block = |i: usize| Block::new(&config, i, &init.at("blocks").at(i));
        Self {
            table: init.at("table").normal([vocabulary + 1, hidden], SPREAD),
            embed: Embedder::new([FEATURES, hidden], classes, &init.at("embed")),
            blocks: (0..config.depth).map(block).collect(),
            modulation: Linear::zero(hidden, 2 * hidden, &init.at("modulation")),
            output: Linear::zero(hidden, vocabulary, &init.at("output")),
            sine: is(Positions::Sine).then(|| match cells {
                [1, length] => sine_line(length, hidden, init.device()),
                _ => sine(cells, hidden, init.device()),
            }),
            rotary: is(Positions::Rotary).then(|| match cells {
                [1, length] => Rotary::line(length, head, init.device()),
                _ => Rotary::new(cells, head, init.device()),
            }),
            vocabulary,
        }
    }
}

impl Network for Tokens {
    /// Tokens `[batch, length]`, the mask being the one after the last, to logits `[batch, length vocabulary]`.
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [batch, length] = x.dims();
        let e = self.embed.forward(condition, &x.device());
        let tokens = x.clamp(0.0, self.vocabulary as f64).round().int();
        let mut h = embedding(self.table.val(), tokens); // [B, L, H]
        if let Some(sine) = &self.sine {
            h = h.clone() + like(sine.clone(), h.dtype()).unsqueeze::<3>();
        }
        for block in &self.blocks {
            h = block.forward(h, &e, self.rotary.as_ref(), mode);
        }
        let [shift, scale] = parts(self.modulation.forward(e).unsqueeze_dim::<3>(1));
        self.output.forward(modulated(h, shift, scale)).reshape([batch, length * self.vocabulary])
    }

    fn takes_tokens(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Vocabulary;
    use crate::nn::tests::stir;
    use crate::nn::{Precision, collect, count};

    fn interface(shape: &[usize], size: usize) -> Interface {
        let vocabulary = Some(Vocabulary::Levels { count: size, range: [0.0, 1.0] });
        Interface { vocabulary, ..Interface::new(shape.to_vec(), vec![]) }
    }

    fn logits(network: &dyn Network, tokens: &[f32]) -> Vec<f32> {
        let x = Tensor::<1>::from_floats(tokens, &Device::flex()).reshape([1, tokens.len()]);
        let condition = Condition { noise: vec![0.0], ..Condition::default() };
        network.forward(x, &condition, Mode::Infer).into_data().try_to_vec().expect("floats")
    }

    /// Every logit may depend on every token, on where it stands, and on whether it is masked.
    #[test]
    fn each_token_sees_all_others_and_their_places() {
        let device = Device::flex();
        for positions in [Positions::Sine, Positions::Rotary] {
            let config =
                TokensConfig { hidden: 16, depth: 2, heads: 2, positions, ..TokensConfig::default() };
            let mut network = config.build(&interface(&[4], 3), &Init::new(1, &device)).expect("a network");
            network.set_parameters(&stir(network.parameters(), 0.2, &device));
            let base = logits(&*network, &[0.0, 1.0, 2.0, 3.0]);
            assert_eq!(base.len(), 4 * 3);
            for other in [[1.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 0.0], [1.0, 0.0, 2.0, 3.0]] {
                let other = logits(&*network, &other);
                for place in 0..4 {
                    let change = (0..3).map(|k| (base[3 * place + k] - other[3 * place + k]).abs());
                    assert!(change.fold(0.0, f32::max) > 1e-5, "{positions:?}, place {place}");
                }
            }
        }
    }

    /// bf16 writes 257 as 256 or 258, f16 writes 2049 as 2048 or 2050: neither may be asked to.
    #[test]
    fn half_precision_leaves_the_numbers_of_tokens_alone() {
        let device = Device::flex();
        let config = TokensConfig { hidden: 16, depth: 2, heads: 2, ..TokensConfig::default() };
        let said = |precision: Precision, tokens: &[f32]| {
            let mut network =
                config.build(&interface(&[3], 3000), &Init::new(1, &device)).expect("a network");
            network.set_parameters(&stir(network.parameters(), 0.2, &device));
            logits(&*precision.narrow(network), tokens)
        };
        let apart = |a: &[f32], b: &[f32]| {
            let square = |x: f32, y: f32| (x - y).powi(2);
            let off: f32 = a.iter().zip(b).map(|(a, b)| square(*a, *b)).sum();
            (off / b.iter().map(|b| square(*b, 0.0)).sum::<f32>()).sqrt()
        };
        let exact = said(Precision::F32, &[257.0, 2049.0, 3000.0]);
        for precision in [Precision::F16, Precision::Bf16] {
            let half = apart(&said(precision, &[257.0, 2049.0, 3000.0]), &exact);
            assert!(half < 0.05, "{}: {half}", precision.name());
        }
        for others in [[256.0, 2049.0, 3000.0], [257.0, 2048.0, 3000.0], [257.0, 2049.0, 2999.0]] {
            let other = apart(&said(Precision::F32, &others), &exact);
            assert!(other > 0.2, "{others:?}: {other}");
        }
    }

    #[test]
    fn the_defaults_are_of_the_size_that_they_say() {
        let network =
            Tokens::new(&TokensConfig::default(), [1, 128], [65, 0], &Init::new(0, &Device::flex()));
        // A block: 3·128² + 128² + 8·128² of attention and perceptron, 6·128² of modulation, and biases.
        let block = 18 * 128 * 128 + (3 + 1 + 4 + 1 + 6) * 128;
        let ends = 66 * 128 + (256 + 1) * 128 + (128 + 1) * 128 + 2 * (128 * 128 + 128) + 129 * 65;
        assert_eq!(count(&collect(&network)), 4 * block + ends);
    }

    #[test]
    fn data_that_are_no_tokens_and_sizes_that_do_not_fit_are_refused() {
        let init = Init::new(1, &Device::flex());
        let refusal = |config: TokensConfig, interface: Interface| {
            config.build(&interface, &init).err().expect("this should be refused").to_string()
        };
        let numbers = Interface::new(vec![4], vec![]);
        assert!(refusal(TokensConfig::default(), numbers).contains("these are numbers"));
        let odd = TokensConfig { hidden: 24, heads: 4, ..TokensConfig::default() };
        assert!(refusal(odd, interface(&[4], 3)).contains("`hidden`"));
    }
}
