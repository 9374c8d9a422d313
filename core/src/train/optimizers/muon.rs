//! Muon: the momentum of every weight matrix, made orthogonal by Newton-Schulz steps; Adam for what is no matrix.
//!
//! ```text
//! M ← μ M + G,   G' = G + μ M,   X₀ = G'/‖G'‖_F,   Xₖ₊₁ = a Xₖ + (b A + c A²) Xₖ,  A = Xₖ Xₖᵀ
//! θ ← (1 − η λ) θ − η sqrt(max(1, out/in)) X₅
//! ```
//!
//! Jordan et al. 2024, <https://kellerjordan.github.io/posts/muon/>: (a, b, c) = (3.4445, −4.7750, 2.0315), five steps. There the first
//! layer, the last and tables of tokens are left to Adam; here every matrix is a matrix.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::{Adam, Moments};
use super::{Optimizer, Rule};
use crate::Result;
use crate::config::check::{not_negative, positive, under, within};
use crate::registry::{About, Member};

/// Coefficients of the quintic whose iterates drive singular values towards one.
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];
/// Newton-Schulz steps.
const STEPS: usize = 5;

/// Muon for matrices (kernels of convolutions flattened to `[out, rest]`, tables of tokens as they are), Adam for vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Muon {
    /// Share of the last direction that is kept (Nesterov's form).
    pub momentum: f64,
    /// Decay of the weights, times the learning rate, a step.
    pub decay: f64,
    /// What follows the gradients of biases, scales and other vectors.
    pub vectors: Adam,
    /// The rate of the vectors as a share of the matrices'.
    pub vector_rate: f64,
}

impl Default for Muon {
    fn default() -> Self {
        Self { momentum: 0.95, decay: 0.0, vectors: Adam::default(), vector_rate: 0.1 }
    }
}

impl Member for Muon {
    const ABOUT: About = About {
        summary: "Muon: orthogonal steps for matrices, Adam for vectors",
        paper: "Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/",
    };
}

impl Rule for Muon {
    fn check(&self) -> Result<()> {
        within("momentum", self.momentum, 0.0, 1.0 - 1e-9)?;
        not_negative("decay", self.decay)?;
        positive("vector_rate", self.vector_rate)?;
        under("vectors", self.vectors.check())
    }

    fn build(&self, shapes: &[Vec<usize>]) -> Box<dyn Optimizer> {
        let adam = Moments::new(self.vectors.clone(), self.decay);
        Box::new(Orthogonal { config: self.clone(), shapes: shapes.to_vec(), momentum: None, adam })
    }
}

struct Orthogonal {
    config: Muon,
    shapes: Vec<Vec<usize>>,
    momentum: Option<Tensor<1>>,
    adam: Moments,
}

impl Optimizer for Orthogonal {
    fn step(&mut self, rate: f64, parameters: Tensor<1>, gradient: Tensor<1>) -> Tensor<1> {
        let mu = self.config.momentum;
        let momentum = match self.momentum.take() {
            Some(momentum) => momentum * mu + gradient.clone(),
            None => gradient.clone(),
        };
        let ahead = gradient.clone() + momentum.clone() * mu;
        self.momentum = Some(momentum);
        // Adam sees everything, and is heeded where there is no matrix.
        let by_adam = self.adam.step(rate * self.config.vector_rate, parameters.clone(), gradient);
        let mut at = 0;
        let part = |shape: &Vec<usize>| {
            let length: usize = shape.iter().product();
            let begin = at;
            at += length;
            match matrix(shape) {
                Some(sides) => {
                    let direction = orthogonal(ahead.clone().narrow(0, begin, length).reshape(sides));
                    let scale = rate * gain(shape, sides);
                    let weights = parameters.clone().narrow(0, begin, length);
                    weights * (1.0 - rate * self.config.decay) - direction.reshape([length]) * scale
                }
                None => by_adam.clone().narrow(0, begin, length),
            }
        };
        Tensor::cat(self.shapes.iter().map(part).collect(), 0)
    }

    fn state(&self) -> Vec<(&'static str, Tensor<1>)> {
        let momentum = self.momentum.iter().map(|momentum| ("momentum", momentum.clone()));
        momentum.chain(self.adam.state()).collect()
    }

