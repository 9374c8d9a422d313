//! The stages of DPM-Solver-1, -2 and -3 between any two levels, in the frame `x/α`, where `σ` is the ratio `σ/α`.
//!
//! ```text
//! order 1:   x' = x − σ' (e^h − 1) n̂
//! order 2:   u = x − σ_1 (e^{r h} − 1) n̂,   x' = order 1 − σ' (e^h − 1)/2r (n̂(u) − n̂)
//! order 3:   u_2 = x − σ_2 (e^{r_2 h} − 1) n̂ − σ_2 (r_2/r_1) h_2 φ_2(h_2) (n̂(u) − n̂),   x' = order 1 − σ'/r_2 h φ_2(h) (n̂(u_2) − n̂)
//! ```
//!
//! Lu et al. 2022, Algorithms 1 to 3, <https://arxiv.org/abs/2206.00927>.

use super::exponential::z_phi;
use super::{Vector, Walk, frame};

/// One step from `σ` over `h` in `λ`, with the predictions made so far.
pub(super) struct Stages<'a, 'w> {
    walk: &'a Walk<'w>,
    x: Vector,
    sigma: f64,
    h: f64,
    noise: Vector,
}

impl<'a, 'w> Stages<'a, 'w> {
    /// From `x` at `σ`; evaluates there.
    pub(super) fn begin(walk: &'a Walk<'w>, x: Vector, sigma: f64, h: f64) -> Self {
        let noise = frame::slope(walk, &x, sigma);
        Self { walk, x, sigma, h, noise }
    }

    /// `σ` and `z φ_k(z)` at the share `r` of the step.
    fn at(&self, r: f64) -> (f64, [f64; 4]) {
        (self.sigma * (-r * self.h).exp(), z_phi(r * self.h))
    }

    /// Order 1, to the share `r` of the step, and so much of the change of the noise to another prediction.
    fn changed(&self, r: f64, other: &Vector, weight: f64) -> Vector {
        let (sigma, phi) = self.at(r);
        let noise = (weight - sigma * phi[0], self.noise.clone());
        Vector::sum([(1.0, self.x.clone()), noise, (-weight, other.clone())])
    }

    /// Order 1, to the share `r` of the step.
    pub(super) fn first(&self, r: f64) -> Vector {
        let (sigma, phi) = self.at(r);
        Vector::sum([(1.0, self.x.clone()), (-sigma * phi[0], self.noise.clone())])
    }

    /// The prediction at order 1's result there.
    pub(super) fn middle(&self, r: f64) -> Vector {
        frame::slope(self.walk, &self.first(r), self.at(r).0)
    }

    /// Order 2 with the prediction in the middle, at `r`.
    pub(super) fn second(&self, middle: &Vector, r: f64) -> Vector {
        let (sigma, phi) = self.at(1.0);
        self.changed(1.0, middle, sigma * phi[0] / (2.0 * r))
    }

    /// Order 3 with the prediction in the middle, at a third, and one more, at two thirds.
    pub(super) fn third(&self, middle: &Vector) -> Vector {
        let (r1, r2) = (1.0 / 3.0, 2.0 / 3.0);
        let (sigma, phi) = self.at(r2);
        let u = self.changed(r2, middle, sigma * (r2 / r1) * phi[1]);
        let late = frame::slope(self.walk, &u, sigma);
        let (sigma, phi) = self.at(1.0);
        self.changed(1.0, &late, sigma / r2 * phi[1])
    }

    /// The step at that order, 1 to 3.
    pub(super) fn of_order(&self, order: usize) -> Vector {
        match order {
            1 => self.first(1.0),
            2 => self.second(&self.middle(0.5), 0.5),
            _ => self.third(&self.middle(1.0 / 3.0)),
        }
    }
}

/// Where a step in `λ` to `to` goes, not beyond `end`, and the noise that is added there to come back up to `to`.
pub(super) fn down(from: f64, to: f64, end: f64, eta: f64) -> (f64, f64) {
    if eta == 0.0 {
        return (to, 0.0);
    }
    let (sigma, sigma_next) = ((-from).exp(), (-to).exp());
    let (down, _) = frame::ancestral(sigma, sigma_next, eta);
    let to = end.min(-down.ln());
    (to, (sigma_next * sigma_next - (-2.0 * to).exp()).max(0.0).sqrt())
}
