//! `kiln edit`: pictures that start from others, keep part of them, or agree with what was measured of them.

use std::path::{Path, PathBuf};

use kiln::data::{read_mask, read_picture};
use kiln::editing::{Dps, Edit, InpaintConfig, MeasureConfig};
use kiln::files;
use kiln::model::{Card, Classes};

use super::drawing::{Drawing, Wanted};
use crate::failure::{Outcome, argument};
use crate::spec::{fields, member};
use crate::tokens;

const EXAMPLES: &str = "Examples:
  kiln edit mnist/edm --image seven.png --strength 0.6 --class 9
  kiln edit mnist/edm --image seven.png --mask hole.png -n 16
  kiln edit mnist/edm --image seven.png --mask hole.png --method repaint:jump_length=5 --sampler ddpm --steps 50
  kiln edit mnist/edm --image small.png --measured-by shrink:factor=4 --pull noise=0.1
  kiln edit density/moons --measured first.f32 --measured-by 'matrix:rows=[[1, 0]]'";

/// The arguments of `kiln edit`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    drawing: Drawing,
    /// Pictures of the model's own size, PNG or JPEG; sample i is made from picture i modulo their number
    #[arg(
        long = "image",
        value_name = "FILE,...",
        value_delimiter = ',',
        required_unless_present = "measured"
    )]
    images: Vec<PathBuf>,
    /// How much may change: the share of the steps that is walked, above 0 and up to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["mask", "measured_by"])]
    strength: Option<f64>,
    /// Draw where this picture is white, keep what is where it is black
    #[arg(long, value_name = "FILE", conflicts_with = "measured_by")]
    mask: Option<PathBuf>,
    /// How to draw there (kiln list inpainting) [default: repaint; replace for models of tokens]
    #[arg(long, value_name = "NAME[:key=value,...]", requires = "mask")]
    method: Option<String>,
    /// The pictures are measurements, by `shrink:factor=4` or another (kiln list measurements): draw what has been measured
    #[arg(long, value_name = "NAME[:key=value,...]")]
    measured_by: Option<String>,
    /// The measurements as numbers in place of --image, for those that are no pictures: little-endian f32, a row a measurement
    #[arg(long, value_name = "FILE", requires = "measured_by", conflicts_with = "images")]
    measured: Option<PathBuf>,
    /// How hard to pull towards the measurements, and the deviation of their own noise [default: strength=1,noise=0]
    #[arg(long, value_name = "key=value,...", requires = "measured_by")]
    pull: Option<String>,
    /// How many samples [default: one for each picture, or measurement]
    #[arg(short = 'n', long)]
    count: Option<usize>,
}

pub(crate) fn run(args: Args) -> Outcome {
    args.drawing.run(|card| {
        let (edit, given) = edit(&args, card)?;
        let count = args.count.unwrap_or(given);
        Ok(Wanted { count, edit: Some(edit), classes: Classes::Any, suffix: "_edit" })
    })
}

/// The edit, and how many samples it is given.
fn edit(args: &Args, card: &Card) -> Outcome<(Edit, usize)> {
    match &args.measured_by {
        Some(by) => measured(args, by, card),
        None => Ok((drawn_over(args, card)?, args.images.len())),
    }
}

fn measured(args: &Args, by: &str, card: &Card) -> Outcome<(Edit, usize)> {
    let by = member(by, MeasureConfig::named)?;
    let width = by.width(&card.shape)?;
    let rows = match &args.measured {
        Some(path) => numbers(path, width)?,
        None => rows(&args.images, &measured_shape(&by, card)?)?,
    };
    let given = rows.len() / width;
    let pull = args.pull.as_deref().map_or_else(|| Ok(Dps::default()), fields)?;
    Ok((Edit::Measured { rows, by, pull }, given))
}

fn drawn_over(args: &Args, card: &Card) -> Outcome<Edit> {
    let rows = tokens::taken(rows(&args.images, &card.shape)?, card);
    match &args.mask {
        Some(path) => {
            let mask = read_mask(path, &card.shape)?;
            let own = if card.vocabulary.is_some() { "replace" } else { "repaint" };
            let method = member(args.method.as_deref().unwrap_or(own), InpaintConfig::named)?;
            Ok(Edit::Inpaint { rows, mask, method })
        }
        None => Ok(Edit::From { rows, strength: args.strength.unwrap_or(0.5) }),
    }
}

/// The pictures, one after the other.
pub(super) fn rows(paths: &[PathBuf], shape: &[usize]) -> Outcome<Vec<f32>> {
    let mut rows = Vec::new();
    for path in paths {
        rows.extend(read_picture(path, shape)?);
    }
    Ok(rows)
}

/// Rows of `width` numbers, as `--raw` writes them.
fn numbers(path: &Path, width: usize) -> Outcome<Vec<f32>> {
    let bytes = files::read(path)?;
    if bytes.is_empty() || !bytes.len().is_multiple_of(4 * width) {
        return Err(argument(format!(
            "--measured {}: wanted little-endian f32 in rows of {width}, {} bytes each; these are {} bytes",
            path.display(),
            4 * width,
            bytes.len()
        )));
    }
    Ok(bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

/// The shape of a picture that a measurement gives.
fn measured_shape(by: &MeasureConfig, card: &Card) -> Outcome<Vec<usize>> {
    match (by, card.shape.as_slice()) {
        (MeasureConfig::Shrink(shrink), &[c, h, w]) => Ok(vec![c, h / shrink.factor, w / shrink.factor]),
        (MeasureConfig::Blur(_), shape) => Ok(shape.to_vec()),
        _ => Err(argument(format!(
            "--measured-by {}: it gives no picture, as shrink and blur do; give its numbers by --measured FILE in place of --image",
            by.name()
        ))),
    }
}
