//! `kiln sample`: draws from a model, and writes a picture, text or the numbers.

use kiln::model::Classes;

use super::decode::begun;
use super::drawing::{Drawing, Wanted};
use crate::failure::Outcome;

const EXAMPLES: &str = "Examples:
  kiln sample mnist/flow -n 64 --class each --out digits.png
  kiln sample mnist/edm --class 7 --guidance 2 --sampler ddim:eta=0.5 --steps 30
  kiln sample mnist/edm --sampler unipc --order 3 --schedule karras --steps 10
  kiln sample mnist/edm --guidance 4 --guidance-interval 0.1,5 --guidance-schedule cosine --guidance-rescale 0.7
  kiln sample mnist/edm --guidance 8 --apg=norm=5 --threshold 0.6
  kiln sample mnist/edm --guidance 2 --weak early.safetensors
  kiln sample mnist/flow --class 3 --classifier mnist/classifier --classifier-scale 2
  kiln sample mnist/edm -n 256 --precision bf16
  kiln sample density/moons -n 10000 --out moons.png
  kiln sample outputs/runs/RUN -n 3 --prompt ROMEO: --steps 128 --temperature 0.9      # a model of text";

/// The arguments of `kiln sample`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    drawing: Drawing,
    /// How many samples
    #[arg(short = 'n', long, default_value_t = 16)]
    count: usize,
    /// Text that every sample begins with (models of text)
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
}

pub(crate) fn run(args: Args) -> Outcome {
    let count = args.count;
    args.drawing.run(|card| {
        let edit = args.prompt.as_deref().map(|prompt| begun(prompt, card)).transpose()?;
        Ok(Wanted { count, edit, classes: Classes::Each, suffix: "" })
    })
}
