//! `kiln train`: a run from a configuration, or the rest of one.

mod start;
mod resume;
mod trainer;
mod report;

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::{interrupt, out};

const EXAMPLES: &str = "Examples:
  kiln train density/moons train.steps=2000
  kiln train my.yaml seed=1 model.network.channels=64 --data data/mnist
  kiln train density/moons 'train.rate.peak=choice(1e-3, 3e-4)' 'seed=choice(1, 2)'     # four runs, one after another
  kiln train mnist/edm model.objective=consistency_distillation model.sampling.sampler=consistency train.teacher=mnist/edm --data data/mnist
  kiln train mnist/latent train.from.stage=outputs/runs/2026-11-21T10-15-00_mnist-autoencoder_k3f9 --data data/mnist
  kiln train --resume outputs/runs/2026-11-21T10-15-00_mnist-flow_k3f9";

/// The arguments of `kiln train`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// YAML file or entry of the zoo; none with --resume, which takes the run's own
    #[arg(required_unless_present = "resume")]
    config: Option<String>,
    /// Overrides, as in `train.batch=64`; `key=choice(a, b)` trains once with each
    #[arg(value_name = "key=value")]
    overrides: Vec<String>,
    /// Where the data are, for those that are read from files
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Where the run's folder is made
    #[arg(long, value_name = "FOLDER", default_value = "outputs/runs", conflicts_with = "resume")]
    out: PathBuf,
    /// What to compute on (kiln devices) [default: auto; with --resume, what the run computed on]
    #[arg(long)]
    device: Option<String>,
    /// Go on with a run, to the same bits on the CPU; only `train.steps=N` may be changed
    #[arg(long, value_name = "RUN")]
    resume: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Outcome {
    if let Some(folder) = &args.resume {
        let trainer = resume::resume(&args, folder)?;
        interrupt::listen()?;
        return trainer.train();
    }
    let runs = kiln::config::expand(&args.overrides);
    if runs.len() > 1 {
        // All of a sweep before any of it is trained: the last one's error should not cost the runs before it.
        runs.iter().try_for_each(|overrides| start::check(&args, overrides))?;
    }
    interrupt::listen()?;
    for (i, overrides) in runs.iter().enumerate() {
        if runs.len() > 1 {
            out::say(format!("\nrun {} of {}: {}", i + 1, runs.len(), overrides.join(" ")));
        }
        start::start(&args, overrides)?.train()?;
    }
    Ok(())
}
