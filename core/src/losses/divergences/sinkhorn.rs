//! Optimal transport, blurred: `S = OT(x, y) − ½ OT(x, x) − ½ OT(y, y)`, with the cost `½ |x − y|²`.
//!
//! ```text
//! f_i = −ε ln (1/m) Σ_j exp((g_j − c_ij)/ε),   g_j likewise,   OT = mean f + mean g
//! ```
//!
//! Cuturi 2013, <https://arxiv.org/abs/1306.0895>; without bias by Genevay et al. 2018, <https://arxiv.org/abs/1706.00292>, and Feydy et al. 2019,
//! <https://arxiv.org/abs/1810.08278>, section 3.3.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SetDivergence;
use super::pairs::squares;
use crate::Result;
use crate::config::check::{at_least, positive};
use crate::distributions::special::log_sum_exp;
use crate::random::Key;
use crate::registry::{About, Member};

/// The divergence between the sets as they are, never negative but for rounding. The gradient is that of transport at rest: potentials are found
/// without one, and one more step has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sinkhorn {
    /// `ε`, beside the mean cost of a pair: small is sharp, and takes more iterations.
    pub epsilon: f64,
    /// How often both potentials are moved.
    pub iterations: usize,
}

impl Default for Sinkhorn {
    fn default() -> Self {
        Self { epsilon: 0.05, iterations: 50 }
    }
}

impl Member for Sinkhorn {
    const ABOUT: About = About {
        summary: "Optimal transport, blurred, less the blur's own",
        paper: "Feydy et al. 2019, https://arxiv.org/abs/1810.08278",
    };
}

/// `½ |x − y|²`.
fn cost(x: &Tensor<2>, y: &Tensor<2>) -> Tensor<2> {
    squares(x, y) * 0.5
}

/// `−ε ln mean_j exp((g_j − c_ij)/ε)`, `[n, 1]` of `g`, `[m, 1]`.
fn softened(cost: &Tensor<2>, g: &Tensor<2>, epsilon: &Tensor<2>) -> Tensor<2> {
    let m = cost.dims()[1] as f64;
    let scores = (g.clone().transpose() - cost.clone()) / epsilon.clone();
    (log_sum_exp(scores, 1) - m.ln()) * -epsilon.clone()
}

impl Sinkhorn {
    /// Potentials at rest, without a gradient: moved half the way at a time, both at once, which keeps them symmetric.
    fn potentials(&self, cost: &Tensor<2>, epsilon: &Tensor<2>) -> [Tensor<2>; 2] {
        let turned = cost.clone().transpose();
        let start = |cost: &Tensor<2>| cost.clone().narrow(1, 0, 1).zeros_like();
        let (mut f, mut g) = (start(cost), start(&turned));
        for _ in 0..self.iterations {
            let (to_f, to_g) = (softened(cost, &g, epsilon), softened(&turned, &f, epsilon));
            (f, g) = ((f + to_f) * 0.5, (g + to_g) * 0.5);
        }
        [f, g]
    }
}

impl SetDivergence for Sinkhorn {
    fn measure(&self, x: Tensor<2>, y: Tensor<2>, _key: Key) -> Tensor<1> {
        let [fixed_x, fixed_y] = [&x, &y].map(|rows| rows.clone().detach());
        let across = cost(&fixed_x, &fixed_y);
        let epsilon = (across.clone().mean() * self.epsilon).clamp_min(1e-12).unsqueeze::<2>();
        let [f, g] = self.potentials(&across, &epsilon);
        let [own_x, own_y] =
            [&fixed_x, &fixed_y].map(|rows| self.potentials(&cost(rows, rows), &epsilon)[0].clone());
        // The last step, from rows with a gradient to rows without: what it moves is the transport's own gradient.
        let last = |from: &Tensor<2>, to: &Tensor<2>, potential: &Tensor<2>| {
            softened(&cost(from, to), potential, &epsilon).mean()
        };
        last(&x, &fixed_y, &g) - last(&x, &fixed_x, &own_x) + last(&y, &fixed_x, &f)
            - last(&y, &fixed_y, &own_y)
    }
    fn check(&self) -> Result<()> {
        positive("epsilon", self.epsilon)?;
        at_least("iterations", self.iterations, 1)
    }
}
