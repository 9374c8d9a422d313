//! LMS: linear multistep in `σ`, the polynomial through the last slopes integrated exactly.
//!
//! ```text
//! x ← x + Σ_j c_j d_{i−j},   c_j = ∫_σ^σ' Π_{k≠j} (τ − σ_{i−k})/(σ_{i−j} − σ_{i−k}) dτ,   d = (x − D)/σ
//! ```
//!
//! Adams and Bashforth's method for unequal steps (Hairer et al. 1993, section III.5, <https://doi.org/10.1007/978-3-540-78862-1>);
//! k-diffusion's `sample_lms`, <https://github.com/crowsonkb/k-diffusion>, in the frame `x/α`. It starts with fewer slopes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exponential::has_order;
use super::past::Past;
use super::{Level, Sampler, Solver, Vector, Walk};
use crate::Result;
use crate::registry::{About, Member};

/// Gauss and Legendre's four points and weights on [−1, 1]: exact for polynomials up to degree 7, hence the highest order.
const GAUSS: [(f64, f64); 4] = [
    (-0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
    (-0.339_981_043_584_856_26, 0.652_145_154_862_546_2),
    (0.339_981_043_584_856_26, 0.652_145_154_862_546_2),
    (0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
];

/// One evaluation a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lms {
    /// How many slopes are used, 1 to 8.
    #[schemars(range(min = 1, max = 8))]
    pub order: usize,
}

impl Default for Lms {
    fn default() -> Self {
        Self { order: 4 }
    }
}

impl Member for Lms {
    const ABOUT: About = About {
        summary: "Linear multistep in sigma, for unequal steps (k-diffusion)",
        paper: "Hairer et al. 1993, section III.5, https://doi.org/10.1007/978-3-540-78862-1; https://github.com/crowsonkb/k-diffusion",
    };
}

impl Solver for Lms {
    fn order(&self) -> u32 {
        self.order as u32
    }
    fn memory(&self) -> usize {
        self.order.saturating_sub(1)
    }
    fn check(&self) -> Result<()> {
        has_order("order", self.order, [1, 8])
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Multistep { order: self.order, past: Past::default(), sigmas: Vec::new() })
    }
}

/// Remembers slopes and where they were taken, newest first.
struct Multistep {
    order: usize,
    past: Past,
    sigmas: Vec<f64>,
}

impl Sampler for Multistep {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let denoised = walk.denoise(&x, from);
        self.sigmas.insert(0, from.ratio());
        let step = coefficients(&self.sigmas, to.ratio());
        self.sigmas.truncate(self.order - 1);
        // (x/α − D)/(σ/α) is the noise. `x/α = D + σ d`, so that nothing is subtracted from `x`, which at `α = 0` is all noise: the weights
        // add up to `σ'`.
        let own = to.ratio() - step[1..].iter().sum::<f64>();
        let others = step[1..].iter().map(|weight| to.alpha * weight).collect();
        Ok(self.past.step([x, denoised], (to.alpha * own, others), self.order - 1, [from, to]))
    }

    fn kept(&self) -> usize {
        self.past.len()
    }
}

/// `c_j`: the integrals from the first of `nodes` to `to` of the polynomials that are 1 at one node and 0 at the others.
fn coefficients(nodes: &[f64], to: f64) -> Vec<f64> {
    let (half, mid) = ((to - nodes[0]) / 2.0, f64::midpoint(to, nodes[0]));
    let integral =
        |j| GAUSS.iter().map(|(u, weight)| weight * lagrange(nodes, j, mid + half * u)).sum::<f64>();
    (0..nodes.len()).map(|j| half * integral(j)).collect()
}

/// `Π_{k≠j} (τ − σ_k)/(σ_j − σ_k)`.
fn lagrange(nodes: &[f64], j: usize, tau: f64) -> f64 {
    let others = nodes.iter().enumerate().filter(|(k, _)| *k != j);
    others.map(|(_, node)| (tau - node) / (nodes[j] - node)).product()
}

#[cfg(test)]
mod tests {
    use super::coefficients;

    /// On equal steps they are Adams and Bashforth's numbers, whatever the order.
    #[test]
    fn equal_steps_have_the_textbooks_coefficients() {
        let four = coefficients(&[3.0, 4.0, 5.0, 6.0], 2.0);
        let expected = [-55.0 / 24.0, 59.0 / 24.0, -37.0 / 24.0, 9.0 / 24.0];
        assert!(four.iter().zip(expected).all(|(c, e)| (c - e).abs() < 1e-14), "{four:?}");
    }

    /// `Σ c_j σ_j^m = (σ'^{m+1} − σ^{m+1})/(m+1)` for every power below the order, on uneven nodes.
    #[test]
    fn polynomials_below_the_order_are_integrated_exactly() {
        for order in 1..=8 {
            let nodes: Vec<f64> =
                (0..order).map(|i| 1.0 + 0.3 * f64::from(i) + 0.05 * f64::from(i * i)).collect();
            let c = coefficients(&nodes, 0.6);
            for power in 0..order {
                let sum: f64 = c.iter().zip(&nodes).map(|(c, node)| c * node.powi(power)).sum();
                let exact = (0.6_f64.powi(power + 1) - 1.0) / f64::from(power + 1);
                assert!((sum - exact).abs() < 1e-11, "order {order}, power {power}: {sum} {exact}");
            }
        }
    }
}
