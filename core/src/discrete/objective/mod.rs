//! Objectives: what is learnt, as a cost of one draw of time and noise whose mean over both is the variational bound.

mod masked;
mod hybrid;

use burn::prelude::*;

use super::corruption::CorruptionConfig;
use super::process::Process;
use crate::Result;

/// Data, what noise has made of them, and what the network says they were.
pub struct Guess {
    /// `x_0`, `[batch, length]`.
    pub x0: Tensor<2>,
    /// `x_t`, `[batch, length]`.
    pub x_t: Tensor<2>,
    /// `t` of each row.
    pub times: Vec<f64>,
    /// `ln p(x_0|x_t)`, `[batch, length, vocabulary]`.
    pub log_x0: Tensor<3>,
}

impl Guess {
    /// `−ln p(x_0|x_t)` of the true token, `[batch, length]`.
    pub fn cross_entropy(&self) -> Tensor<2> {
        let truth = self.x0.clone().int().unsqueeze_dim::<3>(2);
        -self.log_x0.clone().gather(2, truth).reshape(self.x0.dims())
    }
}

/// What a network learns by.
pub trait Objective {
    /// Refuses options, and corruptions that it does not know.
    fn check(&self, corruption: &CorruptionConfig) -> Result<()>;

    /// The time at which noise is added, for a uniform number of `(0, 1)`.
    fn time(&self, u: f64) -> f64;

    /// The same while learning.
    fn learning_time(&self, u: f64) -> f64 {
        self.time(u)
    }

    /// In nats, `[batch, length]`: the mean over time and noise is a bound of `−ln p(x)`, term by term.
    fn cost(&self, process: &Process, guess: &Guess) -> Tensor<2>;

    /// What is learnt by, `[batch, length]`.
    fn loss(&self, process: &Process, guess: &Guess) -> Tensor<2> {
        self.cost(process, guess)
    }
}

registry! {
    /// The objectives of models of tokens that a configuration can name.
    pub enum TokenObjectiveConfig("token objective"): dyn Objective {
        "masked" => masked::Masked,
        "hybrid" => hybrid::Hybrid,
    }
}
