//! Averages of the weights over training: what samples are drawn with.
//!
//! A configuration may write a plain number for the commonest: `ema: 0.999` is `{kind: exponential, decay: 0.999}`.

mod exponential;
mod none;
mod power;
mod profile;
mod mixture;

use burn::prelude::Tensor;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

use crate::Result;
use crate::registry::located;

pub use mixture::Mixture;
pub use power::LONGEST;
pub use profile::{Profile, mismatch, p_dot_p, sigma_rel_to_gamma, solve_weights};

/// A way of averaging weights.
pub trait Averaging {
    /// Refuses values outside of their range.
    fn check(&self) -> Result<()>;

    /// The share of each average that stays when the weights after step `step` (from 1) join it, the average that samples are
    /// drawn with first. None: samples are drawn with the weights themselves.
    fn decays(&self, step: u64) -> Vec<f64>;

    /// Steps between snapshots of the averages; 0 for none.
    fn snapshot_every(&self) -> u64 {
        0
    }

    /// The relative width `σ_rel` of each average, from which others can be reconstructed; empty where none can.
    fn lengths(&self) -> &[f64] {
        &[]
    }
}

registry! {
    /// The averages that a configuration can name.
    pub enum AverageConfig("average"): dyn Averaging {
        "exponential" => exponential::Exponential,
        "power" => power::Power,
        "none" => none::NoAverage,
    }
}

/// An average after weights have joined it.
pub(super) fn follow(average: Tensor<1>, decay: f64, weights: Tensor<1>) -> Tensor<1> {
    average * decay + weights * (1.0 - decay)
}

/// The file of an average in a snapshot, and of all but the first in a checkpoint.
pub fn track(place: usize) -> String {
    format!("track_{place}.safetensors")
}

/// Reads a number, the decay of the exponential average, or what every registry reads.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AverageConfig, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Number(number) => {
            let decay = number.as_f64().unwrap_or(f64::NAN);
            Ok(AverageConfig::Exponential(Exponential { decay }))
        }
        value @ (Value::String(_) | Value::Object(_)) => {
            AverageConfig::deserialize(value).map_err(|error| D::Error::custom(error.to_string()))
        }
        other => {
            let names = AverageConfig::NAMES.join(", ");
            let message = format!(
                "an average is a number (the decay of the exponential one), a name or a map with `kind`, one of: {names}; \
                 this is {other}"
            );
            Err(located("", &message))
        }
    }
}

/// Writes the exponential average as its number, as it has always been written.
pub(super) fn write<S: Serializer>(average: &AverageConfig, serializer: S) -> Result<S::Ok, S::Error> {
    match average {
        AverageConfig::Exponential(Exponential { decay }) => serializer.serialize_f64(*decay),
        other => other.serialize(serializer),
    }
}

/// The schema of what [`read`] reads.
pub(super) fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let mut schema = <AverageConfig as schemars::JsonSchema>::json_schema(generator);
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.insert(0, serde_json::json!({ "type": "number", "minimum": 0.0, "maximum": 1.0 }));
    }
    schema
}

#[cfg(test)]
mod tests;
