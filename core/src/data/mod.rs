//! Data: what a model learns from.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

mod disk;
mod stored;
mod plane;
mod pixels;

// Densities on the plane
mod moons;
mod gaussians;
mod checkerboard;
mod swiss_roll;
mod pinwheel;
mod rings;
mod spirals;
mod torus;
mod picture;
pub mod drawn;

// Pictures
pub mod idx;
mod mnist;
mod store;
mod layout;
mod folder;
mod cifar10;
mod shapes;
mod single;

// Tokens
mod vocabulary;
mod text;
mod quantised;

// Of other datasets
mod slice;

// What a training step reads
mod loader;

pub use loader::{Batch, Loader};
pub use single::{read_mask, read_picture};
pub use text::Unit;
pub use vocabulary::Vocabulary;

registry! {
    /// The datasets that a configuration can name.
    pub enum DataConfig("dataset"): dyn Source {
        "moons" => moons::Moons,
        "gaussians" => gaussians::Gaussians,
        "checkerboard" => checkerboard::Checkerboard,
        "swiss_roll" => swiss_roll::SwissRoll,
        "pinwheel" => pinwheel::Pinwheel,
        "rings" => rings::Rings,
        "spirals" => spirals::Spirals,
        "torus" => torus::Torus,
        "picture" => picture::Picture,
        "drawn" => drawn::Drawn,
        "mnist" => mnist::Mnist,
        "folder" => folder::Folder,
        "cifar10" => cifar10::Cifar10,
        "shapes" => shapes::Shapes,
        "text" => text::Text,
        "quantised" => quantised::Quantised,
        "slice" => slice::Slice,
    }
}

/// The datasets whose examples come with factors ([`Dataset::factors`]); a folder's do where its pictures lie in subfolders.
pub const WITH_FACTORS: [&str; 4] = ["shapes", "mnist", "cifar10", "folder"];

/// Which part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// What is learnt from.
    Train,
    /// What is judged with.
    Test,
}

impl Split {
    /// `train` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }

    /// The seed of this part of procedural data: two parts of one seed have nothing in common.
    pub fn seed(self, seed: u64) -> u64 {
        match self {
            Self::Train => seed,
            Self::Test => seed ^ 0x9E37_79B9_7F4A_7C15,
        }
    }
}

/// What is known of an example beside its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Index into [`Dataset::classes`], where there are classes.
    pub class: Option<u32>,
    /// One value for each of [`Dataset::attributes`].
    pub attributes: Vec<f32>,
}

/// Examples that can be read in any order.
pub trait Dataset: Send + Sync {
    /// Shape of one example: `[features]` or `[channels, height, width]`.
    fn shape(&self) -> &[usize];

    /// How many examples there are; `None` for a generator that never ends.
    fn len(&self) -> Option<usize>;

    /// Whether there is nothing to read.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Names of the classes; empty where there are none.
    fn classes(&self) -> &[String] {
        &[]
    }

    /// What the numbers of an example stand for where they are tokens; `None` where they are just numbers.
    fn vocabulary(&self) -> Option<&Vocabulary> {
        None
    }

    /// Names of the further labels; empty where there are none.
    fn attributes(&self) -> &[&'static str] {
        &[]
    }

    /// Names of the factors that examples are made from, as far as labels tell them; empty where none are known.
    fn factors(&self) -> Vec<&'static str> {
        let class = (!self.classes().is_empty()).then_some("class");
        class.into_iter().chain(self.attributes().iter().copied()).collect()
    }

    /// One value for each of [`Dataset::factors`], of an example with these labels.
    fn factors_of(&self, labels: &Labels) -> Vec<f32> {
        let class = labels.class.filter(|_| !self.classes().is_empty()).map(|class| class as f32);
        class.into_iter().chain(labels.attributes.iter().copied()).collect()
    }

    /// Writes example `index` to `out`, whose length is the product of the shape; pictures in `[-1, 1]`.
    /// The same index always gives the same example.
    fn read(&self, index: u64, out: &mut [f32]) -> Labels;

    /// `log p(x)` in nats of the true density, where it is known.
    fn log_density(&self, _x: &[f32]) -> Option<f64> {
        None
    }
}

/// A dataset's configuration.
pub trait Source {
    /// Reads the data from `path` (`--data`), which procedural data do without.
    fn open(&self, path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>>;

    /// The same for a model of these tokens, or why it cannot read them; `None` is one of numbers, which tokens are too.
    fn open_in(
        &self,
        path: Option<&Path>,
        split: Split,
        vocabulary: Option<&Vocabulary>,
    ) -> Result<Box<dyn Dataset>> {
        let data = self.open(path, split)?;
        let Some(wanted) = vocabulary.filter(|wanted| data.vocabulary() != Some(*wanted)) else {
            return Ok(data);
        };
        let found = data.vocabulary().map_or("numbers".to_owned(), |tokens| format!("tokens, {tokens}"));
        Err(Error::argument(format!(
            "the data are {found}, the model's are tokens, {wanted}: name the data that it has learnt from"
        )))
    }

    /// Shape of one example where the configuration alone tells it.
    fn shape(&self) -> Option<Vec<usize>>;
}

/// The path that a dataset cannot do without.
fn required<'a>(path: Option<&'a Path>, dataset: &str, wanted: &str) -> Result<&'a Path> {
    path.ok_or_else(|| {
        Error::argument(format!("dataset `{dataset}` reads files: name {wanted} with --data PATH"))
    })
}

/// Bytes 0 to 255 as `[-1, 1]`.
fn unpack(bytes: &[u8], out: &mut [f32]) {
    for (slot, &byte) in out.iter_mut().zip(bytes) {
        *slot = f32::from(byte) / 127.5 - 1.0;
    }
}

#[cfg(test)]
mod tests;
