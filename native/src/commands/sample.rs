//! `kiln sample`: draws from a model, and writes a picture or the numbers.

use std::path::PathBuf;
use std::time::Instant;

use kiln::data::Split;
use kiln::model::{Card, Classes, Request};

use super::walk::Walk;
use crate::draw::{Drawn, batch, draw};
use crate::failure::{Outcome, argument};
use crate::models::{self, Loaded};
use crate::progress::Bar;
use crate::save::save;
use crate::{out, picture};

const EXAMPLES: &str = "Examples:
  kiln sample mnist/flow -n 64 --class each --out digits.png
  kiln sample mnist/edm --class 7 --guidance 2 --sampler ddim:eta=0.5 --steps 30
  kiln sample density/moons -n 10000 --out moons.png";

/// The arguments of `kiln sample`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Entry of the zoo, .safetensors file, or folder of a run
    model: String,
    #[command(flatten)]
    walk: Walk,
    /// Class by name or index, `each` for one after the other (where there are classes, the default), or
    /// `any` for whatever the data hold
    #[arg(long, value_name = "NAME|INDEX|each|any")]
    class: Option<String>,
    /// Seed of all noise: the same seed is the same picture on every device
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many samples
    #[arg(short = 'n', long, default_value_t = 16)]
    count: usize,
    /// Samples at a time: a matter of memory, not of what is drawn [default: 64 pictures, 4096 points]
    #[arg(long)]
    batch: Option<usize>,
    /// Where the picture goes [default: outputs/samples/MODEL_seedSEED.png]
    #[arg(long, value_name = "FILE.png")]
    out: Option<PathBuf>,
    /// Write the numbers too: little-endian f32, a row a sample; the picture is then drawn only with --out
    #[arg(long, value_name = "FILE")]
    raw: Option<PathBuf>,
    /// Columns of a contact sheet [default: as many as rows]
    #[arg(long)]
    columns: Option<usize>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
}

pub(crate) fn run(args: Args) -> Outcome {
    let (found, device) = kiln::device::choose(&args.device)?;
    let loaded = models::load(&args.model, &device)?;
    let request = request(&args, loaded.model.card())?;
    let started = Instant::now();
    let batch = args.batch.unwrap_or_else(|| batch(loaded.model.card()));
    let drawn = draw(&*loaded.model, &request, batch, &Bar::new("drawing", 0, 0))?;
    let seconds = started.elapsed().as_secs_f64();
    let mut written = Vec::new();
    if let Some(path) = &args.raw {
        let bytes: Vec<u8> = drawn.rows.iter().flat_map(|value| value.to_le_bytes()).collect();
        save(path, &bytes)?;
        written.push(path.clone());
    }
    if let Some(path) = picture_path(&args) {
        save(&path, &draw_picture(&args, &loaded, &drawn)?)?;
        written.push(path);
    }
    written.iter().for_each(|path| out::say(path.display()));
    out::note(summary(args.count, &drawn, &found.name, seconds));
    Ok(())
}

fn request(args: &Args, card: &Card) -> Outcome<Request> {
    let classes = match args.class.as_deref() {
        Some("any") => Classes::Any,
        None if card.classes.is_empty() => Classes::Any,
        None => Classes::Each,
        Some("each") if !card.classes.is_empty() => Classes::Each,
        Some(name) => Classes::One(card.class(name)?),
    };
    if classes == Classes::Any
        && !card.classes.is_empty()
        && args.walk.guidance.is_some_and(|scale| scale != 1.0)
    {
        return Err(argument("--guidance has no class to guide towards: leave out --class any"));
    }
    Ok(Request { count: args.count, seed: args.seed, classes, ..args.walk.request()? })
}

fn picture_path(args: &Args) -> Option<PathBuf> {
    let default = || {
        let plain = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let name: String = args.model.trim_matches(['/', '.']).chars().map(plain).collect();
        PathBuf::from(format!("outputs/samples/{name}_seed{}.png", args.seed))
    };
    args.out.clone().or_else(|| args.raw.is_none().then(default))
}

fn draw_picture(args: &Args, loaded: &Loaded, drawn: &Drawn) -> Outcome<Vec<u8>> {
    let shape = &loaded.model.card().shape;
    let reference = (shape.len() == 1).then(|| reference(loaded, args.count)).flatten();
    Ok(picture::png(&drawn.rows, shape, args.columns, reference.as_deref())?)
}

/// Fresh data, where the model knows its own and they can be read.
pub(super) fn reference(loaded: &Loaded, count: usize) -> Option<Vec<f32>> {
    let data = loaded.data.as_ref()?.open(loaded.path.as_deref(), Split::Test).ok()?;
    Some(picture::examples(&*data, 0, count))
}

fn summary(count: usize, drawn: &Drawn, device: &str, seconds: f64) -> String {
    let Drawn { steps, evaluations, .. } = drawn;
    format!(
        "{count} samples in {steps} steps, {evaluations} evaluations of the network, {seconds:.1} s on {device}"
    )
}
