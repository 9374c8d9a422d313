//! `kiln-bench`: Kiln's half of the comparison that `benches/run.sh` makes.
//!
//! `parity` writes inputs and Kiln's outputs for the peer to reproduce; `measure` and `samplers` time the same work as the peer does,
//! `transport` and `likelihood` train the same flows and autoencoders.

mod subject;
mod clock;
mod training;
mod parity;
mod operations;
mod samplers;
mod transport;
mod likelihood;
mod measure;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use kiln::files;

use crate::clock::Clock;
use crate::subject::Subject;

#[derive(Parser)]
#[command(about = "Measures Kiln on this machine's processor; `benches/run.sh` runs it beside its peer")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write fixed inputs and what Kiln makes of them, as safetensors
    Parity(Files),
    /// Time the network, training, sampling and single operations, as JSON
    Measure {
        #[command(flatten)]
        files: Files,
        /// Seconds for each measurement, after its warm-up
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
    },
    /// Time a step of every sampler with a denoiser that costs nothing, as JSON
    Samplers {
        /// Where to write
        #[arg(long)]
        out: PathBuf,
        /// Seconds for each measurement, after its warm-up
        #[arg(long, default_value_t = 1.0)]
        seconds: f64,
    },
    /// Train a model of a configuration, time its steps and judge test data, as JSON
    Likelihood {
        #[command(flatten)]
        subject: likelihood::Subject,
        /// Where to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Train one flow in the plane and measure where it leads, as JSON
    Transport {
        #[command(flatten)]
        subject: transport::Subject,
        /// Where to write
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Args)]
struct Files {
    /// The weight file
    #[arg(long, default_value = "zoo/mnist/flow/weights.safetensors")]
    weights: PathBuf,
    /// The configuration that it was trained with
    #[arg(long, default_value = "zoo/mnist/flow/config.yaml")]
    config: PathBuf,
    /// Where to write
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<()> {
    kiln::device::keep_memory();
    let (out, bytes) = match Arguments::parse().command {
        Command::Parity(files) => {
            let bytes = parity::file(&Subject::open(&files.weights, &files.config)?)?;
            (files.out, bytes)
        }
        Command::Measure { files, seconds } => {
            let clock = Clock { budget: Duration::try_from_secs_f64(seconds)? };
            let found = measure::all(&Subject::open(&files.weights, &files.config)?, clock)?;
            (files.out, serde_json::to_vec_pretty(&found)?)
        }
        Command::Samplers { out, seconds } => {
            let clock = Clock { budget: Duration::try_from_secs_f64(seconds)? };
            (out, serde_json::to_vec_pretty(&samplers::all(clock, &kiln::device::cpu()?)?)?)
        }
        Command::Likelihood { subject, out } => {
            (out, serde_json::to_vec_pretty(&likelihood::measure(&subject, &kiln::device::cpu()?)?)?)
        }
        Command::Transport { subject, out } => {
            (out, serde_json::to_vec_pretty(&transport::measure(subject, &kiln::device::cpu()?)?)?)
        }
    };
    Ok(files::write_atomic(&out, &bytes)?)
}
