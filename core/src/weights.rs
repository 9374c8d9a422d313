//! Weight files: safetensors, with the model's configuration in the header, so that a file is a model.
//!
//! <https://github.com/huggingface/safetensors>. The header's `kiln` entry is [`Header`] in JSON.

use std::collections::HashMap;

use burn::prelude::*;
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::factory::ModelConfig;
use crate::model::Model;
use crate::nn::{Init, Interface, Named, Precision};
use crate::{Error, Result, config};

/// The version of [`Header`] that this library writes.
pub const SCHEMA: u32 = 1;

/// What a weight file says of its model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Version of this header.
    pub schema: u32,
    /// The model.
    pub model: ModelConfig,
    /// What it was built for.
    pub interface: Interface,
}

/// The model in a weight file: a file is a model. `name` is what errors call it.
pub fn load(name: &str, bytes: &[u8], device: &Device) -> Result<Box<dyn Model>> {
    load_in(name, bytes, device, Precision::F32)
}

/// The same, its network computing in this precision; samples stay in single. An error where the device has it not.
pub fn load_in(name: &str, bytes: &[u8], device: &Device, precision: Precision) -> Result<Box<dyn Model>> {
    precision.check(device)?;
    let file = WeightFile::parse(name, bytes)?;
    let Header { model, interface, .. } = file.header()?;
    let mut network = model.network(&interface, &Init::new(0, device))?;
    precision.fits(model.codec(&*network).is_some())?;
    let values = file.values(&network.parameters(), device)?;
    network.set_parameters(&values);
    model.model(&interface, precision.narrow(network), device)
}

/// A parsed weight file.
pub struct WeightFile<'a> {
    name: &'a str,
    tensors: SafeTensors<'a>,
    metadata: HashMap<String, String>,
}

impl<'a> WeightFile<'a> {
    /// Checks that the bytes are a whole safetensors file.
    pub fn parse(name: &'a str, bytes: &'a [u8]) -> Result<Self> {
        let wrong = |error: safetensors::SafeTensorError| {
            let message = format!(
                "not a whole safetensors file ({} bytes): {error}; fetch or write it again",
                bytes.len()
            );
            Error::format(name, message)
        };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(wrong)?;
        let metadata = metadata.metadata().clone().unwrap_or_default();
        let tensors = SafeTensors::deserialize(bytes).map_err(wrong)?;
        Ok(Self { name, tensors, metadata })
    }

    /// The model that the weights belong to.
    pub fn header(&self) -> Result<Header> {
        let text = self.header_text()?;
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            Error::format(self.name, format!("the header's `kiln` entry is not JSON: {error}"))
        })?;
        if let Some(schema) = value["schema"].as_u64().filter(|schema| *schema > u64::from(SCHEMA)) {
            let message = format!("written in schema {schema}; this Kiln reads up to {SCHEMA}: update Kiln");
            return Err(Error::format(self.name, message));
        }
        config::typed(value).map_err(|error| Error::format(self.name, error.to_string()))
    }

    /// The header as it stands in the file.
    pub(crate) fn header_text(&self) -> Result<&str> {
        self.metadata.get("kiln").map(String::as_str).ok_or_else(|| {
            Error::format(self.name, "the header has no `kiln` entry: these weights were not written by Kiln")
        })
    }

    /// Every tensor, on the host, by name.
    pub(crate) fn fetched(&self) -> Result<Vec<HostTensor>> {
        let mut names = self.names();
        names.sort_unstable();
        names.into_iter().map(|name| self.host(name, None)).collect()
    }

    /// The paths of its tensors.
    pub fn names(&self) -> Vec<&str> {
        self.tensors.names()
    }

    /// The values of these parameters, flattened.
    pub fn values(&self, wanted: &[Named], device: &Device) -> Result<Vec<Tensor<1>>> {
        if let Some(extra) = self.tensors.names().iter().find(|name| wanted.iter().all(|w| w.path != **name))
        {
            return Err(Error::format(
                self.name,
                format!("holds `{extra}`, which its own configuration does not have"),
            ));
        }
        wanted.iter().map(|named| self.value(&named.path, &named.shape, device)).collect()
    }

    /// One tensor, flattened, after its shape has been checked.
    pub fn value(&self, path: &str, shape: &[usize], device: &Device) -> Result<Tensor<1>> {
        let values = self.host(path, Some(shape))?.values();
        Ok(Tensor::from_data(TensorData::new(values, [shape.iter().product::<usize>()]), device))
    }

    /// One tensor in single precision, which has to be finite and of this shape. Half precision is made single.
    fn host(&self, path: &str, shape: Option<&[usize]>) -> Result<HostTensor> {
        let view = self
            .tensors
            .tensor(path)
            .map_err(|_| Error::format(self.name, format!("`{path}` is missing")))?;
        let shape = shape.unwrap_or(view.shape());
        let bytes = match view.dtype() {
            _ if view.shape() != shape => None,
            Dtype::F32 => Some(view.data().to_vec()),
            Dtype::F16 => Some(widened(view.data())),
            _ => None,
        };
        let Some(bytes) = bytes else {
            let message = format!(
                "`{path}`: wanted F32 or F16 {shape:?}, this is {:?} {:?}",
                view.dtype(),
                view.shape()
            );
            return Err(Error::format(self.name, message));
        };
        let tensor = HostTensor { name: path.to_owned(), shape: shape.to_vec(), bytes };
        let values = tensor.values();
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::format(self.name, format!("`{path}` holds {} at place {at}", values[at]))),
            None => Ok(tensor),
        }
    }
}

