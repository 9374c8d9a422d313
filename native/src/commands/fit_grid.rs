//! `kiln fit-grid`: the noise levels at which a model is best asked, for a number of steps.

use std::path::PathBuf;

use burn::prelude::{Device, Tensor, TensorData};
use clap::ValueEnum;
use kiln::data::{Batch, Split};
use kiln::guidance::Learns;
use kiln::model::{Card, Generate};
use kiln::nn::one_hot;
use kiln::schedules::grids::{Aim, Fit, fit};
use serde_json::json;

use super::evaluate;
use crate::failure::{Outcome, argument};
use crate::models::{self, Loaded};
use crate::progress::Bar;
use crate::save::save;
use crate::{out, walking};

const EXAMPLES: &str = "Examples:
  kiln fit-grid density/moons --steps 8
  kiln fit-grid mnist/edm --steps 10 --data data/mnist --out ten.yaml
  kiln fit-grid mnist/edm --steps 10 --data data/mnist --aim divergence -n 128";

/// The arguments of `kiln fit-grid`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Entry of the zoo, .safetensors file, or folder of a run
    model: String,
    /// Steps of the walks that the levels are for
    #[arg(long)]
    steps: usize,
    /// What is to be small
    #[arg(long, value_enum, default_value_t = Small::Samples)]
    aim: Small,
    /// Levels to choose from, as many evaluations of the network
    #[arg(long, default_value_t = 128)]
    nodes: usize,
    /// How many examples it is asked about [default: 64 pictures, 2048 points]
    #[arg(short = 'n', long)]
    count: Option<usize>,
    /// Where the data are, for those that are read from files
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The data, for a .safetensors file, which does not say (kiln list datasets)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    dataset: Option<String>,
    /// Seed of the noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where the grid goes, as YAML, for --grid @FILE
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
}

/// What is to be small.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Small {
    /// The error of the samples of deterministic samplers
    Samples,
    /// The bound on the samples' divergence from the data
    Divergence,
}

impl Small {
    fn aim(self) -> Aim {
        match self {
            Self::Samples => Aim::Samples,
            Self::Divergence => Aim::Divergence,
        }
    }
}

pub(crate) fn run(args: Args) -> Outcome {
    let (_, device) = kiln::device::choose(&args.device)?;
    let loaded = models::load(&args.model, &device)?;
    let levels = levels(&args, &loaded, &device)?;
    let numbers: Vec<String> = levels.iter().map(ToString::to_string).collect();
    let text = format!("explicit:levels=[{}]", numbers.join(","));
    // What is printed can be typed.
    walking::levels(None, Some(&text))?;
    match &args.out {
        None => out::say(text),
        Some(path) => {
            let grid = json!({ "kind": "explicit", "levels": levels });
            save(path, kiln::config::to_yaml(&grid)?.as_bytes())?;
            out::say(path.display());
            out::note(format!(
                "kiln sample {} --steps {} --grid @{}",
                args.model,
                args.steps,
                path.display()
            ));
        }
    }
    Ok(())
}

/// The levels, to six digits.
fn levels(args: &Args, loaded: &Loaded, device: &Device) -> Outcome<Vec<f64>> {
    let generator = loaded.model.generator();
    let range = generator.and_then(Generate::range);
    let (Some(denoiser), Some(range)) = (generator.and_then(Generate::denoiser), range) else {
        let family = &loaded.model.card().family;
        return Err(argument(format!(
            "{}: a {family} does not denoise: there are no levels to choose",
            loaded.name
        )));
    };
    // What is fitted is a walk along the flow of the mean.
    if denoiser.learns() != Learns::Mean {
        return Err(argument(format!(
            "{}: it has learnt {}, which levels do not better",
            loaded.name,
            denoiser.learns().words()
        )));
    }
    let options = Fit { steps: args.steps, range, aim: args.aim.aim(), nodes: args.nodes, seed: args.seed };
    let (data, class) = examples(args, loaded, device)?;
    let bar = Bar::new("asking the model", args.nodes as u64, 0);
    let denoise = |x: Tensor<2>, sigma: f64| {
        bar.step();
        denoiser.denoise(x, sigma, class.as_ref())
    };
    let found = fit(&denoise, &data, &options)?;
    Ok(found.into_iter().map(|level| format!("{level:.5e}").parse().unwrap_or(level)).collect())
}

/// Data as the model denoises them, `[batch, features]`: they themselves, or their latents; and their classes where it is told them.
fn examples(args: &Args, loaded: &Loaded, device: &Device) -> Outcome<(Tensor<2>, Option<Tensor<2>>)> {
    let card = loaded.model.card();
    let config = evaluate::data(args.dataset.as_deref(), loaded)?;
    let data = config.open(args.data.as_deref().or(loaded.path.as_deref()), Split::Train)?;
    if data.shape() != card.shape {
        let (data, model) = (data.shape(), &card.shape);
        return Err(argument(format!("the data are of {data:?}, the model's samples of {model:?}")));
    }
    let count = args.count.unwrap_or(if card.shape.len() == 1 { 2048 } else { 64 });
    let count = data.len().map_or(count, |length| count.min(length));
    if count == 0 {
        return Err(argument("-n: at least 1 example is needed, not 0"));
    }
    let batch = Batch::gather(&*data, &(0..count as u64).collect::<Vec<_>>(), 0);
    let rows = Tensor::from_data(TensorData::new(batch.x, [count, card.features()]), device);
    // What denoises latents is asked about those of the examples.
    let rows = loaded.model.codec().map_or(rows.clone(), |codec| codec.encode(rows));
    Ok((rows, told(card, batch.class.as_deref(), count, device)))
}

/// The classes of examples, one-hot; none of them where the data do not say.
fn told(card: &Card, classes: Option<&[u32]>, count: usize, device: &Device) -> Option<Tensor<2>> {
    let known = card.classes.len();
    let class = |row: usize| {
        classes.and_then(|classes| classes.get(row).copied()).filter(|class| (*class as usize) < known)
    };
    (known > 0).then(|| one_hot(&(0..count).map(class).collect::<Vec<_>>(), known, device))
}
