//! What is measured: a weight file's network and model, and fixed inputs for them.

use std::path::Path;

use burn::prelude::*;
use kiln::model::{Classes, Model, Request};
use kiln::nn::{Condition, Init, Interface, Network, one_hot};
use kiln::random::{Key, Purpose};
use kiln::samplers::SamplerConfig;
use kiln::train::RunConfig;
use kiln::weights::{self, Header, WeightFile};
use kiln::{Result, config, device, files};

/// Samples in a batch, everywhere but where one is asked for.
pub const BATCH: usize = 64;
/// Steps of a walk from noise to data.
pub const STEPS: usize = 20;

/// A trained model, opened up.
pub struct Subject {
    /// The weight file.
    pub bytes: Vec<u8>,
    /// What it says of its model.
    pub header: Header,
    /// How it was trained.
    pub run: RunConfig,
    /// Its network alone.
    pub network: Box<dyn Network>,
    /// The network in its model.
    pub model: Box<dyn Model>,
    /// The processor.
    pub device: Device,
}

impl Subject {
    /// Reads a weight file and the configuration that it was trained with.
    pub fn open(weights: &Path, run: &Path) -> Result<Self> {
        let bytes = files::read(weights)?;
        let run = config::typed(config::read_file(run, &[])?)?;
        let device = device::cpu()?;
        let name = weights.display().to_string();
        let file = WeightFile::parse(&name, &bytes)?;
        let header = file.header()?;
        let mut network = header.model.network(&header.interface, &Init::new(0, &device))?;
        let values = file.values(&network.parameters(), &device)?;
        network.set_parameters(&values);
        let model = kiln::load(&name, &bytes, &device)?;
        Ok(Self { bytes, header, run, network, model, device })
    }

    /// What a sample looks like, and its classes.
    pub fn interface(&self) -> &Interface {
        &self.header.interface
    }

    /// Standard normals, a stream a row.
    pub fn normals(&self, rows: usize) -> Tensor<2> {
        let features = self.interface().features();
        let mut values = vec![0.0; rows * features];
        for (row, values) in values.chunks_mut(features).enumerate() {
            Key::new(0, Purpose::Noise, row as u64).fill_normal(values);
        }
        Tensor::from_data(TensorData::new(values, [rows, features]), &self.device)
    }

    /// These noise levels for rows of each class in turn.
    pub fn condition(&self, rows: usize, noise: Vec<f64>) -> Condition {
        let count = self.interface().classes.len();
        let classes: Vec<Option<u32>> = (0..rows).map(|row| Some((row % count) as u32)).collect();
        Condition { noise, class: Some(one_hot(&classes, count, &self.device)), ..Condition::default() }
    }

    /// A batch of each class in turn, by Euler, without guidance.
    pub fn request() -> Result<Request> {
        Ok(Request {
            count: BATCH,
            sampler: Some(SamplerConfig::named("euler")?),
            steps: Some(STEPS),
            guidance: Some(1.0),
            classes: Classes::Each,
            ..Request::default()
        })
    }

    /// The samples of [`Subject::request`].
    pub fn sample(&self) -> Result<Vec<f32>> {
        let mut generation = self.model.generate(&Self::request()?)?;
        let mut last = None;
        while let Some(frame) = generation.step() {
            last = Some(frame?.x);
        }
        fetch(last.expect("a walk should have a step"))
    }
}

/// A tensor's values: what ends a measurement.
pub fn fetch<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    pollster::block_on(weights::read(tensor))
}