/// Little-endian f16 as little-endian f32.
fn widened(bytes: &[u8]) -> Vec<u8> {
    let single = |b: &[u8]| f16::from_le_bytes([b[0], b[1]]).to_f32().to_le_bytes();
    bytes.chunks_exact(2).flat_map(single).collect()
}

/// One tensor on the host, ready to be written.
pub struct HostTensor {
    /// Its name in the file.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, little-endian f32.
    pub bytes: Vec<u8>,
}

impl HostTensor {
    /// The tensor of these values.
    pub fn of(name: impl Into<String>, shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name: name.into(), shape, bytes }
    }

    /// Its values.
    pub fn values(&self) -> Vec<f32> {
        self.bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    }
}

/// Reads parameters from their device.
pub async fn fetch(parameters: Vec<Named>) -> Result<Vec<HostTensor>> {
    let mut found = Vec::with_capacity(parameters.len());
    for Named { path, shape, value } in parameters {
        found.push(HostTensor::of(path, shape, &read(value).await?));
    }
    Ok(found)
}

/// A tensor's values, once the device has them.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.into_data_async().await;
    let data = data.map_err(|error| Error::Device(format!("reading from the device failed: {error:?}")))?;
    data.convert::<f32>()
        .try_to_vec::<f32>()
        .map_err(|error| Error::Device(format!("reading a tensor failed: {error:?}")))
}

/// The bytes of a safetensors file; `header` is its `kiln` entry.
pub fn write(tensors: &[HostTensor], header: Option<String>) -> Result<Vec<u8>> {
    let wrong =
        |error: safetensors::SafeTensorError| Error::argument(format!("writing safetensors failed: {error}"));
    let views: Vec<(&str, TensorView)> = tensors
        .iter()
        .map(|t| Ok((t.name.as_str(), TensorView::new(Dtype::F32, t.shape.clone(), &t.bytes)?)))
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    let metadata = header.map(|header| HashMap::from([("kiln".to_owned(), header)]));
    safetensors::serialize(views, metadata).map_err(wrong)
}

/// The bytes of a weight file.
pub async fn model_file(
    model: &ModelConfig,
    interface: &Interface,
    parameters: Vec<Named>,
) -> Result<Vec<u8>> {
    let header = Header { schema: SCHEMA, model: model.clone(), interface: interface.clone() };
    let text = serde_json::to_string(&header).map_err(|error| Error::config(".", error.to_string()))?;
    write(&fetch(parameters).await?, Some(text))
}
