//! Whole trajectories of particles through the field of a small network: every evaluation and every step of a sampler, in a launch or a few.
//!
//! A particle is a few numbers, `u`, and its field a perceptron, which knows of time by its biases alone:
//!
//! ```text
//! h_0 = W_in u + b_0[e],   h_{i+1} = W_i φ(h_i) + b_{i+1}[e],   F_e(u) = W_out φ(h_last) + b_out
//! ```
//!
//! What linear samplers do between evaluations is linear too (Karras et al. 2022, <https://arxiv.org/abs/2206.00364>, Eq. 7, for what is
//! asked and told). Of a particle are kept `r = [x, d_1, d_2, d_3, d_4]`, its state and the four latest estimates, all zero at first but
//! `x`; evaluation `e` is
//!
//! ```text
//! u = Σ ask_i r_i      d = skip u + out F_e(scale u)      d_4 ← d_3 ← d_2 ← d_1 ← d      x ← Σ then_i r_i + w n
//! ```
//!
//! so that Euler's method is one row, Heun's two, Runge and Kutta's four, and that of Adams and Bashforth one again.
//!
//! Step by step, each layer is a launch and a pass through memory. Here a particle's numbers stay where they are computed, and memory is
//! read for weights alone: 100,000 particles, 50 evaluations and three hidden layers of 128 are 3.3e11 floating-point operations, which take
//! 16 ms at 21 TFLOP/s.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::prelude::*;

use crate::normals::{Draws, NormalOps, Weighted};

#[cfg(feature = "gpu")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
#[cfg(feature = "gpu")]
mod layout;
mod reference;
#[cfg(all(test, feature = "flex"))]
mod tests;
#[cfg(feature = "gpu")]
pub mod wgsl;

/// Numbers that are kept of a particle's every number: the state, and the latest estimates.
pub const REGISTERS: usize = 5;
/// Numbers that a particle may have where a kernel is to take it.
pub const FEATURES: usize = 8;

/// `φ`.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Activation {
    /// `x / (1 + e^−x)`.
    Silu,
    /// `λ x` above zero, `λ α (e^x − 1)` below (Klambauer et al. 2017, <https://arxiv.org/abs/1706.02515>).
    Selu,
    /// The hyperbolic tangent.
    Tanh,
    /// `max(x, 0)`.
    Relu,
}

/// SELU's `λ`.
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
/// SELU's `λ α`.
const SELU_BEND: f64 = SELU_SCALE * 1.673_263_242_354_377_2;

/// How hidden layers follow one another.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Stack {
    /// Each takes what the one before gives.
    Plain,
    /// In pairs, of which each adds to what it is given: `h ← h + W_{2i+1} φ(W_{2i} φ(h) + b_{2i+1}) + b_{2i+2}`.
    Residual,
}

/// A network, and its biases at each evaluation.
#[derive(Clone, Debug)]
pub struct Field {
    /// `W_in`: `[features, hidden]`.
    pub input: Tensor<2>,
    /// `W_i`: each `[hidden, hidden]`, from and to.
    pub hidden: Vec<Tensor<2>>,
    /// `W_out`: `[hidden, features]`.
    pub output: Tensor<2>,
    /// Of the first layer and of each that follows, at each evaluation: `[evaluations, 1 + layers, hidden]`.
    pub biases: Tensor<3>,
    /// `b_out`: `[features]`.
    pub output_bias: Tensor<1>,
    /// `φ`.
    pub activation: Activation,
    /// How hidden layers follow one another.
    pub shape: Stack,
}

/// One evaluation of the field, and what it is used for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Of the registers, for what the field is asked about.
    pub ask: [f64; REGISTERS],
    /// Of what is asked, as the network sees it.
    pub scale: f64,
    /// Of what is asked, in the estimate.
    pub skip: f64,
    /// Of the network's answer, in the estimate.
    pub out: f64,
    /// Of the registers, the new estimate among them, for the new state.
    pub then: [f64; REGISTERS],
    /// A draw that is added to the state, and its weight: the same numbers as [`Draws::sum`] has.
    pub noise: Option<Weighted>,
}

