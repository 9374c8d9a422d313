//! `kiln latent`: what a model with an encoder and a decoder makes of samples: latents, walks between and along them, attributes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use burn::prelude::*;
use clap::{Subcommand, ValueEnum};
use kiln::codec::Codec;
use kiln::data::{Batch, Dataset, Split};
use kiln::latents::{self, activity, attribute, edited, interpolate, traverse};
use kiln::runs::plain;
use kiln::weights;
use pollster::block_on;

use super::edit::rows;
use super::evaluate;
use super::likelihood::first;
use crate::failure::{Outcome, argument};
use crate::models::{self, Loaded};
use crate::save::save;
use crate::{out, picture};

const EXAMPLES: &str = "Examples:
  kiln latent mnist/vae interpolate --images seven.png,nine.png --frames 9
  kiln latent mnist/vae interpolate --examples 0,7 --data data/mnist --along linear
  kiln latent mnist/vae traverse --data data/mnist
  kiln latent mnist/vae traverse --dimensions 3,5 --from 12 --data data/mnist
  kiln latent mnist/vae attribute --class 1 --data data/mnist
  kiln latent mnist/vae encode -n 1000 --data data/mnist --out latents.csv
How good latents are, in numbers: kiln evaluate MODEL --metric active_units,kl,mig";

/// The arguments of `kiln latent`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Entry of the zoo, .safetensors file, or folder of a run: a model with an encoder and a decoder
    model: String,
    #[command(subcommand)]
    what: What,
}

/// Where examples come from, and where the answer goes.
#[derive(Debug, clap::Args)]
struct Common {
    /// Where the data are, for those that are read from files
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The data, for a .safetensors file, which does not say (kiln list datasets)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    dataset: Option<String>,
    /// Where the answer goes [default: outputs/latent/MODEL_WHAT.png, or .csv]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
}

#[derive(Debug, Subcommand)]
enum What {
    /// From one sample to another through the latents between theirs
    #[command(after_help = "Example:\n  kiln latent mnist/vae interpolate --images seven.png,nine.png")]
    Interpolate {
        /// Two pictures of the model's own size, PNG or JPEG
        #[arg(long, value_name = "FILE,FILE", value_delimiter = ',', required_unless_present = "examples")]
        images: Vec<PathBuf>,
        /// Or two examples of the test set, by number
        #[arg(long, value_name = "I,J", value_delimiter = ',', conflicts_with = "images")]
        examples: Vec<u64>,
        /// How many samples, both ends included
        #[arg(long, default_value_t = 9)]
        frames: usize,
        /// The way between two latents
        #[arg(long, default_value = "spherical")]
        along: Along,
        #[command(flatten)]
        common: Common,
    },
    /// One number of a latent at a time, from low to high: a row of pictures for each
    #[command(after_help = "Example:\n  kiln latent mnist/vae traverse --dimensions 0,1,2 --range 3")]
    Traverse {
        /// Which numbers of a latent [default: the ten whose means vary most over the test set where it is at hand, else the first]
        #[arg(long, value_name = "I,...", value_delimiter = ',')]
        dimensions: Vec<usize>,
        /// The example of the test set to start from [default: a latent of zeros]
        #[arg(long, value_name = "I")]
        from: Option<u64>,
        /// How far, each way, in deviations of the standard normal
        #[arg(long, default_value_t = 3.0)]
        range: f64,
        /// Pictures in a row
        #[arg(long, default_value_t = 9)]
        frames: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Examples with more and less of what a class has: its mean latent less that of all others
    #[command(after_help = "Example:\n  kiln latent mnist/vae attribute --class 1 --data data/mnist")]
    Attribute {
        /// The class, by name or index
        #[arg(long, value_name = "NAME|INDEX")]
        class: String,
        /// How much of the difference is added at most, and taken away
        #[arg(long, default_value_t = 1.5)]
        strength: f64,
        /// Examples that are shown, a row each
        #[arg(short = 'n', long, default_value_t = 6)]
        count: usize,
        #[command(flatten)]
        common: Common,
    },
    /// The latents of test examples as a table, and their reconstructions as a picture
    #[command(after_help = "Example:\n  kiln latent mnist/vae encode -n 100 --data data/mnist")]
    Encode {
        /// Examples of the test set
        #[arg(short = 'n', long, default_value_t = 256)]
        count: usize,
        #[command(flatten)]
        common: Common,
    },
}

/// The way between two latents.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Along {
    /// A straight line
    Linear,
    /// The great circle between them
    Spherical,
}

/// Test examples that means are taken over.
const MANY: usize = 2000;
/// Numbers of a latent that are shown where nobody says.
const SHOWN: usize = 10;

