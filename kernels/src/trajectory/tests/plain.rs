//! A trajectory in loops over numbers, particle by particle.

use super::super::{Activation, Evaluation, Field, REGISTERS, Stack};
use super::numbers;
use crate::normals::Draws;

/// `[particles, features]` of the same.
pub fn plain(x: &[f64], field: &Field, course: &[Evaluation], draws: Draws) -> Vec<f64> {
    let features = draws.features;
    let network = Network::of(field);
    let mut out = x.to_vec();
    for (row, x) in out.chunks_exact_mut(features).enumerate() {
        let mut registers = vec![vec![0.0; features]; REGISTERS];
        registers[0].copy_from_slice(x);
        for (e, evaluation) in course.iter().enumerate() {
            let sum = |registers: &[Vec<f64>], weights: [f64; REGISTERS]| -> Vec<f64> {
                (0..features).map(|f| registers.iter().zip(weights).map(|(r, w)| w * r[f]).sum()).collect()
            };
            let u = sum(&registers, evaluation.ask);
            let answer = network.answer(u.iter().map(|u| evaluation.scale * u).collect(), e);
            let d = u.iter().zip(answer).map(|(u, f)| evaluation.skip * u + evaluation.out * f);
            registers.insert(1, d.collect());
            registers.pop();
            registers[0] = sum(&registers, evaluation.then);
            if let Some((draw, weight)) = evaluation.noise {
                let [_, low, high] = draws.stream(row);
                let mut normals = vec![0.0; features];
                Draws { first: [draw, low, high], rows: 1, ..draws }.fill(&mut normals);
                registers[0].iter_mut().zip(normals).for_each(|(x, n)| *x += f64::from(weight as f32 * n));
            }
        }
        x.copy_from_slice(&registers[0]);
    }
    out
}

struct Network {
    layers: Vec<Vec<f64>>,
    biases: Vec<f64>,
    output_bias: Vec<f64>,
    hidden: usize,
    activation: Activation,
    stack: Stack,
}

impl Network {
    fn of(field: &Field) -> Self {
        let matrices = [&field.input].into_iter().chain(&field.hidden).chain([&field.output]);
        Self {
            layers: matrices.map(|matrix| numbers(matrix.clone())).collect(),
            biases: numbers(field.biases.clone()),
            output_bias: numbers(field.output_bias.clone()),
            hidden: field.input.dims()[1],
            activation: field.activation,
            stack: field.shape,
        }
    }

    fn answer(&self, u: Vec<f64>, e: usize) -> Vec<f64> {
        let last = self.layers.len() - 1;
        let bias = |layer: usize| &self.biases[(e * last + layer) * self.hidden..][..self.hidden];
        let active = |h: &[f64]| h.iter().map(|h| self.active(*h)).collect::<Vec<_>>();
        let mut h = affine(&u, &self.layers[0], bias(0));
        for pair in (1..last).step_by(2) {
            let given = h.clone();
            for layer in pair..last.min(pair + 2) {
                h = affine(&active(&h), &self.layers[layer], bias(layer));
            }
            if self.stack == Stack::Residual {
                h.iter_mut().zip(given).for_each(|(h, given)| *h += given);
            }
        }
        affine(&active(&h), &self.layers[last], &self.output_bias)
    }

    fn active(&self, x: f64) -> f64 {
        let (scale, bend) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
        match self.activation {
            Activation::Silu => x / (1.0 + (-x).exp()),
            Activation::Selu if x > 0.0 => scale * x,
            Activation::Selu => scale * bend * (x.exp() - 1.0),
            Activation::Tanh => x.tanh(),
            Activation::Relu => x.max(0.0),
        }
    }
}

/// `x W + b`.
fn affine(x: &[f64], weights: &[f64], bias: &[f64]) -> Vec<f64> {
    let to = bias.len();
    let column = |j: usize| x.iter().enumerate().map(|(i, x)| x * weights[i * to + j]).sum::<f64>();
    bias.iter().enumerate().map(|(j, b)| b + column(j)).collect()
}
