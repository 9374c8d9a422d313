//! Networks: functions of a row of features, a noise level, a class and a context.

mod init;
mod layers;
mod own;
mod parameters;
mod over;
mod precision;
mod staged;
mod embedding;
mod conditioning;
mod attention;
mod positions;
mod patches;
mod mlp;
mod perceptron;
mod residual_mlp;
mod unet;
mod unet1d;
mod dit;
mod tokens;
mod resnet;
mod trace;

use burn::prelude::*;
use kiln_kernels::trajectory::Field;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::data::{Dataset, Vocabulary};
use crate::random::Key;

pub(crate) use attention::{merge, split};
pub use embedding::{column, fourier, fourier_of, one_hot};
pub use init::Init;
pub(crate) use layers::multiple;
pub use layers::{Conv2d, Dropout, GroupNorm, LayerNorm, Linear};
pub(crate) use over::over;
pub(crate) use own::{into_own, own, own_mut};
pub use parameters::{Named, Parametric, collect, count, gradients, named_under, replace};
pub(crate) use patches::{fold, repeated, unfold};
pub use perceptron::Activation;
pub use positions::Positions;
pub use precision::{NEVER, Precision};
pub(crate) use resnet::Block as ResidualBlock;
pub use resnet::{ResNet, ResNetConfig};
pub use staged::Staged;
pub use trace::Trace;
pub use unet::ContextConfig;

/// What a network is told beside its input.
#[derive(Clone, Default)]
pub struct Condition {
    /// `c_noise`, a function of the noise level: one for the whole batch, or one a row.
    pub noise: Vec<f64>,
    /// `c_span`, a function of how far the step leads that is to be taken: as many as there are of `noise`, or none, where the
    /// network is not to know.
    pub span: Vec<f64>,
    /// `[batch, classes]`, one-hot; a row of zeros is "no class". `None` where the model has no classes.
    pub class: Option<Tensor<2>>,
    /// `[batch, tokens, width]`, a sequence to look at, such as a text's, for networks that are built for one
    /// ([`Interface::context`]); `None` is no context.
    pub context: Option<Tensor<3>>,
    /// `[batch, tokens]`, true where the context is padding; `None` where all of it counts. A row of padding alone is "no
    /// context".
    pub padding: Option<Tensor<2, Bool>>,
}

/// Whether a network is learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No dropout.
    Infer,
    /// Dropout, whose masks are drawn from this key; its index is the batch's first sample.
    Train(Key),
}

/// A network whose type is forgotten. A family that needs more of its own gets its type back by `Any`.
pub trait Network: Parametric {
    /// `[batch, features]` to `[batch, outputs · features]`; see [`Interface::outputs`].
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2>;

    /// Whether a row's numbers are tokens, which half precision must not round.
    fn takes_tokens(&self) -> bool {
        false
    }

    /// What a kernel needs to know to walk through the network by itself: its weights, and its biases at each of these levels, of no class;
    /// `None` where no kernel does.
    fn field(&self, _levels: &Condition) -> Option<Field> {
        None
    }
}

/// What a network is to be built for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interface {
    /// Shape of a sample: `[features]` or `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// Names of the classes it can be told (or tells); empty for none.
    pub classes: Vec<String>,
    /// What a sample's numbers stand for where they are tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<Vocabulary>,
    /// How many numbers it gives for each number of a sample, all of the first kind before those of the second: 1, or 2 where it
    /// tells a variance beside a mean. It follows from the model's configuration and is not written.
    #[serde(skip, default = "single")]
    pub outputs: usize,
    /// Numbers in a token of the context that it is given; `None` where it is given none. It follows from the model's configuration
    /// and is not written.
    #[serde(skip)]
    pub context: Option<usize>,
}

fn single() -> usize {
    1
}

impl Interface {
    /// One number out for each number in, and no context.
    pub fn new(shape: Vec<usize>, classes: Vec<String>) -> Self {
        Self { shape, classes, vocabulary: None, outputs: single(), context: None }
    }

    /// That of a dataset's examples.
    pub fn of(dataset: &dyn Dataset) -> Self {
        let vocabulary = dataset.vocabulary().cloned();
        Self { vocabulary, ..Self::new(dataset.shape().to_vec(), dataset.classes().to_vec()) }
    }

    /// The same samples, told these classes; where they are tokens, as numbers like any other.
    pub(crate) fn plain(&self, classes: Vec<String>) -> Self {
        Self { classes, vocabulary: None, ..self.clone() }
    }

    /// Numbers in a sample.
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }
}

/// A network's configuration.
pub trait Architecture {
    /// Builds the network with weights drawn from `init`. Fails where the configuration does not fit the shape.
    fn build(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>>;

    /// Whether it takes rows of tokens, `[batch, length]`, and gives logits, `[batch, length vocabulary]`.
    fn takes_tokens(&self) -> bool {
        false
    }

    /// Whether it listens to how far a step leads, [`Condition::span`].
    fn takes_span(&self) -> bool {
        true
    }
}

registry! {
    /// The networks that a configuration can name.
    pub enum NetworkConfig("network"): dyn Architecture {
        "mlp" => mlp::MlpConfig,
        "perceptron" => perceptron::PerceptronConfig,
        "residual_mlp" => residual_mlp::ResidualMlpConfig,
        "unet" => unet::UnetConfig,
        "unet1d" => unet1d::Unet1dConfig,
        "dit" => dit::DitConfig,
        "tokens" => tokens::TokensConfig,
    }
}

#[cfg(test)]
mod tests;
