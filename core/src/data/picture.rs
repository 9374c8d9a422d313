//! A picture as a density: its pixels' brightness or darkness.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pixels::Pixels;
use super::plane::endless;
use super::{Dataset, Source, Split, required};
use crate::registry::{About, Member};
use crate::{Error, Result, files};

/// A density on the plane, given by a PNG or JPEG named by `--data`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Picture {
    /// Off: bright is likely. On: dark is likely.
    pub invert: bool,
    /// Which samples.
    pub seed: u64,
}

impl Member for Picture {
    const ABOUT: About =
        About { summary: "A density given by a picture's brightness or darkness; exact", paper: "-" };
}

impl Source for Picture {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        let path = required(path, "picture", "a PNG or JPEG")?;
        let name = path.display().to_string();
        let picture = image::load_from_memory(&files::read(path)?)
            .map_err(|error| Error::format(&name, format!("not a readable PNG or JPEG: {error}")))?
            .to_luma8();
        let weights = picture.as_raw().iter().map(|&w| if self.invert { 255 - w } else { w });
        let pixels = Pixels::new(picture.width() as usize, weights)
            .ok_or_else(|| Error::format(&name, self.nothing()))?;
        Ok(endless(pixels, self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Picture {
    fn nothing(&self) -> String {
        let (colour, other) = if self.invert { ("white", "false") } else { ("black", "true") };
        format!(
            "every pixel is {colour}, so no density is left; set data.invert to {other}, or give another picture"
        )
    }
}
