//! Where an interpolant begins: a Gaussian, or any dataset that reads no files.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::check::positive;
use crate::data::{DataConfig, Dataset, Split};
use crate::nn::Interface;
use crate::random::Key;
use crate::registry::{self, About, Member};
use crate::{Error, Result, error};

/// The name of the source that is no dataset.
const GAUSSIAN: &str = "gaussian";

/// So many different rows has a dataset without end.
const ENDLESS: u64 = 1 << 48;

/// The source of an interpolant: `gaussian`, or the name of a dataset.
#[derive(Clone, Debug)]
pub enum SourceConfig {
    /// Normals of mean 0, of whatever shape the data have.
    Gaussian(Gaussian),
    /// A dataset of the data's shape.
    Data(DataConfig),
}

/// Independent normals of mean 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gaussian {
    /// Their standard deviation.
    pub std: f64,
}

impl Default for Gaussian {
    fn default() -> Self {
        Self { std: 1.0 }
    }
}

impl Member for Gaussian {
    const ABOUT: About = About { summary: "Independent normals of mean 0", paper: "-" };
}

/// A source that rows can be drawn from.
pub(super) enum Source {
    Gaussian(f64),
    Data(Box<dyn Dataset>),
}

impl SourceConfig {
    /// The standard deviation of a Gaussian source; `None` for another.
    pub fn std(&self) -> Option<f64> {
        match self {
            Self::Gaussian(gaussian) => Some(gaussian.std),
            Self::Data(_) => None,
        }
    }

    /// Opens one part of the source, which has to have the data's shape.
    pub(super) fn open(&self, interface: &Interface, split: Split) -> Result<Source> {
        let data = match self {
            Self::Gaussian(Gaussian { std }) => {
                positive("std", *std)?;
                return Ok(Source::Gaussian(*std));
            }
            Self::Data(data) => data,
        };
        let dataset = data.open(None, split).map_err(|error| match error {
            Error::Argument(message) => Error::config(
                ".",
                format!(
                    "{message}; a source reads no files: take `{GAUSSIAN}` or a dataset that is a formula"
                ),
            ),
            other => other,
        })?;
        if dataset.shape() != interface.shape {
            return Err(Error::config(
                ".",
                format!(
                    "wanted rows of shape {:?}, as the data have; those of `{}` are of {:?}",
                    interface.shape,
                    data.name(),
                    dataset.shape()
                ),
            ));
        }
        Ok(Source::Data(dataset))
    }
}

impl Source {
    /// The row of this key.
    pub(super) fn fill(&self, key: Key, out: &mut [f32]) {
        match self {
            Self::Gaussian(std) => {
                key.fill_normal(out);
                out.iter_mut().for_each(|value| *value = (f64::from(*value) * std) as f32);
            }
            Self::Data(dataset) => {
                let rows = dataset.len().map_or(ENDLESS, |length| length as u64);
                dataset.read(key.stream().below(rows), out);
            }
        }
    }
}

impl Serialize for SourceConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Gaussian(gaussian) => registry::tagged(serializer, GAUSSIAN, gaussian),
            Self::Data(data) => data.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SourceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let names: Vec<&str> = [GAUSSIAN].iter().chain(DataConfig::NAMES).copied().collect();
        let value = serde_json::Value::deserialize(deserializer)?;
        let tagged = registry::untag(value.clone(), "source", &names).map_err(D::Error::custom)?;
        match tagged.kind.as_str() {
            GAUSSIAN => registry::fields(tagged.fields).map(Self::Gaussian),
            kind if DataConfig::NAMES.contains(&kind) => {
                DataConfig::deserialize(value).map(Self::Data).map_err(D::Error::custom)
            }
            kind => {
                let unknown = error::unknown("source", kind, &names).to_string();
                Err(registry::located(tagged.place, &unknown))
            }
        }
    }
}

impl JsonSchema for SourceConfig {
    fn schema_name() -> Cow<'static, str> {
        "SourceConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let gaussian = registry::schema(vec![(GAUSSIAN, Gaussian::ABOUT, Gaussian::json_schema(generator))]);
        let data = DataConfig::json_schema(generator);
        let mut schema = Schema::default();
        schema.insert("anyOf".into(), vec![gaussian.to_value(), data.to_value()].into());
        schema
    }
}
