//! A session: a model, its optimizer and its average, a step at a time.

use std::rc::Rc;

use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::flat::Layout;
use super::freeze;
use super::guard::Guard;
use super::optimizers::Optimizer;
use super::scaling::{self, Scaler};
use super::start::{Start, started};
use super::{RunConfig, TrainConfig, averages, teacher};
use crate::config::check::under;
use crate::data::{Batch, Dataset, Loader};
use crate::factory::ModelConfig;
use crate::model::{Family, Learning, Model, Terms};
use crate::nn::{Init, Interface, Mode, Network, Precision};
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
    /// `[loss, norm of the gradient before clipping]`, the loss's parts, and the loss's scale where there is one.
    values: Tensor<1>,
    /// Names of the loss's parts.
    parts: Vec<&'static str>,
}

/// What a step gave, read from the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The step, counted from 1.
    pub step: u64,
    /// The learning rate that it took.
    pub rate: f64,
    /// The loss.
    pub loss: f32,
    /// Norm of the gradient, before clipping.
    pub norm: f32,
    /// The scale of the loss where the gradient did not fit into half precision with it, and the step was not taken.
    pub skipped: Option<f32>,
    /// The parts of the loss, by name, of a model that tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<(String, f32)>,
}

impl Report {
    /// Waits for the numbers. A loss or gradient that is not finite is an error which names the step.
    pub async fn read(self) -> Result<Progress> {
        let values = weights::read(self.values).await?;
        let (loss, norm) = (values[0], values[1]);
        let terms = self.parts.iter().zip(&values[2..]).map(|(name, value)| ((*name).to_owned(), *value));
        let terms = terms.collect::<Vec<_>>();
        let scale = values.get(2 + terms.len()).copied().filter(|_| loss.is_finite());
        let skipped = match scale {
            Some(scale) if scaling::skipped(self.step, norm, scale)? => Some(scale),
            _ => None,
        };
        if loss.is_finite() && (norm.is_finite() || skipped.is_some()) {
            return Ok(Progress { step: self.step, rate: self.rate, loss, norm, skipped, terms });
        }
        Err(Error::NotFinite(format!(
            "the loss of step {} is {loss}, its gradient's norm {norm}: training has stopped; a lower `train.rate.peak`, a \
             longer `train.rate.warmup` or a lower `train.clip` may help",
            self.step
        )))
    }
}

/// The parts of a loss, by name.
type Noted = Vec<(&'static str, Tensor<1>)>;

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
    /// The one that samples are drawn with first; none where that is the parameters themselves.
    averages: Vec<Tensor<1>>,
    optimizer: Box<dyn Optimizer>,
    /// In f16 alone.
    scaler: Option<Scaler>,
    guard: Guard,
    step: u64,
    teacher: Option<Rc<dyn Model>>,
}

