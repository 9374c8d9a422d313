//! `kiln interpolate`: from one picture to another, through the noise that a model would draw them from.

use std::path::PathBuf;

use kiln::editing::Edit;
use kiln::model::Classes;

use super::drawing::{Drawing, Wanted};
use super::edit::rows;
use crate::failure::{Outcome, argument};

/// The arguments of `kiln interpolate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  kiln interpolate mnist/edm --images seven.png,nine.png --frames 9 --steps 40"
)]
pub(crate) struct Args {
    #[command(flatten)]
    drawing: Drawing,
    /// Two pictures of the model's own size, PNG or JPEG
    #[arg(long, value_name = "FILE,FILE", value_delimiter = ',', required = true)]
    images: Vec<PathBuf>,
    /// How many pictures, both ends included
    #[arg(long, default_value_t = 9)]
    frames: usize,
}

pub(crate) fn run(args: Args) -> Outcome {
    let (images, frames) = (&args.images, args.frames);
    if images.len() != 2 {
        return Err(argument(format!("--images: wanted two, as in a.png,b.png; there are {}", images.len())));
    }
    args.drawing.run(|card| {
        let edit = Some(Edit::Between { rows: rows(images, &card.shape)?, frames });
        Ok(Wanted { count: frames, edit, classes: Classes::Any, suffix: "_between" })
    })
}
