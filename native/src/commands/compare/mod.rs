//! `kiln compare`: samplers beside one another, by what they reach with so many evaluations of the network.
//!
//! Every walk begins at the same noise. A deterministic sampler's error is how far its samples lie from those of a reference, a fine
//! walk from that noise (root mean square over all numbers); the quality of any is how far its samples lie from data.

mod plan;
mod walks;
mod quality;
mod rows;
mod report;
mod pictures;

use std::path::{Path, PathBuf};

use kiln::data::{DataConfig, Dataset, Split};
use kiln::model::{Card, Classes, Request};
use kiln::runs::plain;

use self::plan::Plan;
use self::quality::Kind;
use self::rows::Compared;
use self::walks::Walker;
use crate::failure::{Failure, Outcome, argument};
use crate::models::{self, Loaded};
use crate::save::save;
use crate::spec::member;
use crate::{draw, interrupt, out, walking};

const EXAMPLES: &str = "Examples:
  kiln compare density/moons --samplers euler,heun,dpmpp_2m
  kiln compare density/moons --samplers all --steps 5,10,20,40 -n 10000
  kiln compare density/moons --samplers dpmpp,unipc --order 3 --schedule karras --steps 10,20
  kiln compare mnist/edm --samplers heun,ddim:eta=0.5,dpmpp_2m --steps 5,10,20 --data data/mnist";

/// The arguments of `kiln compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Entry of the zoo, .safetensors file, or folder of a run
    model: String,
    /// Solvers, as in `euler,ddim:eta=0.5,heun` (kiln list samplers)
    #[arg(long, value_name = "NAME[:key=value,...],...|all", default_value = "all")]
    samplers: String,
    /// The order of all of them; with `all`, of those that have it
    #[arg(long, value_name = "ORDER")]
    order: Option<usize>,
    /// How many steps each takes
    #[arg(long, value_name = "STEPS,...", value_delimiter = ',', default_values_t = [5, 10, 20, 50])]
    steps: Vec<usize>,
    /// The walk that errors are measured from: a deterministic solver, in so many steps
    #[arg(long, value_name = "NAME[:key=value,...]:STEPS", default_value = "heun:200")]
    reference: String,
    /// Frame in which all of them step (kiln list schedules); or the noise levels that they visit, as under --grid
    #[arg(long, value_name = "NAME[:key=value,...]")]
    schedule: Option<String>,
    /// Noise levels that they visit (kiln list grids), or @FILE for what `kiln fit-grid` wrote
    #[arg(long, value_name = "NAME[:key=value,...]|@FILE")]
    grid: Option<String>,
    /// Scale of classifier-free guidance [default: 1, which is none: samples are as the data are, not clearer]
    #[arg(long, allow_negative_numbers = true)]
    guidance: Option<f64>,
    /// Class by name or index, `each` for one after the other (where there are classes, the default), or
    /// `any` for whatever the data hold
    #[arg(long, value_name = "NAME|INDEX|each|any")]
    class: Option<String>,
    /// How many samples each draws [default: 256 pictures, 4096 points]
    #[arg(short = 'n', long)]
    count: Option<usize>,
    /// Seed of all noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where the data are, for those that are read from files; without data, quality is the distance to the reference's samples
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The data, for a .safetensors file, which does not say (kiln list datasets)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    dataset: Option<String>,
    /// In whose features pictures are compared [default: the zoo's for such pictures, else their pixels]
    #[arg(long, value_name = "MODEL")]
    classifier: Option<String>,
    /// Samples at a time [default: 64 pictures, 4096 points]
    #[arg(long)]
    batch: Option<usize>,
    /// Where table, plot and pictures go [default: outputs/compare/MODEL]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
    /// For a program to read
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Outcome {
    let (found, device) = kiln::device::choose(&args.device)?;
    let loaded = models::load(&args.model, &device)?;
    // All that can be wrong is found before anything is walked.
    let request = request(&args, loaded.model.card())?;
    let plan = Plan::of(&args, &*loaded.model, &request)?;
    let data = data(&args, &loaded)?;
    let features = quality::features(args.classifier.as_deref(), loaded.model.card(), &device)?;
    let kind = Kind::of(&loaded, features.as_ref(), request.count, &device)?;
    interrupt::listen()?;
    let walker =
        Walker::new(&*loaded.model, request, args.batch.unwrap_or_else(|| draw::batch(loaded.model.card())));
    let folder = folder(&args);
    let compared = rows::compare(&plan, walker?, kind, data.as_deref(), &folder)?;
    finish(&args, &loaded, &compared, &folder, &found.name)
}

