//! Where in a model a number first was not finite.

use super::Session;
use crate::data::Loader;
use crate::model::Learning;
use crate::nn::Mode;
use crate::random::{Key, Purpose};
use crate::{Error, Result};

impl Session {
    /// The error of a step whose numbers are not finite, with the part of the model that first gave such a number, where the family can
    /// tell: the parameters are still those of the first such step.
    pub async fn explained(&self, error: Error, step: u64, loader: &mut Loader) -> Error {
        let Error::NotFinite(message) = error else { return error };
        match self.first_not_finite(step, loader).await {
            Ok(Some(part)) => Error::NotFinite(format!("{message}; what was not finite first: {part}")),
            _ => Error::NotFinite(message),
        }
    }

    async fn first_not_finite(&self, step: u64, loader: &mut Loader) -> Result<Option<String>> {
        let parts = self.config.accumulate as u64;
        for index in (step - 1) * parts..step * parts {
            let batch = loader.batch(index);
            let key = Key::new(self.seed, Purpose::Dropout, batch.first);
            let learning = Learning {
                step: step - 1,
                steps: self.config.steps,
                teacher: self.teacher.as_deref(),
                ..Learning::new(self.seed, Mode::Train(key), &self.device)
            };
            let Some(trace) = self.model.trace(&*self.network, &batch, &learning) else { return Ok(None) };
            if let Some(part) = trace.first().await? {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }
}
