//! Noise predictions of the steps before, for multistep samplers that carry `x = α D + σ e` along a mean of them.

use super::walk::epsilon;
use super::{Level, Vector, combine_both};

/// The latest predictions, newest first.
#[derive(Debug, Default)]
pub(super) struct Past(Vec<Vector>);

impl Past {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn push(&mut self, prediction: Vector) {
        self.0.insert(0, prediction);
    }

    /// `α' D + w_0 e_0 + Σ w_j e_j`, where `e_0` is the noise in `x` and the `e_j` are those before it, as many as there are weights for.
    /// Then `e_0` is put before them, and the newest `kept` are left.
    pub(super) fn step(
        &mut self,
        [x, denoised]: [Vector; 2],
        (own, others): (f64, Vec<f64>),
        kept: usize,
        [from, to]: [Level; 2],
    ) -> Vector {
        let older = others.into_iter().zip(self.0.iter().cloned());
        let rest: Vec<_> = older.chain([(to.alpha, denoised.clone())]).collect();
        // The oldest goes before the sum is made, which then lies in its place.
        self.0.truncate(kept.saturating_sub(1));
        let [e, x] = combine_both(epsilon(x, denoised, from), own, rest);
        self.push(e);
        self.0.truncate(kept);
        x
    }
}