    fn restore(&mut self, steps: u64, state: Vec<Tensor<1>>) {
        let mut state = state.into_iter();
        self.momentum = state.next();
        self.adam.restore(steps, state.collect());
    }

    fn memory(&self, parameters: usize) -> Vec<(&'static str, usize)> {
        [vec![("momentum", parameters)], self.adam.memory(parameters)].concat()
    }
}

/// Rows and columns of a parameter that is a matrix: both more than one.
fn matrix(shape: &[usize]) -> Option<[usize; 2]> {
    let rows = *shape.first()?;
    let columns: usize = shape[1..].iter().product();
    (shape.len() >= 2 && rows > 1 && columns > 1).then_some([rows, columns])
}

/// `sqrt(max(1, out/in))`: a linear layer's weights are `[in, out]`, a convolution's `[out, in, height, width]`.
fn gain(shape: &[usize], [rows, columns]: [usize; 2]) -> f64 {
    let (outputs, inputs) = if shape.len() == 2 { (columns, rows) } else { (rows, columns) };
    (outputs as f64 / inputs as f64).max(1.0).sqrt()
}

/// The nearest matrix with singular values near one.
fn orthogonal(matrix: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = matrix.dims();
    // The short side first: the products are then as small as they can be.
    let x = if rows > columns { matrix.transpose() } else { matrix };
    let norm = x.clone().square().sum().sqrt() + 1e-7;
    let mut x = x / norm.reshape([1, 1]);
    let [a, b, c] = QUINTIC;
    for _ in 0..STEPS {
        let gram = x.clone().matmul(x.clone().transpose());
        let step = gram.clone() * b + gram.clone().matmul(gram) * c;
        x = x.clone() * a + step.matmul(x);
    }
    if rows > columns { x.transpose() } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    fn normals(count: usize) -> Vec<f32> {
        let mut values = vec![0.0; count];
        Key::new(1, Purpose::Weights, 0).fill_normal(&mut values);
        values
    }

    /// Length of the first step of a weight of this shape.
    fn length(shape: &[usize], gradient: Vec<f32>) -> f32 {
        let mut optimizer = Muon::default().build(&[shape.to_vec()]);
        let gradient = Tensor::<1>::from_data(TensorData::new(gradient, [16]), &Device::flex());
        let moved = optimizer.step(0.1, gradient.zeros_like(), gradient);
        moved.square().sum().sqrt().into_scalar::<f32>()
    }

    /// `sqrt(8/2)` times as far where 2 inputs become 8 outputs as the other way round.
    #[test]
    fn steps_are_longer_where_a_layer_widens() {
        let wide = normals(16);
        let tall: Vec<f32> = (0..16).map(|at| wide[at % 2 * 8 + at / 2]).collect();
        for (widens, narrows) in [
            (length(&[2, 8], wide.clone()), length(&[8, 2], tall.clone())),
            (length(&[8, 2, 1, 1], tall), length(&[2, 8, 1, 1], wide)),
        ] {
            assert!((widens / narrows - 2.0).abs() < 1e-4, "{widens} and {narrows}");
        }
    }

    /// Singular values come to lie between 0.6 and 1.3 (the quintic trades exactness for speed), so the Gram matrix is near one.
    #[test]
    fn directions_are_nearly_orthogonal_whichever_side_is_longer() {
        for [rows, columns] in [[4, 9], [9, 4], [6, 6]] {
            let values = TensorData::new(normals(rows * columns), [rows, columns]);
            let matrix = Tensor::<2>::from_data(values, &Device::flex());
            let x = orthogonal(matrix);
            let x = if rows > columns { x.transpose() } else { x };
            let gram = x.clone().matmul(x.transpose());
            let short = rows.min(columns);
            let values: Vec<f32> = gram.into_data().try_to_vec().expect("floats");
            for (at, value) in values.iter().enumerate() {
                if at / short == at % short {
                    assert!((0.35..1.6).contains(value), "{rows}x{columns}: {value} on the diagonal");
                } else {
                    assert!(value.abs() < 0.5, "{rows}x{columns}: {value} off the diagonal");
                }
            }
        }
    }
}
