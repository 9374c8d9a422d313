//! `kiln edit`: pictures that start from others, keep part of them, or agree with what was measured of them.

use std::path::PathBuf;

use kiln::data::{read_mask, read_picture};
use kiln::editing::{Dps, Edit, InpaintConfig, MeasureConfig};
use kiln::model::{Card, Classes};

use super::drawing::{Drawing, Wanted};
use crate::failure::{Outcome, argument};
use crate::spec::member;

const EXAMPLES: &str = "Examples:
  kiln edit mnist/edm --image seven.png --strength 0.6 --class 9
  kiln edit mnist/edm --image seven.png --mask hole.png -n 16
  kiln edit mnist/edm --image seven.png --mask hole.png --method repaint:jump_length=5 --sampler ddpm --steps 50
  kiln edit mnist/edm --image small.png --measured-by shrink:factor=4";

/// The arguments of `kiln edit`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    drawing: Drawing,
    /// Pictures of the model's own size, PNG or JPEG; sample i is made from picture i modulo their number
    #[arg(long = "image", value_name = "FILE,...", value_delimiter = ',', required = true)]
    images: Vec<PathBuf>,
    /// How much may change: the share of the steps that is walked, above 0 and up to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["mask", "measured_by"])]
    strength: Option<f64>,
    /// Draw where this picture is white, keep what is where it is black
    #[arg(long, value_name = "FILE", conflicts_with = "measured_by")]
    mask: Option<PathBuf>,
    /// How to draw there (kiln list inpainting)
    #[arg(long, value_name = "NAME[:key=value,...]", requires = "mask", default_value = "repaint")]
    method: String,
    /// The pictures are measurements, by `shrink:factor=4` or another (kiln list measurements): draw what has been measured
    #[arg(long, value_name = "NAME[:key=value,...]")]
    measured_by: Option<String>,
    /// How many samples [default: one for each picture]
    #[arg(short = 'n', long)]
    count: Option<usize>,
}

pub(crate) fn run(args: Args) -> Outcome {
    let count = args.count.unwrap_or(args.images.len());
    args.drawing.run(|card| {
        Ok(Wanted { count, edit: Some(edit(&args, card)?), classes: Classes::Any, suffix: "_edit" })
    })
}

fn edit(args: &Args, card: &Card) -> Outcome<Edit> {
    if let Some(text) = &args.measured_by {
        let by = member(text, MeasureConfig::named)?;
        let shape = measured_shape(&by, card)?;
        return Ok(Edit::Measured { rows: rows(&args.images, &shape)?, by, pull: Dps::default() });
    }
    let rows = rows(&args.images, &card.shape)?;
    match &args.mask {
        Some(path) => {
            let mask = read_mask(path, &card.shape)?;
            Ok(Edit::Inpaint { rows, mask, method: member(&args.method, InpaintConfig::named)? })
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

/// The shape of a picture that a measurement gives.
fn measured_shape(by: &MeasureConfig, card: &Card) -> Outcome<Vec<usize>> {
    by.width(&card.shape)?;
    match (by, card.shape.as_slice()) {
        (MeasureConfig::Shrink(shrink), &[c, h, w]) => Ok(vec![c, h / shrink.factor, w / shrink.factor]),
        (MeasureConfig::Blur(_), shape) => Ok(shape.to_vec()),
        _ => Err(argument(format!("--measured-by {}: it gives no picture; shrink and blur do", by.name()))),
    }
}
