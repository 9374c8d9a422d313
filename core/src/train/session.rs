//! A session: a model, its optimizer and its average, a step at a time.

use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::flat::Layout;
use super::freeze;
use super::optimizers::Optimizer;
use super::start::{Start, started};
use super::{RunConfig, TrainConfig};
use crate::config::check::under;
use crate::data::{Dataset, Loader};
use crate::factory::ModelConfig;
use crate::model::{Learning, Model};
use crate::nn::{Init, Interface, Mode, Network};
use crate::random::{Key, Purpose};
use crate::weights::{self, HostTensor, WeightFile};
use crate::{Error, Result};

/// What a step gave, still on the device.
#[derive(Clone, Debug)]
pub struct Report {
    /// The step, counted from 1.
    pub step: u64,
    /// The learning rate that it took.
    pub rate: f64,
    /// `[loss, norm of the gradient before clipping]`.
    values: Tensor<1>,
}

/// What a step gave, read from the device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The step, counted from 1.
    pub step: u64,
    /// The learning rate that it took.
    pub rate: f64,
    /// The loss.
    pub loss: f32,
    /// Norm of the gradient, before clipping.
    pub norm: f32,
}

impl Report {
    /// Waits for the numbers. A loss or gradient that is not finite is an error which names the step.
    pub async fn read(self) -> Result<Progress> {
        let values = weights::read(self.values).await?;
        let (loss, norm) = (values[0], values[1]);
        if loss.is_finite() && norm.is_finite() {
            return Ok(Progress { step: self.step, rate: self.rate, loss, norm });
        }
        Err(Error::NotFinite(format!(
            "the loss of step {} is {loss}, its gradient's norm {norm}: training has stopped; a lower `train.rate.peak`, a \
             longer `train.rate.warmup` or a lower `train.clip` may help",
            self.step
        )))
    }
}

/// What a checkpoint says beside its weights.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    schema: u32,
    step: u64,
}

/// Training under way.
pub struct Session {
    seed: u64,
    config: TrainConfig,
    model: ModelConfig,
    interface: Interface,
    device: Device,
    network: Box<dyn Network>,
    layout: Layout,
    parameters: Tensor<1>,
    average: Tensor<1>,
    optimizer: Box<dyn Optimizer>,
    step: u64,
}

impl Session {
    /// Fresh weights for these data on this device: for a run that starts from none, or that goes on by [`Session::load`].
    pub fn new(run: &RunConfig, dataset: &dyn Dataset, device: &Device) -> Result<Self> {
        Self::starting(run, dataset, device, &[])
    }

