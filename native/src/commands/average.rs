//! `kiln average`: weights with an average of any length, after training (post-hoc EMA).
//!
//! Karras et al. 2024, <https://arxiv.org/abs/2312.02696>, section 3.2.

use std::path::PathBuf;

use kiln::runs::Run;
use kiln::train::averages::{LONGEST, Mixture, Profile, mismatch, solve_weights, track};
use kiln::{Error, Result};

use crate::failure::{Failure, Outcome};
use crate::models::configuration;
use crate::out;
use crate::save::save;

const EXAMPLES: &str = "Examples:
  kiln average outputs/runs/2026-11-21T10-15-00_mnist-edm_k3f9 --length 0.08 --out edm-08.safetensors
  kiln average outputs/runs/2026-11-21T10-15-00_mnist-edm_k3f9 --length 0.02 --at 4000 --out early.safetensors";

/// The arguments of `kiln average`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder of a run that was trained with `train.ema=power`
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Width of the average as a share of training, above 0 and below 0.288: about the last `2 LENGTH` of it count
    #[arg(long, value_name = "SHARE")]
    length: f64,
    /// Step of a snapshot after which the average is taken [default: the last]
    #[arg(long, value_name = "STEP")]
    at: Option<u64>,
    /// Where the weights go
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
}

/// An average that a snapshot holds.
struct Kept {
    step: u64,
    track: usize,
    profile: Profile,
}

pub(crate) fn run(args: Args) -> Outcome {
    let possible = args.length > 0.0 && args.length < LONGEST;
    if !possible {
        let message = format!("--length {}: wanted a share above 0 and below {LONGEST}", args.length);
        return Err(Error::argument(message).into());
    }
    let run = Run::open(&args.run)?;
    let kept = kept(&run, args.at)?;
    let wanted = Profile::new(kept.last().map_or(0, |kept| kept.step), args.length);
    let profiles: Vec<Profile> = kept.iter().map(|kept| kept.profile).collect();
    let weights = solve_weights(&profiles, wanted);
    let off = mismatch(&profiles, &weights, wanted);
    save(&args.out, &mixed(&run, &kept, &weights)?)?;
    out::say(args.out.display());
    out::note(format!(
        "an average of length {} after step {}, from {} that were kept; its profile is met but for {:.2} %",
        args.length,
        wanted.t,
        kept.len(),
        100.0 * off
    ));
    Ok(())
}

/// What the run kept up to a step, ascending.
fn kept(run: &Run, at: Option<u64>) -> Outcome<Vec<Kept>> {
    let (steps, train) = (run.snapshots()?, configuration(run)?.train);
    let lengths = train.ema.lengths();
    let folder = run.folder().display();
    let Some(last) = steps.last().copied().filter(|_| !lengths.is_empty()) else {
        let error = Error::format(folder.to_string(), "this run has kept no snapshots of its averages");
        return Err(Failure::new(error, "train with: kiln train CONFIG train.ema=power"));
    };
    let at = at.unwrap_or(last);
    if !steps.contains(&at) {
        let there: Vec<String> = steps.iter().map(u64::to_string).collect();
        let message =
            format!("--at {at}: there is no snapshot of this step; there are: {}", there.join(", "));
        return Err(Error::argument(message).into());
    }
    let of = |step: u64| {
        let kept =
            move |(track, length): (usize, &f64)| Kept { step, track, profile: Profile::new(step, *length) };
        lengths.iter().enumerate().map(kept)
    };
    Ok(steps.into_iter().filter(|step| *step <= at).flat_map(of).collect())
}

/// The weighted sum of what was kept, as a weight file. One snapshot at a time is in memory.
fn mixed(run: &Run, kept: &[Kept], weights: &[f64]) -> Outcome<Vec<u8>> {
    // As the paper's own code does: weights that do not change should not be scaled.
    let total: f64 = weights.iter().sum();
    let mut mixture = Mixture::default();
    let pairs: Vec<(&Kept, f64)> = kept.iter().zip(weights.iter().map(|weight| weight / total)).collect();
    for group in pairs.chunk_by(|a, b| a.0.step == b.0.step) {
        add(run, &mut mixture, group)
            .map_err(|error| Failure::new(error, "without this snapshot's folder, the others will do"))?;
    }
    Ok(mixture.finish()?)
}

/// Adds the averages of one snapshot.
fn add(run: &Run, mixture: &mut Mixture, group: &[(&Kept, f64)]) -> Result<()> {
    let Some((first, _)) = group.first() else { return Ok(()) };
    let snapshot = run.snapshot(first.step)?;
    for (kept, weight) in group {
        let name = track(kept.track);
        let place = format!("{}, averages after step {}, {name}", run.folder().display(), kept.step);
        mixture.add(*weight, &place, snapshot.file(&name)?)?;
    }
    Ok(())
}
