//! Oracles: every recorded walk of diffusers and of k-diffusion that lies in `$KILN_SHARED/oracles` or here, walked again by Kiln.
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
#[expect(clippy::unreadable_literal, reason = "numbers of the originals, to be compared with theirs")]
mod times;

use burn::tensor::DType;
use kiln::Result;

use case::{Case, KDiffusion, Meta};
use diffusers::Levels;
use drive::{Plan, Trajectory};

#[test]
fn recorded_levels_in_double_precision() {
    judge("recorded levels, f64", |case, meta| {
        let plan = plan(case, meta, Levels::Recorded)?;
        let found = plan.run(&meta.noise, DType::F64)?;
        let wobble = wobble(case, meta, &plan, &found)?;
        let tolerance = match case {
            Case::KDiffusion(case) if case.sampler.contains("dpm_adaptive") => tolerance_of(case),
            Case::KDiffusion(case) if case.sampler.contains("dpm_fast") => 1e-4,
            Case::KDiffusion(_) => 1e-9,
            Case::Diffusers(_) => 1e-6_f64.max(wobble),
        };
        let note = evaluations(case, &found);
        Ok(Verdict { error: worst(case, &found), wobble, tolerance, note })
    });
}

#[test]
fn own_levels_in_double_precision() {
    judge("own levels, f64", |case, meta| {
        let plan = plan(case, meta, Levels::Own)?;
        let found = plan.run(&meta.noise, DType::F64)?;
        let wobble = wobble(case, meta, &plan, &found)?;
        let tolerance = match case {
            Case::KDiffusion(case) if case.sampler.contains("dpm_adaptive") => tolerance_of(case),
            Case::KDiffusion(case) if case.sampler.contains("dpm_fast") => 1e-4,
            // `σ² = e^B − 1` in single precision, where `B` is small.
            Case::KDiffusion(case) if case.schedule == "vp" => {
                let least = plan.pairs.last().map_or(1.0, |pair| pair[0].ratio());
                1e-5_f64.max(wobble).max(least.powi(-2) / f64::from(1 << 24))
            }
            _ => 1e-5_f64.max(wobble),
        };
        Ok(Verdict { error: worst(case, &found), wobble, tolerance, note: None })
    });
}

#[test]
fn recorded_levels_in_single_precision() {
    judge("recorded levels, f32", |case, meta| {
        let plan = plan(case, meta, Levels::Recorded)?;
        let (single, double) = (plan.run(&meta.noise, DType::F32)?, plan.run(&meta.noise, DType::F64)?);
        let wobble = wobble(case, meta, &plan, &double)?;
        let tolerance = match case {
            Case::KDiffusion(case) if case.sampler.contains("dpm_adaptive") => tolerance_of(case),
            // Where such a walk starts, its states are a hundred times as large as where it ends.
            _ if plan.pairs[0][0].sigma > 50.0 => 1e-4_f64.max(wobble),
            _ => 1e-5_f64.max(wobble),
        };
        let error = far(single.last(), &case.last().unwrap_or_default());
        Ok(Verdict { error, wobble, tolerance, note: None })
    });
}

/// What single precision may make of a walk, by which diffusers keeps its tables, coefficients and states of a hundred times the
/// data's size: eight times what one unit in its last place does to this walk, and the digits that a formula loses. k-diffusion
/// computes in double precision but for `ln σ` in its adaptive samplers; our own walks in single precision are given the same.
fn wobble(case: &Case, meta: &Meta, plan: &Plan, found: &Trajectory) -> Result<f64> {
    let moved = |other: &Trajectory| {
        let states = other.states.iter().zip(&found.states);
        states.map(|(other, found)| far(&other.1, &found.1)).fold(0.0, larger)
    };
    let lost = match case {
        Case::Diffusers(case) => diffusers::lost(case, plan),
        // The last step of all leads from the least level to 0, far beyond the steps whose slopes it continues.
        Case::KDiffusion(case) if case.sampler == "sample_lms" => steepest(plan).powi(2) / f64::from(1 << 20),
        Case::KDiffusion(_) => 0.0,
    };
    Ok(8.0 * plan.wobble(&meta.noise, moved)? + lost)
}

/// One over the least step in `ln σ`.
fn steepest(plan: &Plan) -> f64 {
    let least = plan.pairs.iter().filter(|pair| pair[1].sigma > 0.0);
    1.0 / least.map(|pair| (pair[0].ratio() / pair[1].ratio()).ln()).fold(f64::INFINITY, f64::min)
}

/// No tolerance is wider, whatever single precision is held to lose: a case that needs more is to be understood first.
fn widest(case: &Case) -> f64 {
    match case {
        Case::KDiffusion(case) if case.sampler.contains("dpm_adaptive") => tolerance_of(case),
        _ => 1e-4,
    }
}

/// The tolerance that an adaptive sampler was given, twice, for the two results: the original keeps its times in single precision,
/// which decides whether a step is taken, and so where all others fall. [`times`] has its walks with exact times.
fn tolerance_of(case: &KDiffusion) -> f64 {
    2.0 * case.kwargs.get("rtol").and_then(serde_json::Value::as_f64).unwrap_or(0.05)
}

/// What came of a case.
struct Verdict {
    error: f64,
    /// What of it single precision in the original may be.
    wobble: f64,
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

/// Says so where the network was asked another number of times.
fn evaluations(case: &Case, found: &Trajectory) -> Option<String> {
    let recorded = match case {
        Case::Diffusers(case) => case.nfe,
        Case::KDiffusion(case) if case.sampler.contains("dpm_adaptive") => return None,
        Case::KDiffusion(case) => case.nfe,
    };
    let found = found.evaluations;
    (found != recorded).then(|| format!("{found} evaluations instead of {recorded}"))
}

/// Runs every case, prints every error, and fails with those that are too large.
#[expect(clippy::print_stdout, reason = "the table of errors is what one runs it for")]
fn judge(what: &str, run: impl Fn(&Case, &Meta) -> Result<Verdict>) {
    let files = case::files();
    if !case::folder().is_dir() {
        let why = format!("no {}; point KILN_SHARED at the shared data", case::folder().display());
        kiln_tests::skipped(&why);
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
                Ok(Verdict { error, wobble, tolerance, note }) => {
                    let tolerance = tolerance.min(widest(case));
                    println!("  {error:.1e} of {tolerance:.1e} ({wobble:.1e})  {name}");
                    worst = worst.max(error);
                    if error.is_nan() || error > tolerance || note.is_some() {
                        let note = note.unwrap_or_default();
                        failures.push(format!("{error:.1e} > {tolerance:.1e}  {name} {note}"));
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
        // DDIM goes on with noise that fits the data before they were clipped.
        Case::Diffusers(case) if case.scheduler == "DDIMScheduler" && diffusers::clips(case) => None,
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
