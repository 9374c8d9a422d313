//! Starting weights: parameters that come from other weight files, by the beginnings of their paths.
//!
//! The parameters under a prefix are looked for under the same paths; where the file has nothing under that prefix, without it. So
//! `stage: mnist/autoencoder` takes an autoencoder's `encoder.input` for `stage.encoder.input`, and `stage: RUN` of another latent
//! model its `stage.encoder.input`.

use burn::prelude::*;

use super::RunConfig;
use super::freeze::{begins, check, trimmed};
use crate::config::check::under;
use crate::nn::Named;
use crate::weights::WeightFile;
use crate::{Error, Result};

/// One entry of `train.from`, read.
#[derive(Clone, Debug)]
pub struct Start {
    /// Beginning of the paths of the parameters that start there; `.` or nothing for all.
    pub prefix: String,
    /// What errors call the weight file.
    pub name: String,
    /// The weight file.
    pub bytes: Vec<u8>,
}

impl RunConfig {
    /// Refuses a run that would leave what its family never trains as it was drawn.
    pub fn check_start(&self) -> Result<()> {
        let given = |prefix: &str| self.train.from.keys().any(|key| begins(prefix, key));
        match self.model.borrowed().iter().find(|prefix| !given(prefix)) {
            None => Ok(()),
            Some(prefix) => Err(Error::config(
                "train.from",
                format!(
                    "a {} model never trains its `{prefix}`: say whose weights it has, an entry of the zoo, a run's folder or a \
                     weight file, as in train.from.{prefix}=NAME",
                    self.model.name()
                ),
            )),
        }
    }
}

/// The parameters with the values that the starts give them; a later start comes over an earlier.
pub(super) fn started(parameters: Vec<Named>, starts: &[Start], device: &Device) -> Result<Vec<Named>> {
    let mut parameters = parameters;
    for start in starts {
        under("train", check("from", &start.prefix, &parameters))?;
        let file = WeightFile::parse(&start.name, &start.bytes)?;
        let prefix = trimmed(&start.prefix);
        let whole = file.names().iter().any(|name| begins(name, prefix));
        for named in parameters.iter_mut().filter(|named| begins(&named.path, prefix)) {
            let path = if whole { named.path.as_str() } else { named.path[prefix.len()..].trim_matches('.') };
            let value = file.value(path, &named.shape, device);
            named.value = value.map_err(|error| placed(error, &start.prefix, &named.path))?;
        }
    }
    Ok(parameters)
}

/// The error of a weight file's tensor, with the parameter that was to start there.
fn placed(error: Error, prefix: &str, path: &str) -> Error {
    match error {
        Error::Format { file, message } => Error::format(
            file,
            format!(
                "{message}; `train.from` with prefix `{prefix}` wants it for `{path}` of this run's model"
            ),
        ),
        other => other,
    }
}