/// The particles at the end of the course: `[particles, features]` → the same.
///
/// There are as many rows of biases as evaluations, and where one is noisy `draws` says how its numbers are drawn (the draw that it names
/// itself does not matter). No gradient passes.
pub fn integrate(x: Tensor<2>, field: &Field, course: &[Evaluation], draws: Option<Draws>) -> Tensor<2> {
    field.check(x.dims(), course, draws);
    if course.is_empty() || x.shape().num_elements() == 0 {
        return x.detach();
    }
    let plan = Plan { activation: field.activation, stack: field.shape, course: course.to_vec(), draws };
    // Where there are no hidden layers, any tensor stands for them.
    let hidden = if field.hidden.is_empty() {
        field.input.clone().unsqueeze_dim(0)
    } else {
        Tensor::stack::<3>(field.hidden.clone(), 0)
    };
    Tensor::from_dispatch(<Dispatch as TrajectoryOps>::trajectory(
        x.into_dispatch(),
        field.input.clone().into_dispatch(),
        hidden.into_dispatch(),
        field.output.clone().into_dispatch(),
        field.biases.clone().into_dispatch(),
        field.output_bias.clone().into_dispatch(),
        plan,
    ))
}

impl Field {
    /// Tensors that do not fit together are the caller's mistake.
    fn check(&self, [particles, features]: [usize; 2], course: &[Evaluation], draws: Option<Draws>) {
        let hidden = self.input.dims()[1];
        let fit = |name, found: &[usize], wanted: &[usize]| {
            assert!(found == wanted, "trajectory: {name} is {found:?}, not {wanted:?}");
        };
        fit("the first layer", &self.input.dims(), &[features, hidden]);
        for layer in &self.hidden {
            fit("a hidden layer", &layer.dims(), &[hidden, hidden]);
        }
        fit("the last layer", &self.output.dims(), &[hidden, features]);
        fit("the table of biases", &self.biases.dims(), &[course.len(), 1 + self.hidden.len(), hidden]);
        fit("the last bias", &self.output_bias.dims(), &[features]);
        assert!(
            self.shape == Stack::Plain || self.hidden.len().is_multiple_of(2),
            "trajectory: {} hidden layers are no pairs",
            self.hidden.len()
        );
        check_draws(particles, features, course, draws);
    }
}

/// Whether noisy evaluations are told what to draw.
fn check_draws(particles: usize, features: usize, course: &[Evaluation], draws: Option<Draws>) {
    if course.iter().any(|evaluation| evaluation.noise.is_some()) {
        let drawn = draws.map(|draws| [draws.rows, draws.features]);
        let wanted = [particles, features];
        assert!(drawn == Some(wanted), "trajectory: noise is drawn for {drawn:?}, not {wanted:?}");
    }
}

/// All that is no tensor.
#[derive(Clone, Debug)]
pub struct Plan {
    activation: Activation,
    stack: Stack,
    course: Vec<Evaluation>,
    draws: Option<Draws>,
}

/// What a backend has to offer; the body here is what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait TrajectoryOps: Backend + NormalOps {
    /// [`integrate`], with the hidden layers one behind the other: `[layers, hidden, hidden]`.
    #[fusion(dtype = x, shape = x)]
    fn trajectory(
        x: FloatTensor<Self>,
        input: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        output: FloatTensor<Self>,
        biases: FloatTensor<Self>,
        output_bias: FloatTensor<Self>,
        plan: Plan,
    ) -> FloatTensor<Self> {
        reference::integrate::<Self>(x, [input, hidden, output, biases, output_bias], &plan)
    }
}

impl<B: Backend + TrajectoryOps, C: CheckpointStrategy> TrajectoryOps for Autodiff<B, C> {
    fn trajectory(
        x: FloatTensor<Self>,
        input: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        output: FloatTensor<Self>,
        biases: FloatTensor<Self>,
        output_bias: FloatTensor<Self>,
        plan: Plan,
    ) -> FloatTensor<Self> {
        use burn::backend::AutodiffBackend;
        let [x, input, hidden] = [x, input, hidden].map(Self::inner);
        let [output, biases, output_bias] = [output, biases, output_bias].map(Self::inner);
        Self::from_inner(B::trajectory(x, input, hidden, output, biases, output_bias, plan))
    }
}
