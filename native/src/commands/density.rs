//! `kiln density`: the density of a model of points as a heat map, beside the data's.

use std::path::PathBuf;
use std::time::Instant;

use kiln::data::{Batch, Dataset, Split};
use kiln::figures::{self, Shown, Window};
use kiln::likelihood::{Likelihood, Query};
use kiln::metrics::mean_std;
use kiln::runs::plain;
use serde_json::json;

use super::evaluate;
use super::likelihood::{capability, exact, first, method_for};
use crate::draw::batch;
use crate::failure::{Outcome, argument};
use crate::judge::judge;
use crate::models::{self, Loaded};
use crate::out;
use crate::progress::Bar;
use crate::save::save;

const EXAMPLES: &str = "Examples:
  kiln density density/moons-nsf
  kiln density density/checkerboard-maf --side 600 --out board.png
  kiln density density/gaussians --side 160 --method ode:steps=25";

/// Data that are shown or judged.
const DATA: usize = 20_000;

/// The arguments of `kiln density`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Entry of the zoo, .safetensors file, or folder of a run: a model of points in the plane that has a likelihood
    model: String,
    /// Where the data are, for those that are read from files
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The data, for a .safetensors file, which does not say (kiln list datasets)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    dataset: Option<String>,
    /// Places along a side, at each of which the density is found [default: 400 of a flow, 120 of other models]
    #[arg(long)]
    side: Option<u32>,
    /// How the density is found (kiln list likelihoods) [default: the model's own]
    #[arg(long, value_name = "NAME[:key=value,...]")]
    method: Option<String>,
    /// The density of this class, by name or index
    #[arg(long, value_name = "NAME|INDEX")]
    class: Option<String>,
    /// Where the picture goes [default: outputs/density/MODEL.png]
    #[arg(long, value_name = "FILE")]
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
    let card = loaded.model.card();
    if card.shape != [2] {
        return Err(argument(format!(
            "{}: a density is drawn of points in the plane, and this model's samples are of {:?}; `kiln likelihood` has its numbers",
            loaded.name, card.shape
        )));
    }
    let model = capability(&loaded)?;
    let method = method_for(args.method.as_deref(), card)?;
    let side = args.side.unwrap_or(if card.family == "flow" { 400 } else { 120 });
    let data = evaluate::data(args.dataset.as_deref(), &loaded)?;
    let data = data.open_in(args.data.as_deref().or(loaded.path.as_deref()), Split::Test, None)?;
    let query = Query { method: Some(method), ..Query::default() };
    let class = args.class.as_deref().map(|name| card.class(name)).transpose()?;
    let started = Instant::now();
    let map = Map::of(&loaded, model, &*data, &query, (class, side), &device)?;
    let path =
        args.out.clone().unwrap_or_else(|| format!("outputs/density/{}.png", plain(&loaded.name)).into());
    save(&path, &map.picture()?)?;
    tell(&args, &loaded, &map, &path);
    out::note(format!("{:.1} s on {}", started.elapsed().as_secs_f64(), found.what));
    Ok(())
}

/// What was found.
struct Map {
    window: Window,
    /// Of the picture.
    side: u32,
    /// `log p` at each place.
    model: Vec<f64>,
    /// The data's own, where it is known.
    known: Option<Vec<f64>>,
    points: Vec<f32>,
    /// Mean `log p` of the data with its standard error: the model's, and the data's own where it is known.
    judged: (f64, f64),
    own: Option<(f64, f64)>,
}

impl Map {
    fn of(
        loaded: &Loaded,
        model: &dyn Likelihood,
        data: &dyn Dataset,
        query: &Query,
        (class, side): (Option<u32>, u32),
        device: &burn::prelude::Device,
    ) -> Outcome<Self> {
        let card = loaded.model.card();
        let examples = of_class(first(data, DATA), class);
        let window = Window::around(&examples.x)?;
        let ask = |x: Vec<f32>, what: &'static str| {
            let rows = Batch { x, shape: vec![2], class: None, first: 0 };
            let classes = class.map(|class| vec![class; rows.size()]);
            let query = Query { classes, ..query.clone() };
            judge(model, &rows, &query, (batch(card), device), &Bar::new(what, 0, 0))
        };
        let places = window.places(side);
        let known = places.chunks(2).map(|place| data.log_density(place)).collect::<Option<Vec<f64>>>();
        let judged = ask(examples.x[..examples.x.len().min(2 * JUDGED)].to_vec(), "judging")?.mean();
        Ok(Self {
            model: ask(places, "mapping")?.log_prob,
            known: known.filter(|_| class.is_none()),
            judged,
            own: exact(data, &examples).filter(|_| class.is_none()),
            window,
            side,
            points: examples.x,
        })
    }

    fn picture(&self) -> kiln::Result<Vec<u8>> {
        let data = self.known.as_ref().map_or(Shown::Points(&self.points), |known| Shown::LogDensity(known));
        let panels = [("model", Shown::LogDensity(&self.model)), ("data", data)];
        Ok(figures::png(&figures::maps(&panels, &self.window, self.side)?))
    }

    /// How much of the model's probability lies in the window.
    fn inside(&self) -> f64 {
        let densities: Vec<f64> = self.model.iter().map(|value| value.exp()).collect();
        mean_std(&densities).0 * self.window.area()
    }
}

/// Data that are judged.
const JUDGED: usize = 4096;

/// The examples of a class.
fn of_class(examples: Batch, class: Option<u32>) -> Batch {
    let (Some(class), Some(classes)) = (class, &examples.class) else { return examples };
    let kept = examples.x.chunks(2).zip(classes).filter(|(_, of)| **of == class);
    Batch { x: kept.flat_map(|(row, _)| row.to_vec()).collect(), class: None, ..examples }
}

fn tell(args: &Args, loaded: &Loaded, map: &Map, path: &std::path::Path) {
    if args.json {
        out::json(&json!({
            "model": loaded.name,
            "picture": path,
            "side": map.side,
            "inside": map.inside(),
            "nll": -map.judged.0,
            "nll_error": map.judged.1,
            "nll_data": map.own.map(|own| -own.0),
        }));
        return;
    }
    let row = |what: &str, value: String| [what.to_owned(), value];
    let nats = |(mean, error): (f64, f64)| format!("{:.4} ± {error:.4}", -mean);
    let mut rows = vec![row("negative log-density of the data, nats", nats(map.judged))];
    rows.extend(map.own.map(|own| row("the data's own", nats(own))));
    rows.push(row("probability within the picture", format!("{:.4}", map.inside())));
    out::table(["what", "value"], &rows);
    out::say(path.display());
}
