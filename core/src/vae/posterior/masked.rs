//! Masked autoregressive networks: what is said of a number knows only the numbers before it.
//!
//! Germain et al. 2015, <https://arxiv.org/abs/1502.03509> (MADE), section 3: a weight between units is there where the order allows it. With
//! a context, which every unit may see (Kingma et al. 2016, <https://arxiv.org/abs/1606.04934>).

use burn::module::Param;
use burn::prelude::*;

use crate::nn::{Activation, Init, Linear};

/// A network of one hidden layer from `z` and a context to `outputs` numbers for each number of `z`.
#[derive(Module, Debug)]
pub(super) struct Masked {
    inner: Weights,
    outer: Weights,
    context: Linear,
    outputs: usize,
}

/// A linear map some of whose weights are none.
#[derive(Module, Debug)]
struct Weights {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    /// Ones and zeros.
    mask: Tensor<2>,
}

impl Weights {
    /// A weight from input `i` to output `j` where `allows(i, j)`.
    fn new(sizes: [usize; 2], bound: f64, allows: impl Fn(usize, usize) -> bool, init: &Init) -> Self {
        let [inputs, outputs] = sizes;
        let one = |place: usize| if allows(place / outputs, place % outputs) { 1.0 } else { 0.0 };
        let mask: Vec<f32> = (0..inputs * outputs).map(one).collect();
        Self {
            weight: init.at("weight").uniform(sizes, bound),
            bias: init.constant([outputs], 0.0),
            mask: Tensor::from_data(TensorData::new(mask, sizes), init.device()),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight.val() * self.mask.clone()) + self.bias.val().unsqueeze()
    }
}

impl Masked {
    /// For `latents` numbers and `context` of the context; `hidden` units.
    pub(super) fn new([latents, context, hidden, outputs]: [usize; 4], init: &Init) -> Self {
        // A hidden unit of degree d sees the numbers up to d, and is seen by those after it. With one number there is nothing to see.
        let degree = move |unit: usize| unit % (latents - 1).max(1);
        let bound = |inputs: usize| 1.0 / (inputs as f64).sqrt();
        let sees = |input: usize, unit: usize| latents > 1 && input <= degree(unit);
        let seen = |unit: usize, output: usize| latents > 1 && degree(unit) < output % latents;
        Self {
            inner: Weights::new([latents, hidden], bound(latents), sees, &init.at("inner")),
            // Small at first: a step begins as what its biases say.
            outer: Weights::new([hidden, outputs * latents], 0.1 * bound(hidden), seen, &init.at("outer")),
            context: Linear::new(context, hidden, &init.at("context")),
            outputs,
        }
    }

    /// `[rows, latents]` and `[rows, context]` to `outputs` tensors of `[rows, latents]`.
    pub(super) fn forward(&self, z: Tensor<2>, context: Tensor<2>) -> Vec<Tensor<2>> {
        let latents = z.dims()[1];
        let h = Activation::Silu.apply(self.inner.forward(z) + self.context.forward(context));
        let said = self.outer.forward(h);
        (0..self.outputs).map(|i| said.clone().narrow(1, i * latents, latents)).collect()
    }
}
