//! Cross-attention: each place of the picture looks at the tokens of a context, or at the class as one token.
//!
//! ```text
//! x ← x + W softmax(q kᵀ / √d) v,   q from x̂, k and v from the context;   x ← x + W₂ (a · gelu(g)),   [a, g] = W₁ x̂
//! ```
//!
//! What follows self-attention in the transformer block of Rombach et al. 2022, <https://arxiv.org/abs/2112.10752>, section 3.3
//! and Appendix E.2.1; the gated perceptron is Shazeer's (2020), <https://arxiv.org/abs/2002.05202>. Tokens bring their positions
//! with them: nothing here tells them apart otherwise. The class as a token is the `ClassEmbedder` of their code, which is all that
//! their model of ImageNet's classes looks at. A single token has the weight 1 whatever its key: each place is told the same, `v`.

use burn::prelude::*;
use burn::tensor::activation::gelu;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nn::attention::{attend, merge, split};
use crate::nn::conditioning::parts;
use crate::nn::layers::LayerNorm;
use crate::nn::patches::{places, tokens};
use crate::nn::{Condition, Init, Linear};

/// What a U-Net looks at: the tokens of a context that the model is given, or else the class, as one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContextConfig {
    /// Numbers in a token.
    pub width: usize,
    /// Attention heads; must divide the channels wherever there is attention. Null for heads of `head` channels.
    pub heads: Option<usize>,
}

impl Default for ContextConfig {
    /// As wide as the text encoder of Rombach et al.'s successor, Stable Diffusion.
    fn default() -> Self {
        Self { width: 768, heads: None }
    }
}

/// What there is to look at.
pub struct Seen {
    /// `[batch, tokens, width]`.
    pub tokens: Tensor<3>,
    /// See [`Condition::padding`].
    pub padding: Option<Tensor<2, Bool>>,
}

/// The class as a token: `W class + b`, which is `b` where there is none.
#[derive(Module, Debug)]
pub struct ClassToken {
    embed: Linear,
    classes: usize,
}

impl ClassToken {
    /// One of `classes` as `width` numbers.
    pub fn new(classes: usize, width: usize, init: &Init) -> Self {
        Self { embed: Linear::new(classes, width, &init.at("embed")), classes }
    }

    /// A context of one token for each of `batch` rows.
    pub fn forward(&self, condition: &Condition, batch: usize, device: &Device) -> Seen {
        let none = || Tensor::zeros([1, self.classes], device);
        let token = self.embed.forward(condition.class.clone().unwrap_or_else(none)); // [1 | B, W]
        let width = token.dims()[1];
        Seen { tokens: token.unsqueeze_dim::<3>(1).expand([batch, 1, width]), padding: None }
    }
}

/// Cross-attention and a gated perceptron, each beside a skip.
#[derive(Module, Debug)]
pub struct CrossAttention {
    norm: LayerNorm,
    query: Linear,
    key_value: Linear,
    output: Linear,
    norm2: LayerNorm,
    widen: Linear,
    narrow: Linear,
    heads: usize,
}

impl CrossAttention {
    /// Between places of `channels` and the context's tokens, with `heads` unless the context says otherwise.
    pub fn new(channels: usize, heads: usize, context: &ContextConfig, init: &Init) -> Self {
        Self {
            norm: LayerNorm::new(channels, &init.at("norm")),
            query: Linear::new(channels, channels, &init.at("query")),
            key_value: Linear::new(context.width, 2 * channels, &init.at("key_value")),
            output: Linear::zero(channels, channels, &init.at("output")),
            norm2: LayerNorm::new(channels, &init.at("norm2")),
            widen: Linear::new(channels, 8 * channels, &init.at("widen")),
            narrow: Linear::zero(4 * channels, channels, &init.at("narrow")),
            heads: context.heads.unwrap_or(heads),
        }
    }

    /// `[batch, channels, height, width]` to the same.
    pub fn forward(&self, x: Tensor<4>, seen: Option<&Seen>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let x = tokens(x); // [B, T, C]
        let looked = self.look(self.norm.forward(x.clone()), seen);
        let x = x + self.output.forward(looked);
        let [value, gate] = parts(self.widen.forward(self.norm2.forward(x.clone())));
        places(x + self.narrow.forward(value * gelu(gate)), [height, width])
    }

    /// What each place sees of the context; zeros where there is none.
    fn look(&self, x: Tensor<3>, seen: Option<&Seen>) -> Tensor<3> {
        let Some(Seen { tokens, padding }) = seen else { return x.zeros_like() };
        let [q] = split(self.query.forward(x), self.heads);
        let [k, v] = split(self.key_value.forward(tokens.clone()), self.heads);
        merge(attend(q, k, v, padding.as_ref()))
    }
}
