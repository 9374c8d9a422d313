//! The process: corruption along a schedule, forwards on data and backwards on a network's idea of them.

use burn::prelude::*;

use super::corruption::CorruptionConfig;
use super::schedule::DecayConfig;
use super::span::Span;
use crate::nn::column;
use crate::random::Purpose;
use crate::samplers::Noise;

/// `p(x_0|x_t)`, what a network is asked for.
pub trait Predictor {
    /// `ln p(x_0|x_t)` of each token by itself: `[batch, length]` to `[batch, length, vocabulary]`. One time for the batch, or one a row.
    fn predict(&self, x: Tensor<2>, times: &[f64]) -> Tensor<3>;
}

impl<F: Fn(Tensor<2>, &[f64]) -> Tensor<3>> Predictor for F {
    fn predict(&self, x: Tensor<2>, times: &[f64]) -> Tensor<3> {
        self(x, times)
    }
}

/// What happens to tokens.
#[derive(Clone, Debug)]
pub struct Process {
    /// What noise does.
    pub corruption: CorruptionConfig,
    /// When.
    pub schedule: DecayConfig,
    /// How many tokens there are.
    pub vocabulary: usize,
}

impl Process {
    /// `x_t` given `x_0`, `[batch, length]`, for a time a row; `draws` are two times as many uniform numbers of `[0, 1)`.
    pub fn noised(&self, x0: &Tensor<2>, times: &[f64], draws: [Tensor<2>; 2]) -> Tensor<2> {
        let [chance, other] = draws;
        let alpha = column(times.iter().map(|t| self.schedule.alpha(*t)), &chance);
        let gone = chance.greater_equal(alpha.expand(x0.dims()));
        x0.clone().mask_where(gone, self.corruption.draw(other, self.vocabulary).cast(x0.dtype()))
    }

    /// `ln p(x_s|x_t)`, `[batch, length, states]`.
    pub fn reverse(&self, log_x0: Tensor<3>, x_t: &Tensor<2>, times: [&[f64]; 2]) -> Tensor<3> {
        let [from, to]: [Vec<f64>; 2] =
            times.map(|times| times.iter().map(|t| self.schedule.alpha(*t)).collect());
        self.corruption.reverse(log_x0, x_t, &Span { from, to })
    }

    /// The state that stands for no token.
    pub fn mask(&self) -> Option<usize> {
        self.corruption.mask(self.vocabulary)
    }

    /// `f(t)` of each row, `[rows, 1]`.
    pub fn weights(times: &[f64], like: &Tensor<3>, f: impl Fn(f64) -> f64) -> Tensor<2> {
        column(times.iter().map(|t| f(*t)), like).reshape([times.len(), 1])
    }
}

/// Two times as many uniform numbers of `[0, 1)` as there are tokens, keyed by sample and `draw`.
pub fn draws(noise: &Noise, purpose: Purpose, draw: u32) -> [Tensor<2>; 2] {
    let width = noise.features;
    let mut values = vec![0.0; 2 * noise.rows * width];
    for (row, values) in values.chunks_mut(2 * width).enumerate() {
        crate::random::Key::new(noise.seed, purpose, noise.first + row as u64)
            .draw(draw)
            .fill_uniform(values);
    }
    let both = Tensor::<2>::from_data(TensorData::new(values, [noise.rows, 2 * width]), &noise.device);
    [both.clone().narrow(1, 0, width), both.narrow(1, width, width)]
}