impl Session {
    /// Fresh weights for these data on this device: for a run that starts from none, or that goes on by [`Session::load`]. Where
    /// the run names a teacher, [`Session::with_teacher`] is to follow.
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
        teacher::check_named(run)?;
        under("model", run.model.check_data(dataset))?;
        let interface = Interface::of(dataset);
        let device = device.clone().inner();
        under("train.precision", run.train.precision.check(&device))?;
        let init = Init::new(run.seed, &run.train.checkpointing.differentiating(&device));
        let mut network = under("model", run.model.network(&interface, &init))?;
        under("train.precision", run.train.precision.fits(run.model.codec(&*network).is_some()))?;
        let named = started(network.parameters(), starts, &device)?;
        let (prefixes, own) = (&run.train.freeze, run.model.frozen());
        under("train", freeze::check_all(prefixes, own, &named))?;
        let layout = Layout::of(&named, |path| freeze::frozen(path, prefixes, own));
        let optimizer = run.train.optimizer.build(&layout.shapes());
        let values: Vec<Tensor<1>> = named.into_iter().map(|named| named.value).collect();
        network.set_parameters(&values);
        let parameters = layout.learnt(values);
        let scaler = (run.train.precision == Precision::F16).then(|| Scaler::new(&device));
        Ok(Self {
            seed: run.seed,
            config: run.train.clone(),
            model: run.model.clone(),
            interface,
            device,
            network: run.train.precision.narrow(network),
            layout,
            averages: vec![parameters.clone(); run.train.ema.decays(1).len()],
            parameters,
            optimizer,
            scaler,
            guard: Guard::new(),
            step: 0,
            teacher: None,
        })
    }

    /// The session with the model that it learns from, whose weights it begins with where their networks are alike. It comes before
    /// [`Session::load`].
    pub fn with_teacher(mut self, teacher: Rc<dyn Model>) -> Result<Self> {
        let own = self.model()?;
        teacher::check(self.model.teaching(), own.card(), &*teacher)?;
        self.model.check_teacher(&*teacher)?;
        let weights = teacher::weights(&own.parameters(), &*teacher);
        // What the run says of its start goes before.
        if let Some(weights) = weights.filter(|_| self.config.from.is_empty()) {
            self.network.set_parameters(&weights);
            self.layout.freeze(&weights);
            self.parameters = self.layout.learnt(weights);
            self.averages.fill(self.parameters.clone());
        }
        self.teacher = Some(teacher);
        Ok(self)
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
        if self.step == 0 {
            let batch = loader.batch(0);
            self.tell(&batch, |model, network, learning| model.prepare(network, &batch, learning));
        }
        let (mut loss, mut gradient, terms) = self.gradient(loader, self.step * parts);
        for part in 1..parts {
            let (l, g, _) = self.gradient(loader, self.step * parts + part);
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
        self.step += 1;
        let mut values = vec![loss.clone(), norm.clone()];
        let (names, told): (Vec<_>, Vec<_>) = terms.into_iter().unzip();
        values.extend(told);
        values.extend(self.scaler.as_ref().map(Scaler::scale));
        let parameters = self.parameters.clone();
        let before = parameters.clone();
        self.parameters = match &mut self.scaler {
            None => {
                let after = self.optimizer.step(rate, parameters, gradient);
                self.guard.chosen([loss, norm], after, before)
            }
            Some(scaler) => {
                let step = (self.step, rate);
                let after = scaler.step(&mut *self.optimizer, step, parameters, gradient, norm);
                self.guard.chosen([loss], after, before)
            }
        };
        self.network.set_parameters(&self.layout.split(&self.parameters));
        let batch = loader.batch(self.step * parts - 1);
        self.tell(&batch, |model, network, learning| model.follow(network, &batch, learning));
        self.follow();
        Report { step: self.step, rate, values: Tensor::cat(values, 0), parts: names }
    }

    /// Lets the model change its network otherwise than by a gradient.
    fn tell(&mut self, batch: &Batch, change: impl FnOnce(&dyn Family, &mut dyn Network, &Learning) -> bool) {
        let key = Key::new(self.seed, Purpose::Dropout, batch.first);
        let learning = Learning {
            step: self.step,
            steps: self.config.steps,
            ..Learning::new(self.seed, Mode::Train(key), &self.device)
        };
        if change(&*self.model, &mut *self.network, &learning) {
            let values: Vec<_> = self.network.parameters().into_iter().map(|named| named.value).collect();
            self.layout.freeze(&values);
            self.parameters = self.layout.learnt(values);
            if self.step == 0 {
                self.averages.fill(self.parameters.clone());
            }
        }
    }

    /// Loss and gradient of one batch, and the loss's parts.
    fn gradient(&self, loader: &mut Loader, index: u64) -> (Tensor<1>, Tensor<1>, Noted) {
        let batch = loader.batch(index);
        let device = self.config.checkpointing.differentiating(&self.device);
        let key = Key::new(self.seed, Purpose::Dropout, batch.first);
        let terms = Terms::default();
        let learning = Learning {
            terms: Some(&terms),
            step: self.step,
            steps: self.config.steps,
            teacher: self.teacher.as_deref(),
            ..Learning::new(self.seed, Mode::Train(key), &device)
        };
        let loss = self.model.loss(&*self.network, &self.interface, &batch, &learning);
        let Some(scaler) = &self.scaler else {
            let mut gradients = loss.backward();
            let gradient = self.layout.learnt(self.network.gradients(&mut gradients));
            return (loss.inner(), gradient, terms.take());
        };
        let mut gradients = (loss.clone() * scaler.scale()).backward();
        let gradient = self.layout.learnt(self.network.gradients(&mut gradients)) / scaler.scale();
        (loss.inner(), gradient, terms.take())
    }

    /// The averages follow the weights.
    fn follow(&mut self) {
        for (average, decay) in self.averages.iter_mut().zip(self.config.ema.decays(self.step)) {
            *average = averages::follow(average.clone(), decay, self.parameters.clone());
        }
    }

    /// What samples are drawn with.
    fn averaged(&self) -> &Tensor<1> {
        self.averages.first().unwrap_or(&self.parameters)
    }

    /// The model with the averaged weights.
    pub fn model(&self) -> Result<Box<dyn Model>> {
        let mut network = self.model.network(&self.interface, &Init::new(self.seed, &self.device))?;
        network.set_parameters(&self.layout.split(self.averaged()));
        self.model.model(&self.interface, network, &self.device)
    }

    /// A weight file of the averaged weights: what the zoo keeps.
    pub async fn weights(&self) -> Result<Vec<u8>> {
        self.file(self.averaged()).await
    }

    /// A weight file of each average, as named files: what other averages are made from afterwards.
    pub async fn snapshot(&self) -> Result<Vec<(String, Vec<u8>)>> {
        self.tracks(0).await
    }

    async fn tracks(&self, first: usize) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        for (track, average) in self.averages.iter().enumerate().skip(first) {
            files.push((averages::track(track), self.file(average).await?));
        }
        Ok(files)
    }

    /// A weight file of these values.
    async fn file(&self, values: &Tensor<1>) -> Result<Vec<u8>> {
        weights::model_file(&self.model, &self.interface, self.layout.named(values)).await
    }

    /// All that is needed to go on to the same bits, as named files.
    pub async fn save(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let live = self.file(&self.parameters).await?;
        let mut moments = Vec::new();
        for (name, value) in self.optimizer.state() {
            let values = weights::read(value).await?;
            moments.push(HostTensor::of(name, vec![values.len()], &values));
        }
        let state = serde_json::to_vec(&State { schema: weights::SCHEMA, step: self.step });
        let mut files = vec![
            ("model.safetensors".into(), live),
            ("ema.safetensors".into(), self.weights().await?),
            ("optimizer.safetensors".into(), weights::write(&moments, None)?),
            ("state.json".into(), state.map_err(|error| Error::argument(error.to_string()))?),
        ];
        files.extend(self.tracks(1).await?);
        if let Some(scaler) = &self.scaler {
            files.push((scaling::FILE.into(), scaler.save().await?));
        }
        Ok(files)
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
        let live = values("model.safetensors")?;
        let average = |track: usize| {
            if track == 0 { values("ema.safetensors") } else { values(&averages::track(track)) }
        };
        let averages = (0..self.averages.len()).map(|track| Ok(self.layout.learnt(average(track)?)));
        let averages = averages.collect::<Result<_>>()?;
        if let Some(scaler) = &mut self.scaler {
            scaler.load(file(scaling::FILE)?)?;
        }
        let moments = self.moments(state.step, file("optimizer.safetensors")?)?;
        self.optimizer.restore(state.step, moments);
        self.network.set_parameters(&live);
        self.layout.freeze(&live);
        self.parameters = self.layout.learnt(live);
        (self.averages, self.step) = (averages, state.step);
        Ok(())
    }

    /// What the optimizer remembered after so many steps. Checkpoints of before hold no numbers that are one for all parameters.
    fn moments(&self, steps: u64, bytes: &[u8]) -> Result<Vec<Tensor<1>>> {
        let file = WeightFile::parse("optimizer.safetensors", bytes)?;
        let there = file.names();
        let memory = if steps == 0 { Vec::new() } else { self.optimizer.memory(self.parameters()) };
        let kept = memory.into_iter().filter(|(name, length)| *length > 1 || there.contains(name));
        kept.map(|(name, length)| file.value(name, &[length], &self.device)).collect()
    }
}

mod diagnosis;
