//! The comparison: a row a walk.

use std::path::Path;

use kiln::data::Dataset;
use kiln::{Error, Result};

use super::plan::{Plan, Planned};
use super::quality::{Kind, Measure, Quality};
use super::report;
use super::walks::{Walked, Walker};
use crate::failure::{Failure, Outcome};
use crate::out::note;
use crate::save::save;

/// Numbers of samples that are kept to be shown: of points all, of pictures some.
const SHOWN: usize = 8;

/// A walk, judged.
pub(super) struct Row {
    /// Which of the samplers.
    pub(super) place: usize,
    pub(super) name: String,
    pub(super) steps: usize,
    pub(super) evaluations: usize,
    pub(super) seconds: f64,
    /// Root mean square distance to the reference's samples; none for a sampler that draws noise.
    pub(super) error: Option<f64>,
    /// Distance to data; none where there are no samples.
    pub(super) quality: Option<f64>,
    /// The samples that are shown.
    pub(super) shown: Vec<f32>,
    /// Why there are no samples.
    pub(super) trouble: Option<String>,
}

/// All that was found.
pub(super) struct Compared {
    pub(super) names: Vec<String>,
    pub(super) steps: Vec<usize>,
    pub(super) count: usize,
    pub(super) reference: Row,
    /// Sampler by sampler, the shortest walk first.
    pub(super) rows: Vec<Row>,
    /// How many were planned.
    pub(super) planned: usize,
    pub(super) measure: Measure,
    /// What data come to in the place of samples.
    pub(super) level: Option<f64>,
    /// The data that are shown; none where quality is the distance to the reference's samples.
    pub(super) fresh: Option<Vec<f32>>,
}

/// Takes the walks of a plan and judges them, writing the table after each.
pub(super) fn compare(
    plan: &Plan,
    mut walker: Walker<'_>,
    kind: Kind<'_>,
    data: Option<&dyn Dataset>,
    folder: &Path,
) -> Outcome<Compared> {
    walker.begin(plan);
    let nothing = || Failure::Interrupted("interrupted before a walk was done".into());
    let exact = walker.walk(&plan.reference)?.ok_or_else(nothing)?;
    let count = walker.request.count;
    let quality = kind.against(data, &exact.rows, count)?;
    let bench = Bench { quality, exact: exact.rows.clone(), features: exact.rows.len() / count };
    let mut compared = bench.begin(plan, exact, count)?;
    for planned in &plan.walks {
        let row = match walker.walk(planned) {
            Ok(Some(walked)) => bench.judge(planned, walked)?,
            Ok(None) => break,
            Err(error) => failed(planned, error, &walker)?,
        };
        let place =
            compared.rows.partition_point(|other| (other.place, other.steps) < (row.place, row.steps));
        compared.rows.insert(place, row);
        save(&folder.join("compare.csv"), report::csv(&compared).as_bytes())?;
    }
    if compared.rows.is_empty() { Err(nothing()) } else { Ok(compared) }
}

/// What walks are judged by.
struct Bench<'a> {
    quality: Quality<'a>,
    exact: Vec<f32>,
    features: usize,
}

impl Bench<'_> {
    fn begin(&self, plan: &Plan, exact: Walked, count: usize) -> Result<Compared> {
        Ok(Compared {
            names: plan.names.clone(),
            steps: plan.steps.clone(),
            count,
            reference: self.judge(&plan.reference, exact)?,
            rows: Vec::new(),
            planned: plan.walks.len(),
            measure: self.quality.measure(),
            level: self.quality.level,
            fresh: self.quality.fresh.as_deref().map(|fresh| self.shown(fresh)),
        })
    }

    fn judge(&self, planned: &Planned, walked: Walked) -> Result<Row> {
        let error = (!planned.sampler.config.stochastic()).then(|| distance(&walked.rows, &self.exact));
        Ok(Row {
            error,
            quality: Some(self.quality.of(&walked.rows)?),
            shown: self.shown(&walked.rows),
            evaluations: walked.evaluations,
            seconds: walked.seconds,
            ..row(planned)
        })
    }

    fn shown(&self, rows: &[f32]) -> Vec<f32> {
        let most = if self.quality.measure() == Measure::Sliced { rows.len() } else { SHOWN * self.features };
        rows[..most.min(rows.len())].to_vec()
    }
}

fn row(planned: &Planned) -> Row {
    Row {
        place: planned.place,
        name: planned.sampler.name.clone(),
        steps: planned.steps,
        evaluations: 0,
        seconds: 0.0,
        error: None,
        quality: None,
        shown: Vec::new(),
        trouble: None,
    }
}

/// The row of a walk that did not arrive: others may.
fn failed(planned: &Planned, error: Error, walker: &Walker<'_>) -> Result<Row> {
    match error {
        Error::Io { .. } => Err(error),
        error => {
            let trouble = error.to_string();
            walker.aside(|| note(format!("{}: {trouble}", planned.words())));
            Ok(Row { trouble: Some(trouble), ..row(planned) })
        }
    }
}

/// `sqrt(mean (a − b)²)` over all numbers.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    (squares / a.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_the_root_of_the_mean_square() {
        assert_eq!(distance(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.0]), 0.0);
        assert!((distance(&[3.0, 0.0], &[0.0, 4.0]) - 12.5_f64.sqrt()).abs() < 1e-12);
    }
}
