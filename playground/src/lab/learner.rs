//! Training under way.

use std::sync::Arc;

use burn::prelude::Device;
use kiln::Result;
use kiln::data::{Dataset, Loader, Split};
use kiln::model::Model;
use kiln::train::{RunConfig, Session};

/// A session with its data.
pub(super) struct Learner {
    pub(super) data: Arc<dyn Dataset>,
    session: Session,
    loader: Loader,
    steps: u64,
}

impl Learner {
    pub(super) fn new(run: &RunConfig, device: &Device) -> Result<Self> {
        let data: Arc<dyn Dataset> = run.data.open(None, Split::Train)?.into();
        let session = Session::new(run, &*data, device)?;
        let loader = Loader::new(data.clone(), run.train.batch, run.seed)?;
        Ok(Self { data, session, loader, steps: run.train.steps })
    }

    /// Steps taken.
    pub(super) fn taken(&self) -> u64 {
        self.session.steps()
    }

    pub(super) fn finished(&self) -> bool {
        self.taken() >= self.steps
    }

    /// So many steps at most: the last one's number, and the mean of their losses.
    pub(super) async fn advance(&mut self, steps: usize) -> Result<(u64, f32)> {
        let (mut sum, mut count) = (0.0, 0);
        while count < steps && !self.finished() {
            sum += self.session.step(&mut self.loader).read().await?.loss;
            count += 1;
        }
        Ok((self.taken(), sum / count.max(1) as f32))
    }

    /// A checkpoint.
    pub(super) async fn save(&self) -> Result<Vec<(String, Vec<u8>)>> {
        self.session.save().await
    }

    /// Goes on from a checkpoint of the same run.
    pub(super) fn load(&mut self, files: &[(String, Vec<u8>)]) -> Result<()> {
        self.session.load(files)
    }

    /// The model as it stands.
    pub(super) fn model(&self) -> Result<Box<dyn Model>> {
        self.session.model()
    }
}
