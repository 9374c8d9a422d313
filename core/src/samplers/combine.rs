//! `Σ w_i x_i`: the one place where samplers put tensors together.
//!
//! Weights are gathered on the host in double precision, so that a step is one pass over its tensors.

use burn::prelude::*;
use kiln_kernels::combine::Term;

/// The sum of weighted tensors; what has no weight is not looked at.
pub(super) fn combine(terms: impl IntoIterator<Item = Term>) -> Tensor<2> {
    let mut terms: Vec<Term> = terms.into_iter().collect();
    if terms.iter().any(|(weight, _)| *weight != 0.0) {
        terms.retain(|(weight, _)| *weight != 0.0);
    }
    match terms.pop() {
        Some((1.0, x)) if terms.is_empty() => x,
        last => {
            terms.extend(last);
            kiln_kernels::combine::combine(terms)
        }
    }
}
