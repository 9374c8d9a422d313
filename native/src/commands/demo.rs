//! `kiln demo`: 64 digits and a density, in a few seconds.

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::prelude::Device;
use kiln::model::{Classes, Request};

use super::drawing::reference;
use crate::draw::draw;
use crate::failure::Outcome;
use crate::progress::Bar;
use crate::save::save;
use crate::{models, out, picture};

/// The arguments of `kiln demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  kiln demo --out outputs/demo")]
pub(crate) struct Args {
    /// Where the pictures go
    #[arg(long, value_name = "FOLDER", default_value = "outputs/demo")]
    out: PathBuf,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
}

pub(crate) fn run(args: Args) -> Outcome {
    let started = Instant::now();
    let (found, device) = kiln::device::choose(&args.device)?;
    let digits = args.out.join("digits.png");
    let request =
        Request { count: 64, seed: 1, steps: Some(8), classes: Classes::Each, ..Request::default() };
    make("mnist/flow", &request, 64, &digits, &device)?;
    out::say(format!("{}  64 digits by mnist/flow, each of the ten in turn", digits.display()));
    let moons = args.out.join("moons.png");
    let request = Request { count: 10_000, seed: 1, steps: Some(12), ..Request::default() };
    make("density/moons", &request, 10_000, &moons, &device)?;
    out::say(format!("{}   10,000 points by density/moons, beside its data", moons.display()));
    out::say(format!("\n{:.1} s on {} ({}). Next:", started.elapsed().as_secs_f64(), found.name, found.what));
    out::say(
        "  kiln zoo list\n  kiln sample mnist/flow --class 7 -n 16\n  kiln train density/moons\n  kiln --help",
    );
    Ok(())
}

fn make(name: &str, request: &Request, batch: usize, path: &Path, device: &Device) -> Outcome {
    let loaded = models::load(name, device)?;
    let drawn = draw(&*loaded.model, request, batch, &Bar::new(name.to_owned(), 0, 0))?;
    let shape = &loaded.model.card().shape;
    let reference = (shape.len() == 1).then(|| reference(&loaded, request.count)).flatten();
    Ok(save(path, &picture::png(&drawn.rows, shape, Some(8), reference.as_deref())?)?)
}
