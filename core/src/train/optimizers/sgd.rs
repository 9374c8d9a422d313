//! Stochastic gradient descent with momentum: `v ← μ v + g + λ θ,  θ ← θ − η v`, or with Nesterov's look ahead
//! `θ ← θ − η (g + λ θ + μ v)`.
//!
//! Polyak 1964; Sutskever et al. 2013, <https://proceedings.mlr.press/v28/sutskever13.html>, in the form of PyTorch.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Optimizer, Rule};
use crate::Result;
use crate::config::check::{not_negative, within};
use crate::registry::{About, Member};

/// Stochastic gradient descent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sgd {
    /// Share of the last direction that is kept; 0 for none.
    pub momentum: f64,
    /// How the momentum is applied.
    pub form: Momentum,
    /// Decay of the weights (in the gradient, so times the learning rate).
    pub decay: f64,
}

/// How momentum is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Momentum {
    /// Polyak's heavy ball.
    #[default]
    HeavyBall,
    /// Nesterov's look ahead.
    Nesterov,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { momentum: 0.9, form: Momentum::HeavyBall, decay: 0.0 }
    }
}

impl Member for Sgd {
    const ABOUT: About = About {
        summary: "Stochastic gradient descent with momentum",
        paper: "Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html",
    };
}

impl Rule for Sgd {
    fn check(&self) -> Result<()> {
        within("momentum", self.momentum, 0.0, 1.0 - 1e-9)?;
        not_negative("decay", self.decay)
    }

    fn build(&self, _shapes: &[Vec<usize>]) -> Box<dyn Optimizer> {
        Box::new(Descent { config: self.clone(), velocity: None })
    }
}

struct Descent {
    config: Sgd,
    velocity: Option<Tensor<1>>,
}

impl Optimizer for Descent {
    fn step(&mut self, rate: f64, parameters: Tensor<1>, gradient: Tensor<1>) -> Tensor<1> {
        let Sgd { momentum, form, decay } = self.config;
        let gradient = gradient + parameters.clone() * decay;
        let velocity = match self.velocity.take() {
            Some(velocity) => velocity * momentum + gradient.clone(),
            None => gradient.clone(),
        };
        let direction = match form {
            Momentum::HeavyBall => velocity.clone(),
            Momentum::Nesterov => gradient + velocity.clone() * momentum,
        };
        self.velocity = Some(velocity);
        parameters - direction * rate
    }

    fn state(&self) -> Vec<(&'static str, Tensor<1>)> {
        self.velocity.iter().map(|velocity| ("velocity", velocity.clone())).collect()
    }

    fn restore(&mut self, _steps: u64, state: Vec<Tensor<1>>) {
        self.velocity = state.into_iter().next();
    }

    fn memory(&self, parameters: usize) -> Vec<(&'static str, usize)> {
        vec![("velocity", parameters)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps by hand, in both forms.
    #[test]
    fn momentum_is_pytorchs() {
        for (form, wanted) in [(Momentum::HeavyBall, 0.54), (Momentum::Nesterov, 0.44)] {
            let config = Sgd { momentum: 0.5, form, decay: 0.0 };
            let mut optimizer = config.build(&[]);
            let mut x = Tensor::<1>::from_floats([1.0], &Device::flex());
            for _ in 0..2 {
                x = optimizer.step(0.1, x.clone(), x * 2.0);
            }
            let got = f64::from(x.into_scalar::<f32>());
            assert!((got - wanted).abs() < 1e-6, "{form:?}: {got}");
        }
    }
}