pub(crate) fn run(args: Args) -> Outcome {
    let (What::Interpolate { common, .. }
    | What::Traverse { common, .. }
    | What::Attribute { common, .. }
    | What::Encode { common, .. }) = &args.what;
    let (_, device) = kiln::device::choose(&common.device)?;
    let loaded = models::load(&args.model, &device)?;
    let family = loaded.model.card().family;
    let Some(codec) = loaded.model.codec() else {
        return Err(argument(format!("{}: a {family} has no encoder and decoder", loaded.name)));
    };
    let desk = Desk { loaded: &loaded, codec, common, device };
    match &args.what {
        What::Interpolate { images, examples, frames, along, .. } => {
            desk.interpolate(images, examples, *frames, *along)
        }
        What::Traverse { dimensions, from, range, frames, .. } => {
            desk.traverse(dimensions, *from, *range, *frames)
        }
        What::Attribute { class, strength, count, .. } => desk.attribute(class, *strength, *count),
        What::Encode { count, .. } => desk.encode(*count),
    }
}

/// A model and what it is asked with.
struct Desk<'a> {
    loaded: &'a Loaded,
    codec: &'a dyn Codec,
    common: &'a Common,
    device: Device,
}

impl Desk<'_> {
    fn interpolate(&self, images: &[PathBuf], examples: &[u64], frames: usize, along: Along) -> Outcome {
        let shape = &self.loaded.model.card().shape;
        if images.len().max(examples.len()) != 2 {
            return Err(argument("two ends are wanted, as in --images a.png,b.png or --examples 0,7"));
        }
        if frames < 2 {
            return Err(argument("--frames: both ends are shown, which takes at least 2"));
        }
        let ends = if images.is_empty() { self.examples(examples)?.x } else { rows(images, shape)? };
        let ends = self.tensor(ends);
        let end = |i| ends.clone().narrow(0, i, 1);
        let path = match along {
            Along::Linear => latents::Path::Linear,
            Along::Spherical => latents::Path::Spherical,
        };
        self.show(interpolate(self.codec, [end(0), end(1)], frames, path), frames, "interpolate")
    }

    fn traverse(&self, dimensions: &[usize], from: Option<u64>, range: f64, frames: usize) -> Outcome {
        let latents: usize = self.codec.latent_shape().iter().product();
        if let Some(wrong) = dimensions.iter().find(|dimension| **dimension >= latents) {
            return Err(argument(format!(
                "--dimensions: a latent has numbers 0 to {}, not {wrong}",
                latents - 1
            )));
        }
        let start = match from {
            Some(index) => self.codec.encode(self.tensor(self.examples(&[index])?.x)),
            None => Tensor::zeros([1, latents], &self.device),
        };
        let dimensions = if dimensions.is_empty() { self.liveliest(latents)? } else { dimensions.to_vec() };
        let last = frames.max(2) - 1;
        let values: Vec<f64> = (0..frames).map(|i| range * (2.0 * i as f64 / last as f64 - 1.0)).collect();
        let row = |dimension: &usize| traverse(self.codec, &start, *dimension, &values);
        out::note(format!("a row each for the numbers {dimensions:?} of a latent"));
        self.show(Tensor::cat(dimensions.iter().map(row).collect(), 0), frames, "traverse")
    }

    /// The numbers of a latent that vary most, where there are data to tell; else the first.
    fn liveliest(&self, latents: usize) -> Outcome<Vec<usize>> {
        let shown = latents.min(SHOWN);
        let Ok(test) = self.open() else { return Ok((0..shown).collect()) };
        let means = self.codec.encode(self.tensor(first(&*test, MANY).x));
        let spread = block_on(weights::read(activity(means)))?;
        let mut order: Vec<usize> = (0..latents).collect();
        order.sort_by(|a, b| spread[*b].total_cmp(&spread[*a]));
        order.truncate(shown);
        Ok(order)
    }

    fn attribute(&self, class: &str, strength: f64, count: usize) -> Outcome {
        let test = self.open()?;
        let names: Vec<&str> = test.classes().iter().map(String::as_str).collect();
        let by_index = class.parse().ok().filter(|index| *index < names.len());
        let Some(wanted) = names.iter().position(|name| *name == class).or(by_index) else {
            return Err(kiln::error::unknown("class", class, &names).into());
        };
        let many = first(&*test, MANY);
        let of = many.class.clone().unwrap_or_default();
        let z = self.codec.encode(self.tensor(many.x.clone()));
        let picked = |has: bool| {
            let rows = of.iter().enumerate().filter(|(_, of)| (**of as usize == wanted) == has);
            rows.map(|(row, _)| row as i64).collect::<Vec<_>>()
        };
        let (with, without) = (picked(true), picked(false));
        if with.is_empty() || without.is_empty() {
            return Err(argument(format!(
                "--class: among {MANY} examples there are none of `{class}`, or no others"
            )));
        }
        let mean = |rows: &[i64]| z.clone().select(0, Tensor::from_data(rows, &self.device));
        let direction = attribute(mean(&with), mean(&without));
        let shown: Vec<u64> = without.iter().take(count.max(1)).map(|row| *row as u64).collect();
        let x = self.tensor(self.examples(&shown)?.x);
        let steps = [-1.0, -0.5, 0.0, 0.5, 1.0].map(|share| share * strength);
        let columns = steps.map(|step| edited(self.codec, x.clone(), direction.clone(), step));
        let rows = (0..shown.len()).flat_map(|row| columns.iter().map(move |x| x.clone().narrow(0, row, 1)));
        self.show(Tensor::cat(rows.collect(), 0), steps.len(), "attribute")
    }

    fn encode(&self, count: usize) -> Outcome {
        let test = self.open()?;
        let batch = first(&*test, count);
        let x = self.tensor(batch.x.clone());
        let z = self.codec.encode(x);
        let numbers = block_on(weights::read(z.clone()))?;
        let path = self.path("encode", "csv");
        save(&path, table(&numbers, z.dims()[1], batch.class.as_deref()).as_bytes())?;
        out::say(path.display());
        let shape = &self.loaded.model.card().shape;
        if shape.len() == 3 && picture::can_show(shape) {
            let columns = 16.min(batch.size());
            let shown = batch.size().min(4 * columns) / columns * columns;
            let made = block_on(weights::read(self.codec.decode(z.narrow(0, 0, shown))))?;
            let width = columns * shape.iter().product::<usize>();
            let pairs = batch.x.chunks(width).zip(made.chunks(width));
            let sheet: Vec<f32> = pairs.flat_map(|(x, made)| [x, made].concat()).collect();
            let path = path.with_extension("png");
            save(&path, &picture::png(&sheet, shape, Some(columns), None)?)?;
            out::say(path.display());
        }
        Ok(())
    }

    /// Reads samples and writes them as a sheet of so many columns.
    fn show(&self, x: Tensor<2>, columns: usize, what: &str) -> Outcome {
        let shape = &self.loaded.model.card().shape;
        let rows = block_on(weights::read(x))?;
        let path = self.path(what, "png");
        save(&path, &picture::png(&rows, shape, Some(columns), None)?)?;
        out::say(path.display());
        Ok(())
    }

    fn path(&self, what: &str, ending: &str) -> PathBuf {
        let name = plain(&self.loaded.name);
        let default = || Path::new("outputs/latent").join(format!("{name}_{what}.{ending}"));
        self.common.out.clone().unwrap_or_else(default)
    }

    /// The test set.
    fn open(&self) -> Outcome<Box<dyn Dataset>> {
        let data = evaluate::data(self.common.dataset.as_deref(), self.loaded)?;
        let path = self.common.data.as_deref().or(self.loaded.path.as_deref());
        let test = data.open_in(path, Split::Test, None)?;
        let wanted = &self.loaded.model.card().shape;
        if test.shape() != wanted {
            return Err(argument(format!("the data are of {:?}, the model's of {wanted:?}", test.shape())));
        }
        Ok(test)
    }

    fn examples(&self, indices: &[u64]) -> Outcome<Batch> {
        let test = self.open()?;
        let last = test.len().map_or(u64::MAX, |length| length as u64);
        match indices.iter().find(|index| **index >= last) {
            Some(wrong) => Err(argument(format!("the test set has examples 0 to {}, not {wrong}", last - 1))),
            None => Ok(Batch::gather(&*test, indices, 0)),
        }
    }

    fn tensor(&self, rows: Vec<f32>) -> Tensor<2> {
        let width = self.loaded.model.card().features();
        let count = rows.len() / width;
        Tensor::from_data(TensorData::new(rows, [count, width]), &self.device)
    }
}

/// A line an example: its class where there are some, and its latent.
fn table(numbers: &[f32], width: usize, classes: Option<&[u32]>) -> String {
    let mut text = String::from(if classes.is_some() { "class," } else { "" });
    text.push_str(&(0..width).map(|i| format!("z{i}")).collect::<Vec<_>>().join(","));
    text.push('\n');
    for (i, latent) in numbers.chunks(width).enumerate() {
        if let Some(classes) = classes {
            let _ = write!(text, "{},", classes[i]);
        }
        text.push_str(&latent.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}
