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

/// A sum, and another in which it has the weight `share`, in one pass where that can be; what has no weight in the second is not looked
/// at.
pub(super) fn combine_both(
    first: impl IntoIterator<Item = Term>,
    share: f64,
    rest: impl IntoIterator<Item = Term>,
) -> [Tensor<2>; 2] {
    let rest: Vec<Term> = rest.into_iter().filter(|(weight, _)| *weight != 0.0).collect();
    if share == 0.0 && !rest.is_empty() {
        return [combine(first), combine(rest)];
    }
    kiln_kernels::combine::combine_both(first.into_iter().collect(), share, rest)
}
