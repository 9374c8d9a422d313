//! The network of an autoregressive prior: a causal transformer that is told a class.
//!
//! ```text
//! h_0 = start,   h_i = E[k_{i−1}],   all + position + class,   h ← h + A(ĥ),   h ← h + W₂ gelu(W₁ ĥ)   per block
//! ```

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::module::embedding;
use kiln_kernels::activation::gelu;
use kiln_kernels::attention::decode::{self, Cache, decode};
use kiln_kernels::attention::{Options, attention};

use super::AutoregressiveConfig;
use crate::nn::{Condition, Dropout, Init, LayerNorm, Linear, Mode, Network, merge, multiple, split};

/// Standard deviation of fresh vectors of tokens and places (Radford et al. 2019, GPT-2).
const SPREAD: f64 = 0.02;

/// The network of [`AutoregressiveConfig`].
#[derive(Module, Debug)]
pub(super) struct Causal {
    table: Param<Tensor<2>>,
    start: Param<Tensor<2>>,
    places: Param<Tensor<2>>,
    class: Option<Linear>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    output: Linear,
}

impl Causal {
    pub(super) fn new(
        config: &AutoregressiveConfig,
        [length, vocabulary, classes]: [usize; 3],
        init: &Init,
    ) -> Self {
        let hidden = config.hidden;
        let block = |i: usize| Block::new(config, i, &init.at("blocks").at(i));
        Self {
            table: init.at("table").normal([vocabulary, hidden], SPREAD),
            start: init.at("start").normal([1, hidden], SPREAD),
            places: init.at("places").normal([length, hidden], SPREAD),
            class: (classes > 0).then(|| Linear::xavier(classes, hidden, &init.at("class"))),
            blocks: (0..config.depth).map(block).collect(),
            norm: LayerNorm::new(hidden, &init.at("norm")),
            output: Linear::zero(hidden, vocabulary, &init.at("output")),
        }
    }

    /// Rows of a sequence.
    pub(super) fn length(&self) -> usize {
        self.places.val().dims()[0]
    }

    /// `[batch, n]` tokens as vectors.
    fn looked_up(&self, tokens: Tensor<2>) -> Tensor<3> {
        let last = self.table.val().dims()[0] - 1;
        embedding(self.table.val(), tokens.clamp(0.0, last as f64).round().int())
    }

    /// `n` vectors that stand at `from` and after, told their places and the class.
    fn told(&self, h: Tensor<3>, from: usize, class: Option<&Tensor<2>>) -> Tensor<3> {
        let places = self.places.val().narrow(0, from, h.dims()[1]);
        let h = h + places.unsqueeze::<3>();
        match (&self.class, class) {
            (Some(layer), Some(class)) => h + layer.forward(class.clone()).unsqueeze_dim::<3>(1),
            _ => h,
        }
    }

    fn beginning(&self, batch: usize) -> Tensor<3> {
        let hidden = self.start.val().dims()[1];
        self.start.val().unsqueeze::<3>().expand([batch, 1, hidden])
    }

    /// Caches for so many rows.
    pub(super) fn caches(&self, rows: usize) -> Vec<Cache> {
        let (length, device) = (self.length(), self.places.val().device());
        let [width, heads] = [self.start.val().dims()[1], self.blocks[0].heads];
        let shape = [rows, heads, length, width / heads];
        self.blocks.iter().map(|_| Cache::new(shape, (&device, self.places.val().dtype()))).collect()
    }

    /// Logits of the next token, `[batch, vocabulary]`, after the last, `[batch, 1]`, or at the start; the caches hold those before.
    pub(super) fn next(
        &self,
        last: Option<Tensor<2>>,
        class: Option<&Tensor<2>>,
        caches: &mut [Cache],
        batch: usize,
    ) -> Tensor<2> {
        let at = caches[0].len();
        let h = last.map_or_else(|| self.beginning(batch), |last| self.looked_up(last));
        let mut h = self.told(h, at, class);
        for (block, cache) in self.blocks.iter().zip(caches) {
            h = block.forward(h, Mode::Infer, |q, k, v| {
                cache.append(k, v);
                decode(q, cache, &decode::Options::default())
            });
        }
        self.output.forward(self.norm.forward(h)).squeeze_dim(1)
    }
}

impl Network for Causal {
    /// Tokens `[batch, length]` to logits of each given those before it, `[batch, length vocabulary]`.
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        let [batch, length] = x.dims();
        let before = match length {
            1 => self.beginning(batch),
            _ => Tensor::cat(vec![self.beginning(batch), self.looked_up(x.narrow(1, 0, length - 1))], 1),
        };
        let mut h = self.told(before, 0, condition.class.as_ref()); // [B, L, H]
        for block in &self.blocks {
            let options = Options { causal: true, ..Options::default() };
            h = block.forward(h, mode, |q, k, v| attention(q, k, v, &options));
        }
        self.output.forward(self.norm.forward(h)).flatten(1, 2)
    }

    fn takes_tokens(&self) -> bool {
        true
    }
}

/// Attention to what came before, and a perceptron.
#[derive(Module, Debug)]
struct Block {
    norms: [LayerNorm; 2],
    qkv: Linear,
    merge: Linear,
    widen: Linear,
    narrow: Linear,
    dropouts: [Dropout; 2],
    heads: usize,
}

impl Block {
    fn new(config: &AutoregressiveConfig, layer: usize, init: &Init) -> Self {
        let (hidden, wide) = (config.hidden, multiple(config.hidden, config.mlp_ratio));
        Self {
            norms: [0, 1].map(|i| LayerNorm::new(hidden, &init.at("norms").at(i))),
            qkv: Linear::xavier(hidden, 3 * hidden, &init.at("qkv")),
            merge: Linear::xavier(hidden, hidden, &init.at("merge")),
            widen: Linear::xavier(hidden, wide, &init.at("widen")),
            narrow: Linear::xavier(wide, hidden, &init.at("narrow")),
            dropouts: [0, 1].map(|i| Dropout::new(config.dropout, 2 * layer + i)),
            heads: config.heads,
        }
    }

    /// `[batch, tokens, hidden]` to the same, with that way of looking at what came before.
    fn forward(
        &self,
        x: Tensor<3>,
        mode: Mode,
        look: impl FnOnce(Tensor<4>, Tensor<4>, Tensor<4>) -> Tensor<4>,
    ) -> Tensor<3> {
        let [q, k, v] = split(self.qkv.forward(self.norms[0].forward(x.clone())), self.heads);
        let seen = self.merge.forward(merge(look(q, k, v)));
        let x = x + self.dropouts[0].forward(seen, mode);
        let wide = gelu(self.widen.forward(self.norms[1].forward(x.clone())));
        x + self.dropouts[1].forward(self.narrow.forward(wide), mode)
    }
}
