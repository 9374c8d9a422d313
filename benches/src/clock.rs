//! Repetitions and their times.

use std::time::{Duration, Instant};

/// Calls whose time does not count: caches, allocators and thread pools fill.
const WARM_UP: usize = 2;
/// A median of fewer says little.
const FEWEST: usize = 5;
/// Enough for any median.
const MOST: usize = 2000;

/// How long each measurement may take.
#[derive(Clone, Copy)]
pub struct Clock {
    /// Repetitions go on until this is spent.
    pub budget: Duration,
}

impl Clock {
    /// Seconds of each repetition of `work`.
    pub fn time(self, mut work: impl FnMut()) -> Vec<f64> {
        (0..WARM_UP).for_each(|_| work());
        let begin = Instant::now();
        let mut seconds = Vec::new();
        while seconds.len() < FEWEST || (begin.elapsed() < self.budget && seconds.len() < MOST) {
            let start = Instant::now();
            work();
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_still_leaves_enough_for_a_median() {
        let mut calls = 0;
        let times = Clock { budget: Duration::ZERO }.time(|| calls += 1);
        assert_eq!((times.len(), calls), (FEWEST, FEWEST + WARM_UP));
    }
}
