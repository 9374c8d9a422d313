//! How probable an interpolant from a Gaussian source finds data: the ODE from the data back, as a continuous normalizing flow.
//!
//! ```text
//! log p(x₁) = log N(x₀; 0, (s² + γ(0)²) I) − ∫₀¹ div v(x_t, t) dt
//! ```
//!
//! Where there is noise at the ends, `p` is the density of data that have it too.
//!
//! Albergo and Vanden-Eijnden 2023, <https://arxiv.org/abs/2209.15571>; Chen et al. 2018, Theorem 1,
//! <https://arxiv.org/abs/1806.07366>.

use std::rc::Rc;

use burn::prelude::*;

use super::trained::{Field, Interpolant};
use crate::classes::Guide;
use crate::likelihood::divergence::Directions;
use crate::likelihood::integrators::{Passage, Tolerance};
use crate::likelihood::{Estimate, Estimation, Likelihood, LikelihoodConfig, Method, Query};
use crate::{Error, Result};

impl Likelihood for Interpolant {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, features] = rows.dims();
        if batch == 0 || features != self.card.features() {
            return Err(Error::argument(format!(
                "likelihood: wanted rows of {} numbers, at least 1; these are {batch} of {features}",
                self.card.features()
            )));
        }
        let std = self.field.config.source.std().ok_or_else(|| {
            Error::argument(
                "likelihood: the density of this source is not known; one from a Gaussian has a likelihood",
            )
        })?;
        let std = std.hypot(self.field.config.noise.ends());
        let method = query.method.clone().map_or_else(|| LikelihoodConfig::named("ode"), Ok)?;
        let LikelihoodConfig::Ode(ode) = method else {
            return Err(Error::argument(format!(
                "likelihood: an interpolant has no `{}`; take `ode`",
                method.name()
            )));
        };
        ode.check()?;
        let Field { config, interface, device, .. } = &*self.field;
        let class = query.told(batch, interface.classes.len(), config.label_dropout, device)?;
        let rows = rows.without_autodiff();
        let noise = query.noise(&rows);
        let directions = ode.divergence(features)?.directions(&noise, rows.dtype());
        let x = query.cells.iter().fold(rows, |rows, cells| cells.spread(rows, &noise));
        let width = query.cells.map_or(1.0, |cells| cells.width());
        let state = Tensor::cat(vec![x.clone(), x.zeros_like().sum_dim(1)], 1);
        let tolerance = ode.integrator.tolerance().map(Tolerance::equal);
        Ok(Box::new(Return {
            field: self.field.clone(),
            guide: Guide { class, scale: 1.0 },
            directions,
            passage: Passage::new(&*ode.integrator, tolerance, [1.0, 0.0], ode.steps, state),
            std,
            constant: features as f64 * (width.ln() - std.ln() - 0.5 * std::f64::consts::TAU.ln()),
            step: 0,
            failed: false,
        }))
    }
}

/// The way back under way, of `[x, ∫ div]`, `[batch, features + 1]`.
struct Return {
    field: Rc<Field>,
    guide: Guide,
    directions: Directions,
    passage: Passage,
    std: f64,
    constant: f64,
    step: usize,
    failed: bool,
}

impl Return {
    fn advance(&mut self) -> Result<Estimate> {
        let (field, guide, directions) = (&self.field, &self.guide, &self.directions);
        let features = field.interface.features();
        let velocity = |x: Tensor<2>, t: f64| field.velocity(x, t, guide);
        self.passage.step(|t, state| {
            let (v, trace) = directions.trace(&velocity, &state.clone().narrow(1, 0, features), t);
            Tensor::cat(vec![v, trace], 1)
        })?;
        self.step += 1;
        let log_prob = self.passage.over().then(|| self.log_prob());
        Ok(Estimate { step: self.step, done: self.passage.done(), log_prob })
    }

    fn log_prob(&self) -> Tensor<1> {
        let features = self.field.interface.features();
        let x = self.passage.y().clone().narrow(1, 0, features) / self.std;
        // Gathered from 1 to 0: the sign is turned already.
        let gathered = self.passage.y().clone().narrow(1, features, 1);
        (x.square().sum_dim(1) * -0.5 + gathered + self.constant).reshape([-1])
    }
}

impl Estimation for Return {
    fn step(&mut self) -> Option<Result<Estimate>> {
        if self.failed || self.passage.over() {
            return None;
        }
        let estimate = self.advance();
        self.failed = estimate.is_err();
        Some(estimate)
    }

    fn evaluations(&self) -> usize {
        self.passage.evaluations()
    }
}