/// How every walk begins and goes, but for its sampler and its steps.
fn request(args: &Args, card: &Card) -> Outcome<Request> {
    let count = args.count.unwrap_or(if card.shape.len() == 1 { 4096 } else { 256 });
    if count < 2 {
        return Err(argument(format!("-n: at least 2 samples have to be compared, not {count}")));
    }
    let unguided = (!card.classes.is_empty()).then_some(1.0);
    let (schedule, grid) = walking::levels(args.schedule.as_deref(), args.grid.as_deref())?;
    Ok(Request {
        count,
        seed: args.seed,
        classes: classes(args, card)?,
        schedule,
        grid,
        guidance: args.guidance.or(unguided),
        ..Request::default()
    })
}

fn classes(args: &Args, card: &Card) -> Outcome<Classes> {
    match args.class.as_deref() {
        Some("any") => Ok(Classes::Any),
        None if card.classes.is_empty() => Ok(Classes::Any),
        None => Ok(Classes::Each),
        Some("each") if !card.classes.is_empty() => Ok(Classes::Each),
        Some(name) => Ok(Classes::One(card.class(name)?)),
    }
}

/// Data that the model has not seen; nothing where they are not there and nobody asked for them.
fn data(args: &Args, loaded: &Loaded) -> Outcome<Option<Box<dyn Dataset>>> {
    let asked = args.data.is_some() || args.dataset.is_some();
    let config = match &args.dataset {
        Some(text) => Some(member(text, DataConfig::named)?),
        None => loaded.data.clone(),
    };
    let Some(config) = config else {
        let names = DataConfig::NAMES.join(", ");
        let message = format!(
            "--data: a weight file does not say which data these are: add --dataset NAME, one of: {names}"
        );
        return if asked { Err(argument(message)) } else { Ok(None) };
    };
    let shape = &loaded.model.card().shape;
    match config.open(args.data.as_deref().or(loaded.path.as_deref()), Split::Test) {
        Ok(data) if data.shape() == shape => Ok(Some(data)),
        Ok(data) => Err(argument(format!("the data are of {:?}, the samples of {shape:?}", data.shape()))),
        Err(error) if asked => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn folder(args: &Args) -> PathBuf {
    args.out.clone().unwrap_or_else(|| Path::new("outputs/compare").join(plain(&args.model)))
}

/// Tells what was found, and draws it; of what an interruption has left, too.
fn finish(args: &Args, loaded: &Loaded, compared: &Compared, folder: &Path, device: &str) -> Outcome {
    let mut files = vec![folder.join("compare.csv")];
    let shape = &loaded.model.card().shape;
    for (name, picture) in [
        ("compare.png", pictures::plot(&loaded.name, compared)),
        ("samplers.png", pictures::sheet(shape, compared)),
    ] {
        if let Some(picture) = picture? {
            save(&folder.join(name), &picture)?;
            files.push(folder.join(name));
        }
    }
    if args.json {
        out::json(&report::json(&loaded.name, args.seed, device, compared, &files));
    } else {
        report::table(compared);
        out::say("");
        files.iter().for_each(|file| out::say(file.display()));
    }
    if interrupt::asked() {
        let (done, all) = (compared.rows.len(), compared.planned);
        return Err(Failure::Interrupted(format!(
            "interrupted: {done} of {all} walks are in {}",
            folder.display()
        )));
    }
    Ok(())
}
