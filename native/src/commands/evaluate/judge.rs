//! A classifier at work: what it reads in pictures, and the features by which it does.

use burn::prelude::*;
use kiln::data::Dataset;
use kiln::model::Classify;
use kiln::{Result, weights};
use pollster::block_on;

use crate::failure::{Outcome, argument};
use crate::models::Loaded;
use crate::picture::examples;
use crate::progress::Bar;

/// Pictures at a time.
const BATCH: usize = 250;

/// A classifier on its device.
pub(in crate::commands) struct Judge<'a> {
    classify: &'a dyn Classify,
    device: &'a Device,
    width: usize,
}

impl<'a> Judge<'a> {
    /// A judge of samples of `shape`.
    pub(in crate::commands) fn new(loaded: &'a Loaded, shape: &[usize], device: &'a Device) -> Outcome<Self> {
        let (name, card) = (&loaded.name, loaded.model.card());
        let classify = loaded.model.classifier().ok_or_else(|| {
            argument(format!("--classifier {name}: a {} reads no classes; name a classifier", card.family))
        })?;
        if card.shape != shape {
            return Err(argument(format!(
                "--classifier {name} reads pictures of {:?}, these are {shape:?}: name one that was trained on the same data",
                card.shape
            )));
        }
        Ok(Self { classify, device, width: card.features() })
    }

    /// The logits of each row, and how many a row has.
    pub(in crate::commands) fn logits(&self, rows: &[f32]) -> Result<(Vec<f32>, usize)> {
        self.asked(rows, |x| self.classify.logits(x))
    }

    /// The features of each row, and how many a row has.
    pub(in crate::commands) fn features(&self, rows: &[f32]) -> Result<(Vec<f32>, usize)> {
        self.asked(rows, |x| self.classify.features(x))
    }

    fn asked(&self, rows: &[f32], of: impl Fn(Tensor<2>) -> Tensor<2>) -> Result<(Vec<f32>, usize)> {
        let (mut answers, mut width) = (Vec::new(), 0);
        for part in rows.chunks(BATCH * self.width) {
            let found = of(self.tensor(part));
            width = found.dims()[1];
            answers.extend(block_on(weights::read(found))?);
        }
        Ok((answers, width))
    }

    /// The features of a whole dataset, or of its first `most` examples.
    pub(in crate::commands) fn features_of(
        &self,
        dataset: &dyn Dataset,
        most: usize,
        bar: &Bar,
    ) -> Result<Vec<f32>> {
        let count = dataset.len().map_or(most, |length| length.min(most));
        bar.length(count.div_ceil(BATCH) as u64);
        let mut features = Vec::new();
        for first in (0..count).step_by(BATCH) {
            let rows = examples(dataset, first as u64, BATCH.min(count - first));
            features.extend(self.features(&rows)?.0);
            bar.step();
        }
        Ok(features)
    }

    fn tensor(&self, rows: &[f32]) -> Tensor<2> {
        Tensor::from_data(TensorData::new(rows.to_vec(), [rows.len() / self.width, self.width]), self.device)
    }
}
