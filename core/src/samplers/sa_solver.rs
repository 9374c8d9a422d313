//! SA-Solver: stochastic Adams predictor and corrector on SDEs with any rate of noise `τ`.
//!
//! ```text
//! x' = e^{−τ²h} (σ'/σ) x + Σ_i c_i D_i + σ' sqrt(1 − e^{−2τ²h}) n,   c_i = α' (1 + τ²) ∫_λ^λ' e^{−(1+τ²)(λ'−l)} L_i(l) dl
//! or of the noise:  x' = (α'/α) x − Σ_i c_i n̂_i + τ σ' sqrt(e^{2h} − 1) n,   c_i = α' (1 + τ²) ∫_λ^λ' e^{−l} L_i(l) dl
//! predictor: L_i through the last p predictions;   corrector: through the new one and the last p − 1, with the same n
//! ```
//!
//! Xue et al. 2023, Algorithm 1, <https://arxiv.org/abs/2309.05019>. Of order 2, the authors weight the data's slope by
//! `(1 + τ²) α' h/2`, which differs in `h³`, for walks of few steps. `τ` is that of the level where a step begins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::{Exponential, History, Predicts, has_order, quadrature};
use super::multistep::{Last, left};
use super::{Level, Sampler, Solver, Term, Vector, Walk, combine};
use crate::config::check::not_negative;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Stochastic, one evaluation a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SaSolver {
    /// Of the predictor, 1 to 4.
    #[schemars(range(min = 1, max = 4))]
    pub predictor_order: usize,
    /// Of the corrector, 1 to 4.
    #[schemars(range(min = 1, max = 4))]
    pub corrector_order: usize,
    /// Rate of the noise within the window: 0 is the ODE, 1 the reverse SDE.
    #[schemars(range(min = 0.0))]
    pub tau: f64,
    /// From which to which `σ/α` noise is added; the default is steps 200 to 800 of DDPM's 1000 (linear β).
    pub window: [f64; 2],
    /// What is interpolated.
    pub predict: Predicts,
    /// What the last steps do; `lower_order` holds in walks of any length.
    pub last: Last,
}

impl Default for SaSolver {
    fn default() -> Self {
        // σ/α of steps 199.5 and 800.5: which of the 1000 a level is nearest to decides.
        let window = [0.7214, 25.8405];
        Self {
            predictor_order: 2,
            corrector_order: 2,
            tau: 1.0,
            window,
            predict: Predicts::default(),
            last: Last::default(),
        }
    }
}

impl Member for SaSolver {
    const ABOUT: About = About {
        summary: "SA-Solver, stochastic Adams predictor and corrector, orders 1 to 4",
        paper: "Xue et al. 2023, https://arxiv.org/abs/2309.05019",
    };
}

impl SaSolver {
    /// A step, with the rate of noise of the level where it begins.
    fn coefficients(&self, from: Level, to: Level) -> Exponential {
        let within = (self.window[0]..=self.window[1]).contains(&from.ratio());
        self.predict.step(from, to, if within { self.tau * self.tau } else { 0.0 })
    }

    /// The integrals of `uᵏ`, but for order 2.
    fn moments(&self, step: &Exponential, order: usize) -> Vec<f64> {
        match (order, self.predict) {
            (2, Predicts::Data) => vec![step.weights[0], step.linear / 2.0],
            _ => step.moments(order),
        }
    }
}

impl Solver for SaSolver {
    fn order(&self) -> u32 {
        // The first step and the last are of order 2 at most.
        (self.predictor_order + 1).min(self.corrector_order).min(2) as u32
    }
    fn stochastic(&self) -> bool {
        self.tau > 0.0
    }
    fn memory(&self) -> usize {
        self.kept_predictions() + 1 + usize::from(self.stochastic())
    }
    fn check(&self) -> Result<()> {
        has_order("predictor_order", self.predictor_order, [1, 4])?;
        has_order("corrector_order", self.corrector_order, [1, 4])?;
        not_negative("tau", self.tau)?;
        let [low, high] = self.window;
        if 0.0 <= low && low <= high {
            return Ok(());
        }
        let wanted = "wanted two noise levels, the lower first";
        Err(Error::config("window", format!("{wanted}; this is {low} to {high}")))
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Walker { config: self.clone(), history: History::default(), before: None })
    }
}

impl SaSolver {
    fn kept_predictions(&self) -> usize {
        self.predictor_order.max(self.corrector_order - 1)
    }
}

/// A step that waits to be corrected: where it began, its noise, and the corrector's order.
#[derive(Debug)]
struct Before {
    carried: Vector,
    at: Level,
    noise: Option<Vector>,
    order: usize,
}

#[derive(Debug)]
struct Walker {
    config: SaSolver,
    history: History,
    before: Option<Before>,
}

/// A step with its noise.
fn noisy(mut terms: Vec<Term>, step: &Exponential, noise: Option<&Vector>) -> Vec<Term> {
    terms.extend(noise.filter(|_| step.fresh > 0.0).map(|noise| (step.fresh, noise.clone())));
    terms
}

impl Walker {
    /// The last step again, with the prediction at its end; what the next one carries.
    fn correct(&self, before: Before, prediction: &Vector, to: Level) -> Vector {
        let step = self.config.coefficients(before.at, to);
        let mut nodes = vec![1.0];
        nodes.extend(self.history.nodes(before.at, to, before.order - 1));
        let mut weights = quadrature(&nodes, &self.config.moments(&step, nodes.len()));
        // Of order 1 it knows the new prediction alone, and the one at the beginning is only carried.
        weights.resize(nodes.len().max(2), 0.0);
        let predictions = std::iter::once(prediction).chain(self.history.predictions());
        let terms = step.terms(before.carried, weights, 1, predictions);
        self.config.predict.carried(noisy(terms, &step, before.noise.as_ref()), prediction, to)
    }

    /// The corrector's order in the step after this one's prediction.
    fn corrector(&self, walk: &Walk) -> usize {
        let SaSolver { corrector_order, last, .. } = self.config;
        let order =
            if last == Last::LowerOrder { corrector_order.min(left(walk) + 1) } else { corrector_order };
        order.min(self.history.len() + 1)
    }
}

impl Sampler for Walker {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let (prediction, carried) = self.config.predict.of(walk, x, from);
        let carried = match self.before.take() {
            Some(before) => self.correct(before, &prediction, from),
            None => carried,
        };
        let order =
            self.config.last.falling(walk, to, self.config.predictor_order).min(self.history.len() + 1);
        let step = self.config.coefficients(from, to);
        // Drawn outside of the window too: where it lies does not change a step's noise.
        let noise = self.config.stochastic().then(|| walk.draw());
        let moments = self.config.moments(&step, order);
        let (own, mut next) = self.history.advance(carried.clone(), [from, to], &step, &moments);
        next.push((own, prediction.clone()));
        let next = combine(noisy(next, &step, noise.as_ref()));
        self.history.push(from, prediction);
        self.history.keep(self.config.kept_predictions());
        self.before = Some(Before { carried, at: from, noise, order: self.corrector(walk) });
        Ok(next)
    }

    /// A step is not corrected from where `x` no longer is.
    fn moved(&mut self) {
        self.before = None;
    }

    fn kept(&self) -> usize {
        let before = self.before.as_ref().map_or(0, |before| 1 + usize::from(before.noise.is_some()));
        self.history.len() + before
    }
}
