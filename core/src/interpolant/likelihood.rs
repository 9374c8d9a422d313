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

use burn::prelude::*;

use super::trained::{Field, Interpolant};
use crate::classes::Guide;
use crate::likelihood::integrators::{Passage, Tolerance};
use crate::likelihood::{Estimation, Integration, Likelihood, LikelihoodConfig, Method, Query};
use crate::{Error, Result};

impl Likelihood for Interpolant {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, features] = self.card.judged(&rows)?;
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
        let passage = Passage::new(&*ode.integrator, tolerance, [1.0, 0.0], ode.steps, state);
        let (field, guide) = (self.field.clone(), Guide { class, scale: 1.0 });
        // From 1 to 0: what is gathered has its sign turned already.
        let slope = move |t: f64, state: &Tensor<2>| {
            let velocity = |x: Tensor<2>, t: f64| field.velocity(x, t, &guide);
            let (v, trace) = directions.trace(&velocity, &state.clone().narrow(1, 0, features), t);
            Tensor::cat(vec![v, trace], 1)
        };
        Ok(Box::new(Integration::new(slope, passage, std, features as f64 * width.ln())))
    }
}
