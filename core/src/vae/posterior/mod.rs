//! Posteriors: how a latent is drawn given a sample, `q(z|x)`: a Gaussian, and what is done to its draws.
//!
//! ```text
//! z = f(z₀; h(x)),   z₀ ~ N(μ(x), s²(x)),   ln q(z|x) = ln N(z₀; μ, s²) − ln |∂z/∂z₀|
//! ```
//!
//! Rezende and Mohamed 2015, <https://arxiv.org/abs/1505.05770>. All flows here are amortised: what they do depends on the context `h` that
//! the encoder gives beside `μ` and `ln s²`.

mod diagonal;
mod planar;
mod iaf;
mod linear_iaf;
mod masked;

use burn::prelude::*;

use crate::Result;
use crate::nn::{Init, Parametric};

/// A posterior's configuration.
pub trait Posterior {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Numbers of the context that the encoder gives for each number of a latent.
    fn context(&self) -> usize;

    /// The flow of latents of so many numbers.
    fn build(&self, latents: usize, init: &Init) -> Box<dyn Inference>;
}

/// A flow with what it has learnt.
pub trait Inference: Parametric {
    /// `z` and `ln |∂z/∂z₀|`, `[rows, 1]`, from `z₀` and all that the encoder said, `[μ, ln s², h]`.
    fn flow(&self, z: Tensor<2>, said: &Tensor<2>) -> (Tensor<2>, Tensor<2>);

    /// Whether `z` is `z₀`.
    fn is_gaussian(&self) -> bool {
        false
    }
}

registry! {
    /// The posteriors that a configuration can name.
    pub enum VaePosteriorConfig("posterior"): dyn Posterior {
        "diagonal" => diagonal::Diagonal,
        "planar" => planar::Planar,
        "iaf" => iaf::Iaf,
        "linear_iaf" => linear_iaf::LinearIaf,
    }
}

/// `h`, of what the encoder said.
fn context(said: &Tensor<2>, latents: usize) -> Tensor<2> {
    said.clone().narrow(1, 2 * latents, said.dims()[1] - 2 * latents)
}
