//! UniPC: a predictor, and a corrector that reuses the prediction made at its result, for one evaluation a step.
//!
//! ```text
//! UniP-p:  x' from the last p predictions,   UniC-p:  the same step once more, with m(x') as one node more
//! order 2 of UniP and order 1 of UniC weight the slope by B(h)/2:   bh1: B = h,   bh2: B = e^h − 1
//! ```
//!
//! Zhao et al. 2023, Algorithms 1 and 2, <https://arxiv.org/abs/2302.04867>. At every other order `B(h)` cancels, as the weights then
//! integrate the interpolating polynomial exactly. Into data `B` of bh1 is infinite, where the original gives no number; here bh2's
//! holds in that step, whose order is 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::{Exponential, History, Predicts, has_order, quadrature};
use super::multistep::Last;
use super::{Level, Sampler, Solver, Vector, Walk, combine};
use crate::Result;
use crate::registry::{About, Member};

/// `B(h)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// `h`.
    Bh1,
    /// `e^h − 1`.
    #[default]
    Bh2,
}

/// One evaluation a step; the corrector raises the order by one, but for what the last step of order 1 leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Unipc {
    /// Of the predictor: 1, 2 or 3.
    #[schemars(range(min = 1, max = 3))]
    pub order: usize,
    /// `B(h)`.
    pub variant: Variant,
    /// Whether steps are corrected.
    pub corrector: bool,
    /// Steps that are not, counted from 0: the authors leave out the first few under strong guidance.
    pub uncorrected: Vec<usize>,
    /// What is interpolated.
    pub predict: Predicts,
    /// What the last steps do; `lower_order` holds in walks of any length.
    pub last: Last,
}

impl Default for Unipc {
    fn default() -> Self {
        Self {
            order: 2,
            variant: Variant::default(),
            corrector: true,
            uncorrected: Vec::new(),
            predict: Predicts::default(),
            last: Last::default(),
        }
    }
}

impl Member for Unipc {
    const ABOUT: About = About {
        summary: "UniPC, orders 1 to 3, multistep predictor and corrector",
        paper: "Zhao et al. 2023, https://arxiv.org/abs/2302.04867",
    };
}

impl Solver for Unipc {
    fn order(&self) -> u32 {
        match (self.corrector, self.last) {
            // The first step is of order 2 once it is corrected.
            (true, Last::Full) => (self.order as u32 + 1).min(3),
            (true, _) => 2,
            (false, _) => (self.order as u32).min(2),
        }
    }
    fn memory(&self) -> usize {
        if self.corrector { self.order + 1 } else { self.order - 1 }
    }
    fn check(&self) -> Result<()> {
        has_order("order", self.order, [1, 3])
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Walker { config: self.clone(), history: History::default(), before: None })
    }
}

impl Unipc {
    fn corrects(&self, step: usize) -> bool {
        self.corrector && !self.uncorrected.contains(&step)
    }
}

/// A step that waits to be corrected: where it began, and its order.
#[derive(Debug)]
struct Before {
    carried: Vector,
    at: Level,
    order: usize,
}

#[derive(Debug)]
struct Walker {
    config: Unipc,
    history: History,
    before: Option<Before>,
}

impl Walker {
    /// The integrals of `uᵏ`, but for the order at which the slope's is `B/2`.
    fn moments(&self, step: &Exponential, nodes: usize) -> Vec<f64> {
        match (nodes, self.config.variant) {
            (2, Variant::Bh1) => vec![step.weights[0], step.linear / 2.0],
            (2, Variant::Bh2) => vec![step.weights[0], step.weights[0] / 2.0],
            _ => step.moments(nodes),
        }
    }

    /// UniC: the last step again, with the prediction at its end; what the next one carries.
    fn correct(&self, before: Before, prediction: &Vector, to: Level) -> Vector {
        let step = self.config.predict.step(before.at, to, 0.0);
        let mut nodes = vec![1.0];
        nodes.extend(self.history.nodes(before.at, to, before.order));
        let weights = quadrature(&nodes, &self.moments(&step, nodes.len()));
        let predictions = std::iter::once(prediction).chain(self.history.predictions());
        self.config.predict.carried(step.terms(before.carried, weights, 1, predictions), prediction, to)
    }
}

impl Sampler for Walker {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let (prediction, carried) = self.config.predict.of(walk, x, from);
        let carried = match self.before.take() {
            Some(before) => self.correct(before, &prediction, from),
            None => carried,
        };
        let order = self.config.last.falling(walk, to, self.config.order).min(self.history.len() + 1);
        let step = self.config.predict.step(from, to, 0.0);
        let moments = self.moments(&step, order);
        let (own, others) = self.history.advance(carried.clone(), [from, to], &step, &moments);
        let next = combine(others.into_iter().chain([(own, prediction.clone())]));
        self.history.push(from, prediction);
        self.history.keep(self.config.order);
        if self.config.corrects(walk.step()) {
            self.before = Some(Before { carried, at: from, order });
        } else if !self.config.corrector {
            self.history.keep(self.config.order - 1);
        }
        Ok(next)
    }

    /// A step is not corrected from where `x` no longer is.
    fn moved(&mut self) {
        self.before = None;
    }

    fn kept(&self) -> usize {
        self.history.len() + usize::from(self.before.is_some())
    }
}
