//! Singlestep exponential integrators on the levels of the grid: groups of `p` steps, in which the `k`-th goes from the group's
//! beginning to its own end with the `k` predictions made since.
//!
//! ```text
//! order 2:   u = 0, r            D_1 = (m_1 − m)/r
//! order 3:   u = 0, r_1, r_0     midpoint: the line through 0 and r_0;  heun: the parabola through all three
//! ```
//!
//! Lu et al. 2022, Algorithm 1, <https://arxiv.org/abs/2211.01095>; with the order list of section 3.4 of
//! <https://arxiv.org/abs/2206.00927>, for one evaluation a step.

use super::exponential::{History, Predicts, quadrature};
use super::multistep::{Last, Rule, Second};
use super::{Level, Sampler, Vector, Walk, combine};
use crate::Result;

/// A singlestep walker.
#[derive(Debug)]
pub(super) struct Singlestep {
    predicts: Predicts,
    second: Second,
    order: usize,
    last: Last,
    /// What the group carries from its beginning, and where that is.
    start: Option<(Vector, Level)>,
    history: History,
}

impl Singlestep {
    pub(super) fn new(predicts: Predicts, second: Second, order: usize, last: Last) -> Self {
        Self { predicts, second, order, last, start: None, history: History::default() }
    }

    /// What the step from the group's beginning is made of: nodes, and which of the latest predictions stand there.
    fn nodes(&self, span: [Level; 2], order: usize) -> (Vec<f64>, Vec<&Vector>) {
        let nodes = self.history.nodes(span[0], span[1], order);
        let used = |i: &usize| !(order == 3 && self.second == Second::Midpoint && *i == 1);
        let predictions: Vec<_> = self.history.predictions().collect();
        (
            (0..order).filter(used).map(|i| nodes[i]).collect(),
            (0..order).filter(used).map(|i| predictions[i]).collect(),
        )
    }

    fn advance(&self, carried: Vector, span: [Level; 2], order: usize) -> Vector {
        let step = self.predicts.step(span[0], span[1], 0.0);
        if order == 1 {
            return combine(step.terms(carried, step.moments(1), 0, self.history.predictions()));
        }
        let (nodes, predictions) = self.nodes(span, order);
        let moments = match order {
            2 => Rule::Published(self.second).moments(&step, 2),
            _ => step.moments(nodes.len()),
        };
        // The oldest is that of the group's beginning.
        combine(step.terms(carried, quadrature(&nodes, &moments), nodes.len() - 1, predictions))
    }
}

impl Sampler for Singlestep {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let (prediction, carried) = self.predicts.of(walk, x, from);
        self.history.push(from, prediction);
        let data = walk.levels.last().is_some_and(|level| level.sigma == 0.0);
        let order = order_of(self.order, self.last, walk.steps(), walk.step(), data).min(self.history.len());
        let (start, begun) = match self.start.take() {
            Some(start) if order > 1 => start,
            _ => (carried, from),
        };
        let x = self.advance(start.clone(), [begun, to], order);
        let whole = order == self.order;
        self.start = (!whole).then_some((start, begun));
        // The next group begins with its own predictions.
        self.history.keep(if whole { 0 } else { order });
        Ok(x)
    }

    /// A group that was interrupted is over.
    fn moved(&mut self) {
        self.start = None;
        self.history.keep(0);
    }

    fn kept(&self) -> usize {
        usize::from(self.start.is_some()) + self.history.len()
    }
}

/// The order of step `i` of `steps`: `1, 2, 3, 1, 2, 3, …`, at the end lower where the last group would be cut short.
fn order_of(order: usize, last: Last, steps: usize, i: usize, into_data: bool) -> usize {
    let whole = last == Last::Full && steps.is_multiple_of(order) && !into_data;
    let left = steps.saturating_sub(i);
    let group = 1 + i % order;
    match left {
        _ if whole => group,
        // The last step is Euler's, or ends a group that was cut short.
        0 | 1 if into_data || last == Last::Euler || steps.is_multiple_of(order) => 1,
        _ => group,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(order: usize, last: Last, steps: usize, into_data: bool) -> Vec<usize> {
        (0..steps).map(|i| order_of(order, last, steps, i, into_data)).collect()
    }

    /// The lists of section 3.4, and those of diffusers' `get_order_list`.
    #[test]
    fn the_order_list_is_the_published_one() {
        use Last::{Euler, Full, LowerOrder};
        assert_eq!(list(3, LowerOrder, 6, false), [1, 2, 3, 1, 2, 1]);
        assert_eq!(list(3, LowerOrder, 7, false), [1, 2, 3, 1, 2, 3, 1]);
        assert_eq!(list(3, LowerOrder, 8, false), [1, 2, 3, 1, 2, 3, 1, 2]);
        assert_eq!(list(3, LowerOrder, 8, true), [1, 2, 3, 1, 2, 3, 1, 1]);
        assert_eq!(list(3, Euler, 8, false), [1, 2, 3, 1, 2, 3, 1, 1]);
        assert_eq!(list(3, Full, 6, false), [1, 2, 3, 1, 2, 3]);
        assert_eq!(list(3, Full, 6, true), [1, 2, 3, 1, 2, 1]);
        assert_eq!(list(2, LowerOrder, 4, false), [1, 2, 1, 1]);
        assert_eq!(list(2, LowerOrder, 5, true), [1, 2, 1, 2, 1]);
        assert_eq!(list(1, LowerOrder, 3, true), [1, 1, 1]);
    }
}
