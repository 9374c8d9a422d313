//! A folder or a zip of pictures, PNG or JPEG, a subfolder a class.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layout::layout;
use super::store::Store;
use super::stored::Stored;
use super::{Dataset, Source, Split, required};
use crate::config::check;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Pictures of one's own, from the folder or zip that `--data` names.
///
/// Folders `train/` and `test/` at the top are the parts, where there are any. Pictures of another size are scaled
/// (Catmull-Rom) and cropped to the centre. All are held in memory.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Folder {
    /// Height and width.
    pub size: [usize; 2],
    /// 1 for grey, 3 for colour.
    pub channels: usize,
    /// The share of pictures to test with, where the folder does not tell.
    pub test_fraction: f64,
}

impl Default for Folder {
    fn default() -> Self {
        Self { size: [32, 32], channels: 3, test_fraction: 0.1 }
    }
}

impl Member for Folder {
    const ABOUT: About =
        About { summary: "A folder or zip of PNG and JPEG pictures, a subfolder a class", paper: "-" };
}

impl Source for Folder {
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        self.check()?;
        let mut store = Store::open(required(path, "folder", "a folder or zip of pictures")?)?;
        let layout = layout(store.names(), split, self.test_fraction)
            .map_err(|message| Error::format(store.label(), message))?;
        let mut bytes =
            Vec::with_capacity(layout.pictures.len() * self.channels * self.size[0] * self.size[1]);
        for name in &layout.pictures {
            let content = store.read(name)?;
            let broken =
                |error| Error::format(store.label(), format!("{name}: not a readable picture: {error}"));
            self.decode(name, &content, &mut bytes).map_err(broken)?;
        }
        Ok(Box::new(Stored { shape: self.picture(), bytes, labels: layout.labels, classes: layout.classes }))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(self.picture())
    }
}

impl Folder {
    fn picture(&self) -> Vec<usize> {
        vec![self.channels, self.size[0], self.size[1]]
    }

    fn check(&self) -> Result<()> {
        check::within("size", self.size[0] as f64, 1.0, 4096.0)?;
        check::within("size", self.size[1] as f64, 1.0, 4096.0)?;
        check::within("test_fraction", self.test_fraction, 0.0, 0.999)?;
        match self.channels {
            1 | 3 => Ok(()),
            other => {
                Err(Error::config("channels", format!("wanted 1 (grey) or 3 (colour); this is {other}")))
            }
        }
    }

    /// Adds a picture to `bytes`, plane after plane.
    fn decode(&self, name: &str, content: &[u8], bytes: &mut Vec<u8>) -> image::ImageResult<()> {
        let format = image::ImageFormat::from_path(name)?;
        let mut picture = image::load_from_memory_with_format(content, format)?;
        let [height, width] = self.size.map(|size| size as u32);
        if (picture.height(), picture.width()) != (height, width) {
            picture = picture.resize_to_fill(width, height, image::imageops::FilterType::CatmullRom);
        }
        if self.channels == 1 {
            bytes.extend(picture.to_luma8().as_raw());
        } else {
            let rgb = picture.to_rgb8();
            (0..3).for_each(|channel| bytes.extend(rgb.iter().skip(channel).step_by(3)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
