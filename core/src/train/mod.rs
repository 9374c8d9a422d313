//! Training: a run's configuration, and a session that steps.
//!
//! A session owns no loop, no clock and no file: the command line loops, a window steps once a frame, the browser awaits. It knows a
//! network only as a list of parameters, which it keeps as one flat vector: an optimizer, an average and a norm are then a few
//! operations on one tensor, whatever the model.

mod checkpointing;
mod flat;
mod guard;
mod scaling;
mod freeze;
mod start;
mod session;
mod teacher;
pub mod averages;
pub mod optimizers;
pub mod rates;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::check::{at_least, under, within};
use crate::data::DataConfig;
use crate::factory::ModelConfig;
use crate::nn::Precision;

pub use averages::AverageConfig;
pub use checkpointing::Checkpointing;
pub use optimizers::OptimizerConfig;
pub use rates::RateConfig;
pub use session::{Progress, Report, Session};
pub use start::Start;

/// All that defines a run: with the data, it gives the same weights again, bit for bit on the CPU.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What the run's folder is called.
    pub name: String,
    /// Seed of weights, order, noise and dropout.
    pub seed: u64,
    /// What is learnt from.
    pub data: DataConfig,
    /// What learns.
    pub model: ModelConfig,
    /// How.
    pub train: TrainConfig,
}

impl Default for RunConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            name: "run".into(),
            seed: 0,
            data: DataConfig::named("shapes").expect(named),
            model: ModelConfig::named("diffusion").expect(named),
            train: TrainConfig::default(),
        }
    }
}

/// How to train.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Steps of the optimizer.
    pub steps: u64,
    /// The trained model to learn from, where the objective asks one: an entry of the zoo, a weight file or the folder of a run, of
    /// which the newest checkpoint teaches. The run resumes to the same bits as long as the teacher stays what it is.
    pub teacher: Option<String>,
    /// Examples a batch.
    pub batch: usize,
    /// Batches whose gradients are averaged for one step.
    pub accumulate: usize,
    /// The rule by which weights follow gradients.
    pub optimizer: OptimizerConfig,
    /// The learning rate over time.
    pub rate: RateConfig,
    /// The gradient's greatest norm over all parameters; 0 leaves it as it is.
    pub clip: f64,
    /// The average of the weights, which is what samples are drawn with; a number is the decay of the exponential one.
    #[serde(deserialize_with = "averages::read", serialize_with = "averages::write")]
    #[schemars(schema_with = "averages::schema")]
    pub ema: AverageConfig,
    /// The precision of the network's forward and backward pass; weights, optimizer and averages are in single.
    pub precision: Precision,
    /// What the backward pass remembers of the forward pass: `balanced` saves memory and costs time.
    pub checkpointing: Checkpointing,
    /// Whose weights to start from: beginnings of the parameters' paths (`.` for all), each with an entry of the zoo, a run's folder
    /// or a weight file.
    pub from: BTreeMap<String, String>,
    /// Beginnings of the paths of parameters that stay as they start (`.` would be all).
    pub freeze: Vec<String>,
    /// Steps between lines of the log.
    pub log_every: u64,
    /// Steps between pictures of samples; 0 for none.
    pub sample_every: u64,
    /// Samples in such a picture.
    pub samples: usize,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// How many checkpoints are kept.
    pub keep: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            steps: 10_000,
            teacher: None,
            batch: 128,
            accumulate: 1,
            optimizer: OptimizerConfig::named("adamw").expect(named),
            rate: RateConfig::named("cosine").expect(named),
            clip: 1.0,
            ema: AverageConfig::named("exponential").expect(named),
            precision: Precision::default(),
            checkpointing: Checkpointing::default(),
            from: BTreeMap::new(),
            freeze: Vec::new(),
            log_every: 50,
            sample_every: 1000,
            samples: 64,
            checkpoint_every: 500,
            keep: 3,
        }
    }
}

impl TrainConfig {
    /// Refuses what cannot be trained with, naming the key.
    pub fn check(&self) -> Result<()> {
        at_least("steps", self.steps as usize, 1)?;
        at_least("batch", self.batch, 1)?;
        at_least("accumulate", self.accumulate, 1)?;
        at_least("log_every", self.log_every as usize, 1)?;
        at_least("checkpoint_every", self.checkpoint_every as usize, 1)?;
        at_least("samples", self.samples, 1)?;
        at_least("keep", self.keep, 1)?;
        within("clip", self.clip, 0.0, 1e9)?;
        under("ema", self.ema.check())?;
        under("optimizer", self.optimizer.check())?;
        under("rate", self.rate.check())
    }
}

#[cfg(test)]
mod tests;