    /// The same, but for the parameters that start from other models: what `train.from` names, read by the caller.
    pub fn starting(
        run: &RunConfig,
        dataset: &dyn Dataset,
        device: &Device,
        starts: &[Start],
    ) -> Result<Self> {
        under("train", run.train.check())?;
        let interface = Interface { shape: dataset.shape().to_vec(), classes: dataset.classes().to_vec() };
        let device = device.clone().inner();
        let init = Init::new(run.seed, &device.clone().autodiff());
        let mut network = under("model", run.model.network(&interface, &init))?;
        let named = started(network.parameters(), starts, &device)?;
        let (prefixes, own) = (&run.train.freeze, run.model.frozen());
        under("train", freeze::check_all(prefixes, own, &named))?;
        let layout = Layout::of(&named, |path| freeze::frozen(path, prefixes, own));
        let optimizer = run.train.optimizer.build(&layout.shapes());
        let values: Vec<Tensor<1>> = named.into_iter().map(|named| named.value).collect();
        network.set_parameters(&values);
        let parameters = layout.learnt(values);
        Ok(Self {
            seed: run.seed,
            config: run.train.clone(),
            model: run.model.clone(),
            interface,
            device,
            network,
            layout,
            average: parameters.clone(),
            parameters,
            optimizer,
            step: 0,
        })
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// How many numbers are learnt.
    pub fn parameters(&self) -> usize {
        self.parameters.dims()[0]
    }

    /// One step of the optimizer. Nothing is read from the device.
    pub fn step(&mut self, loader: &mut Loader) -> Report {
        let parts = self.config.accumulate as u64;
        let (mut loss, mut gradient) = self.gradient(loader, self.step * parts);
        for part in 1..parts {
            let (l, g) = self.gradient(loader, self.step * parts + part);
            (loss, gradient) = (loss + l, gradient + g);
        }
        if parts > 1 {
            (loss, gradient) = (loss / parts as f64, gradient / parts as f64);
        }
        let norm = gradient.clone().square().sum().sqrt();
        if self.config.clip > 0.0 {
            // The factor stays on the device: min(1, clip / norm) (Pascanu et al. 2013).
            let factor = (norm.clone() + 1e-6).recip() * self.config.clip;
            gradient = gradient * factor.clamp_max(1.0);
        }
        let rate = self.config.rate.at(self.step, self.config.steps);
        self.parameters = self.optimizer.step(rate, self.parameters.clone(), gradient);
        self.network.set_parameters(&self.layout.split(&self.parameters));
        self.step += 1;
        self.follow();
        Report { step: self.step, rate, values: Tensor::cat(vec![loss, norm], 0) }
    }

    /// Loss and gradient of one batch.
    fn gradient(&self, loader: &mut Loader, index: u64) -> (Tensor<1>, Tensor<1>) {
        let batch = loader.batch(index);
        let device = self.device.clone().autodiff();
        let key = Key::new(self.seed, Purpose::Dropout, batch.first);
        let learning = Learning { seed: self.seed, mode: Mode::Train(key), device: &device, given: None };
        let loss = self.model.loss(&*self.network, &self.interface, &batch, &learning);
        let mut gradients = loss.backward();
        (loss.inner(), self.layout.learnt(self.network.gradients(&mut gradients)))
    }

    /// The average follows the weights, faster at first: decay min(d, (1 + n)/(10 + n)) (as in TensorFlow's and diffusers' EMA).
    fn follow(&mut self) {
        let n = self.step as f64;
        let decay = self.config.ema.min((1.0 + n) / (10.0 + n));
        self.average = self.average.clone() * decay + self.parameters.clone() * (1.0 - decay);
    }

    /// The model with the averaged weights.
    pub fn model(&self) -> Result<Box<dyn Model>> {
        let mut network = self.model.network(&self.interface, &Init::new(self.seed, &self.device))?;
        network.set_parameters(&self.layout.split(&self.average));
        self.model.model(&self.interface, network, &self.device)
    }

    /// A weight file of the averaged weights: what the zoo keeps.
    pub async fn weights(&self) -> Result<Vec<u8>> {
        weights::model_file(&self.model, &self.interface, self.layout.named(&self.average)).await
    }

    /// All that is needed to go on to the same bits, as named files.
    pub async fn save(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let live =
            weights::model_file(&self.model, &self.interface, self.layout.named(&self.parameters)).await?;
        let mut moments = Vec::new();
        for (name, value) in self.optimizer.state() {
            let values = weights::read(value).await?;
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            moments.push(HostTensor { name: name.to_owned(), shape: vec![values.len()], bytes });
        }
        let state = serde_json::to_vec(&State { schema: weights::SCHEMA, step: self.step });
        Ok(vec![
            ("model.safetensors".into(), live),
            ("ema.safetensors".into(), self.weights().await?),
            ("optimizer.safetensors".into(), weights::write(&moments, None)?),
            ("state.json".into(), state.map_err(|error| Error::argument(error.to_string()))?),
        ])
    }

    /// Goes on where [`Session::save`] left off.
    pub fn load(&mut self, files: &[(String, Vec<u8>)]) -> Result<()> {
        let file = |name: &str| {
            let found = files.iter().find(|(file, _)| file == name);
            found
                .map(|(_, bytes)| bytes.as_slice())
                .ok_or_else(|| Error::format(name, "missing from the checkpoint"))
        };
        let state: State = serde_json::from_slice(file("state.json")?)
            .map_err(|error| Error::format("state.json", error.to_string()))?;
        let named = self.network.parameters();
        let values = |name: &str| WeightFile::parse(name, file(name)?)?.values(&named, &self.device);
        let (live, averaged) = (values("model.safetensors")?, values("ema.safetensors")?);
        let moments = WeightFile::parse("optimizer.safetensors", file("optimizer.safetensors")?)?;
        let shape = [self.parameters()];
        let restored = if state.step == 0 { &[][..] } else { self.optimizer.names() };
        let restored: Result<Vec<_>> =
            restored.iter().map(|name| moments.value(name, &shape, &self.device)).collect();
        self.optimizer.restore(state.step, restored?);
        self.network.set_parameters(&live);
        self.layout.freeze(&live);
        self.parameters = self.layout.learnt(live);
        (self.average, self.step) = (self.layout.learnt(averaged), state.step);
        Ok(())
    }
}
