//! Oracles: every recorded walk of diffusers and of k-diffusion that lies in `$KILN_SHARED/oracles`, walked again by Kiln.
//!
//! The denoiser is in closed form and the noise was recorded, so whole trajectories can be compared, stochastic ones too. A case is
//! known by what it holds, not by its file: whatever is put into the folder is run, and what Kiln has no name for fails by name.
//!
//! `KILN_SHARED=… cargo test --release -p kiln-tests --test oracles -- --nocapture` prints the error of each case.

mod case;
mod diffusers;
mod drive;
mod kdiffusion;
mod network;
mod replay;
mod table;

use burn::tensor::DType;
use kiln::Result;

use case::{Case, Meta};
use diffusers::Levels;
use drive::{Plan, Trajectory};

/// Half a unit in the last place of single precision, in which diffusers keeps its tables, times what a few steps make of it.
const SINGLE: f64 = 1e-6;

#[test]
fn recorded_levels_in_double_precision() {
    judge("recorded levels, f64", |case, meta| {
        let found = plan(case, meta, Levels::Recorded)?.run(&meta.noise, DType::F64)?;
        let tolerance = match case {
            // Times are kept in single precision there, whatever the samples are kept in.
            Case::KDiffusion(case) if case.sampler.contains("dpm_fast") => SINGLE,
            Case::KDiffusion(case) if case.sampler.contains("dpm_adaptive") => SINGLE,
            Case::KDiffusion(_) => 1e-9,
            Case::Diffusers(_) => SINGLE,
        };
        let counted = match case {
            Case::Diffusers(case) => case.nfe,
            Case::KDiffusion(case) => case.nfe,
        };
        let error = worst(case, &found);
        Ok(Verdict { error, tolerance, note: evaluations(found.evaluations, counted) })
    });
}

#[test]
fn own_levels_in_double_precision() {
    judge("own levels, f64", |case, meta| {
        let found = plan(case, meta, Levels::Own)?.run(&meta.noise, DType::F64)?;
        Ok(Verdict { error: worst(case, &found), tolerance: 1e-5, note: None })
    });
}

#[test]
fn recorded_levels_in_single_precision() {
    judge("recorded levels, f32", |case, meta| {
        let found = plan(case, meta, Levels::Recorded)?.run(&meta.noise, DType::F32)?;
        Ok(Verdict {
            error: far(found.last(), &case.last().unwrap_or_default()),
            tolerance: 1e-5,
            note: None,
        })
    });
}

/// What came of a case.
struct Verdict {
    error: f64,
    tolerance: f64,
    /// What else is wrong.
    note: Option<String>,
}

fn plan(case: &Case, meta: &Meta, levels: Levels) -> Result<Plan> {
    match case {
        Case::Diffusers(case) => diffusers::plan(case, meta, levels),
        Case::KDiffusion(case) => kdiffusion::plan(case, meta, levels),
    }
}

fn evaluations(found: usize, recorded: usize) -> Option<String> {
    (found != recorded).then(|| format!("{found} evaluations instead of {recorded}"))
}

/// Runs every case, prints every error, and fails with those that are too large.
fn judge(what: &str, run: impl Fn(&Case, &Meta) -> Result<Verdict>) {
    let files = case::files();
    if files.is_empty() {
        let why = format!("no oracle in {}; point KILN_SHARED at the shared data", case::folder().display());
        return kiln_tests::skipped(&why);
    }
    let (mut failures, mut count, mut worst) = (Vec::new(), 0, 0.0_f64);
    for (path, file) in &files {
        println!("{what}: {}", path.display());
        for case in &file.cases {
            let name = case.name();
            if case.last().is_none() {
                println!("  {name}: the original's result is no number");
                continue;
            }
            count += 1;
            match run(case, &file.meta) {
                Ok(verdict) => {
                    println!("  {:.1e}  {name}", verdict.error);
                    worst = worst.max(verdict.error);
                    let close = verdict.error <= verdict.tolerance;
                    if !close || verdict.note.is_some() {
                        let note = verdict.note.unwrap_or_default();
                        failures.push(format!(
                            "{:.1e} > {:.0e}  {name} {note}",
                            verdict.error, verdict.tolerance
                        ));
                    }
                }
                Err(error) => failures.push(format!("{name}: {error}")),
            }
        }
    }
    println!("{what}: {count} cases, worst {worst:.1e}, {} failures", failures.len());
    assert!(failures.is_empty(), "{what}: {} of {count} cases\n  {}", failures.len(), failures.join("\n  "));
}

/// The largest error of the last state, and of those between where they were recorded.
fn worst(case: &Case, found: &Trajectory) -> f64 {
    let last = far(found.last(), &case.last().unwrap_or_default());
    let between = match case {
        // One state for each evaluation.
        Case::Diffusers(case) => case.traj.as_ref().map(|states| {
            let pairs = found.states.iter().filter_map(|(count, x)| Some((x, states.get(count - 1)?)));
            pairs.map(|(found, recorded)| far(found, recorded)).fold(0.0, larger)
        }),
        // One before each step, the step's own noise in it.
        Case::KDiffusion(case) if case.kwargs.contains_key("s_churn") => None,
        Case::KDiffusion(case) => case.traj.as_ref().map(|states| {
            let pairs = found.states.iter().zip(states.iter().skip(1));
            pairs.map(|((_, found), recorded)| far(found, recorded)).fold(0.0, larger)
        }),
    };
    larger(last, between.unwrap_or(0.0))
}

/// `max |a − b|/max(1, |b|)`; what is no number is as far as can be.
fn far(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, larger)
}

fn larger(a: f64, b: f64) -> f64 {
    if b.is_nan() { f64::INFINITY } else { a.max(b) }
}
