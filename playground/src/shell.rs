//! What the application asks of whoever opened its window.

use std::rc::Rc;
use std::sync::Arc;

use egui::DroppedFile;
use kiln::model::Card;
use serde::{Deserialize, Serialize};

use crate::easel::Easel;
use crate::work::{Order, Report};

/// A model of the zoo, before its weights are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    /// `GROUP/NAME`.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Bytes of its weights.
    pub bytes: usize,
    /// Its family, as configurations call it.
    pub family: String,
    /// Whether it draws pictures.
    pub pictures: bool,
    /// Whether it draws points of the plane.
    pub plane: bool,
    /// What it measures by, in words: its quality.
    pub measures: Vec<String>,
}

impl Stored {
    /// A model of this interface and family.
    pub fn new(name: &str, about: &str, bytes: usize, card: &Card) -> Self {
        let draws =
            !["classifier", "autoencoder", "vqvae"].contains(&card.family) && card.vocabulary.is_none();
        Self {
            name: name.into(),
            about: about.into(),
            bytes,
            family: card.family.into(),
            pictures: draws && card.shape.len() == 3,
            plane: draws && card.shape == [2],
            measures: Vec::new(),
        }
    }
}

/// A file that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetching {
    /// Of which model.
    pub name: String,
    /// Bytes that have come.
    pub done: usize,
    /// Bytes in all.
    pub total: usize,
}

/// The desktop, the browser, or a test.
pub trait Shell {
    /// Hands an order to the side that computes.
    fn order(&mut self, order: Order);

    /// What that side has reported since it was last asked.
    fn reports(&mut self) -> Vec<Report>;

    /// The models that can be fetched.
    fn models(&self) -> &[Stored];

    /// Begins to fetch the weights of a model.
    fn fetch(&mut self, name: &str);

    /// What is being fetched.
    fn fetching(&self) -> Vec<Fetching> {
        Vec::new()
    }

    /// Gives the fetching of a model up: it is told of as one that could not be fetched.
    fn cancel(&mut self, _name: &str) {}

    /// The weight files that have come since it was last asked, or why they have not.
    fn fetched(&mut self) -> Vec<(String, Result<Vec<u8>, String>)>;

    /// Where the address leads now, if somebody has changed it since it was last asked.
    fn led(&mut self) -> Option<String> {
        None
    }

    /// What there is to say since it was last asked: that a file was saved, that something has stopped.
    fn said(&mut self) -> Option<String> {
        None
    }

    /// Offers a file to keep.
    fn save(&mut self, name: &str, bytes: &[u8]);

    /// The address of what is seen has changed; it begins with `#`.
    fn show_link(&mut self, link: &str);

    /// The whole address, to be given to others.
    fn address(&self, link: &str) -> String;

    /// Begins to read a file that was dropped onto the window.
    fn read(&mut self, file: &Arc<dyn DroppedFile + Send + Sync>);

    /// The files that have been read since it was last asked, or why they cannot be.
    fn files(&mut self) -> Vec<(String, Result<Vec<u8>, String>)>;

    /// Bytes of memory in use, where that is known.
    fn memory(&self) -> Option<usize>;

    /// What it computes on, in words.
    fn device(&self) -> String;

    /// Whether that is a GPU.
    fn accelerated(&self) -> bool {
        false
    }

    /// What draws from it, where the window and what computes share it.
    fn easel(&self) -> Option<Rc<dyn Easel>> {
        None
    }
}
