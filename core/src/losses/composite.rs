//! A loss of several terms, each with its name, its weight and a schedule of that.
//!
//! ```text
//! L = Σ_i w_i β_i(step) L_i
//! ```

use burn::prelude::*;

use super::Moment;
use super::weights::LossScheduleConfig;

/// One term.
#[derive(Clone, Debug)]
pub struct Term {
    /// What it is told as: a column of the run's scalars.
    pub name: &'static str,
    /// Its weight once its schedule is at 1.
    pub weight: f64,
    /// How the weight rises.
    pub schedule: LossScheduleConfig,
}

impl Term {
    /// A term whose weight does not change.
    pub fn constant(name: &'static str, weight: f64) -> Self {
        Self { name, weight, schedule: LossScheduleConfig::default() }
    }
}

/// Terms that are added up.
#[derive(Clone, Debug)]
pub struct CompositeLoss {
    /// In the order in which their values are given.
    pub terms: Vec<Term>,
}

impl CompositeLoss {
    /// The weighted sum of the terms' values, `[1]` each. Each is told as it is, without its weight.
    pub fn total(&self, values: Vec<Tensor<1>>, moment: &Moment) -> Tensor<1> {
        assert_eq!(values.len(), self.terms.len(), "each term should have a value");
        let weighted = self.terms.iter().zip(values).map(|(term, value)| {
            (moment.note)(term.name, &value);
            value * (term.weight * term.schedule.at(moment.step, moment.steps))
        });
        weighted.reduce(|sum, value| sum + value).expect("a loss should have terms")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::super::weights::LinearWeight;
    use super::*;

    #[test]
    fn terms_are_weighted_as_their_schedules_say_and_told_as_they_are() {
        let rising = LossScheduleConfig::LinearWeight(LinearWeight { delay: 0, over: 10 });
        let terms = vec![Term::constant("error", 2.0), Term { name: "rate", weight: 0.5, schedule: rising }];
        let loss = CompositeLoss { terms };
        let told = RefCell::new(Vec::new());
        let note = |name: &'static str, value: &Tensor<1>| {
            told.borrow_mut().push((name, value.clone().into_scalar::<f32>()));
        };
        let of = |value: f32| Tensor::<1>::from_floats([value], &Device::flex());
        for (step, wanted) in [(0, 6.0), (5, 7.0), (10, 8.0), (99, 8.0)] {
            let moment = Moment { step, steps: 100, note: &note };
            let total = loss.total(vec![of(3.0), of(4.0)], &moment).into_scalar::<f32>();
            assert!((total - wanted).abs() < 1e-6, "{step}: {total}");
        }
        assert_eq!(told.borrow()[..2], [("error", 3.0), ("rate", 4.0)]);
    }
}
