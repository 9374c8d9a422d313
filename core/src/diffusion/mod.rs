//! Diffusion and flow matching: one family, one table.
//!
//! ```text
//! D(x; σ) = c_skip(σ) x + c_out(σ) F(c_in(σ) x; ln(σ)/4)
//! L = E_{σ, y, n} w(σ) ‖F(c_in x) − (y − c_skip x)/c_out‖²,   x = y + σ n                  (or another objective)
//! ```
//!
//! Karras et al. 2022, Eq. 7 and 8, <https://arxiv.org/abs/2206.00364>. DDPM, EDM and rectified flow differ in what the network
//! predicts (`prediction`), in how often each noise level is seen (`noise`) and in the frame in which samples walk
//! (`schedule`); all three are columns here, and any combination is a model. Noise is measured as `σ/α`, the schedule's own
//! scale taken out, so that a model does not know under which schedule it will be sampled.

mod prediction;
mod noise;
mod weight;
mod variance;
mod coupling;
mod objectives;
mod fitting;
mod generation;
mod descent;
mod interpolation;
mod likelihood;
mod trained;

use std::rc::Rc;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::{at_least, under, within};
use crate::data::Batch;
use crate::guidance::{Conditional, Guiding, Learns};
use crate::likelihood::Likelihood;
use crate::model::{Card, Family, Generate, Generation, Helpers, Learning, Model, Request, Teaching};
use crate::nn::{Condition, Init, Interface, Mode, Named, Network, NetworkConfig, count};
use crate::random::Key;
use crate::registry::{About, Member};
use crate::samplers::SamplerConfig;
use crate::schedules::ScheduleConfig;
use crate::schedules::grids::GridConfig;
use crate::{Error, Result};

pub(crate) use trained::Trained;

pub use coupling::{Bridge, Coupling, CouplingConfig, assign};
pub use noise::{LevelDistribution, NoiseConfig};
pub use objectives::{Lesson, Objective, ObjectiveConfig};
pub use prediction::{Prediction, PredictionConfig};
pub use variance::{Decoder, Variance, VarianceConfig};
pub use weight::{Weight, WeightConfig};

/// A diffusion or flow-matching model. The defaults are EDM's.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DiffusionConfig {
    /// What is learnt.
    pub objective: ObjectiveConfig,
    /// What the network predicts.
    pub prediction: PredictionConfig,
    /// Standard deviation of the data.
    pub sigma_data: f64,
    /// Which noise levels are learnt, and how often. Read by the objectives `denoise`, `reflow` and `shortcut`; the others have levels
    /// of their own.
    pub noise: NoiseConfig,
    /// How much each noise level counts. Read by all objectives but the two of consistency, which weigh by the distance of two levels.
    pub weight: WeightConfig,
    /// Whether the variance of a step towards data is learnt beside its mean.
    pub variance: VarianceConfig,
    /// Which noise goes with which example of a batch, where the objective is `denoise`.
    pub coupling: CouplingConfig,
    /// The network.
    pub network: NetworkConfig,
    /// How often the class is hidden while learning, for classifier-free guidance; 1 learns without classes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub label_dropout: f64,
    /// Noise levels `σ/α` at the end and at the start of sampling.
    pub range: [f64; 2],
    /// How to sample where a request does not say.
    pub sampling: Box<Sampling>,
}

/// How to sample.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// The solver.
    pub sampler: SamplerConfig,
    /// The frame in which it steps.
    pub schedule: ScheduleConfig,
    /// The levels that it visits.
    pub grid: GridConfig,
    /// How many steps.
    pub steps: usize,
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// How guidance is done, beside its scale.
    pub guiding: Guiding,
}

impl Default for Sampling {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            sampler: SamplerConfig::named("heun").expect(named),
            schedule: ScheduleConfig::named("edm").expect(named),
            grid: GridConfig::named("karras").expect(named),
            steps: 18,
            guidance: 1.0,
            guiding: Guiding::default(),
        }
    }
}

impl Default for DiffusionConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            objective: ObjectiveConfig::named("denoise").expect(named),
            prediction: PredictionConfig::named("edm").expect(named),
            sigma_data: 0.5,
            noise: NoiseConfig::named("log_normal").expect(named),
            weight: WeightConfig::named("unit").expect(named),
            variance: VarianceConfig::named("fixed").expect(named),
            coupling: CouplingConfig::named("independent").expect(named),
            network: NetworkConfig::named("unet").expect(named),
            label_dropout: 0.1,
            range: [0.002, 80.0],
            sampling: Box::default(),
        }
    }
}

impl Member for DiffusionConfig {
    const ABOUT: About = About {
        summary: "Diffusion and flow matching: DDPM, EDM, rectified flow and what lies between",
        paper: "Karras et al. 2022, https://arxiv.org/abs/2206.00364; Lipman et al. 2023, https://arxiv.org/abs/2210.02747",
    };
}

impl DiffusionConfig {
    /// The classes that this model is told of, and what it tells.
    fn interface(&self, interface: &Interface) -> Interface {
        let classes = if self.label_dropout < 1.0 { interface.classes.clone() } else { Vec::new() };
        // Tokens are to it numbers like any other.
        Interface { classes, vocabulary: None, outputs: self.variance.outputs(), ..interface.clone() }
    }

    fn check(&self) -> Result<()> {
        within("sigma_data", self.sigma_data, 1e-6, 1e6)?;
        within("label_dropout", self.label_dropout, 0.0, 1.0)?;
        within("sampling.guidance", self.sampling.guidance, 0.0, 1e3)?;
        under("sampling.guiding", self.sampling.guiding.check())?;
        under("sampling.sampler", self.sampling.sampler.check())?;
        under("sampling.schedule", self.sampling.schedule.check())?;
        under("sampling.grid", self.sampling.grid.check())?;
        at_least("sampling.steps", self.sampling.steps, 1)?;
        under("prediction", self.prediction.check())?;
        under("noise", self.noise.check())?;
        under("weight", self.weight.check())?;
        under("variance", self.variance.check(&self.noise))?;
        under("coupling", self.coupling.check())?;
        if self.variance.bound().is_some() && !matches!(self.objective, ObjectiveConfig::Denoise(_)) {
            return Err(Error::config("variance", "`learned` needs the objective `denoise`; take `fixed`"));
        }
        let [bottom, top] = self.range;
        if bottom.is_nan() || bottom <= 0.0 || top.is_nan() || top <= bottom || top.is_infinite() {
            return Err(Error::config(
                "range",
                format!("wanted 0 < end < start, finite; this is [{bottom}, {top}]"),
            ));
        }
        self.check_end()?;
        self.check_read()
    }

    /// `F`'s output turned into `D`, with what it tells of the variance: one σ for the batch, or one a row.
    fn evaluate(
        &self,
        network: &dyn Network,
        x: Tensor<2>,
        input: &Noisy,
        mode: Mode,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let (skip, out) = self.coefficients(&input.sigma, &x.device());
        let c_in = column(&input.sigma, |sigma| self.c_in(sigma), &x.device());
        let (f, v) = self.split(network.forward(x.clone() * c_in, &input.condition(), mode));
        (x * skip + f * out, v)
    }

    /// `c_skip` and `c_out`, `[1 or batch, 1]`.
    fn coefficients(&self, sigma: &[f64], device: &Device) -> (Tensor<2>, Tensor<2>) {
        let skip = column(sigma, |sigma| self.prediction.coefficients(sigma, self.sigma_data)[0], device);
        let out = column(sigma, |sigma| self.prediction.coefficients(sigma, self.sigma_data)[1], device);
        (skip, out)
    }

    /// `w(σ)`, `[batch, 1]`.
    fn weights(&self, sigma: &[f64], device: &Device) -> Tensor<2> {
        let c_out = |sigma| self.prediction.coefficients(sigma, self.sigma_data)[1];
        column(sigma, |sigma| self.weight.of(sigma, c_out(sigma)), device)
    }

    /// The rows of noise in the order of the examples that they go with.
    fn coupled(&self, data: &[f32], noise: &[f32], rows: usize, key: Key) -> Vec<f32> {
        let features = noise.len() / rows;
        let order = self.coupling.pair(data, noise, rows, &mut key.stream());
        order.iter().flat_map(|row| noise[row * features..(row + 1) * features].iter().copied()).collect()
    }

    /// `c_in = 1/sqrt(σ² + σ_data²)`, so that the network's input has unit variance (Karras et al. 2022, Table 1).
    fn c_in(&self, sigma: f64) -> f64 {
        1.0 / (sigma * sigma + self.sigma_data * self.sigma_data).sqrt()
    }
}

/// A noise level for the batch or for each row, with the class, and with the level to go to where the network is to know.
struct Noisy {
    sigma: Vec<f64>,
    next: Option<Vec<f64>>,
    class: Option<Tensor<2>>,
}

impl Noisy {
    fn new(sigma: Vec<f64>, class: Option<Tensor<2>>) -> Self {
        Self { sigma, next: None, class }
    }

    fn toward(self, next: Vec<f64>) -> Self {
        Self { next: Some(next), ..self }
    }

    fn condition(&self) -> Condition {
        let noise = self.sigma.iter().map(|sigma| sigma.ln() / 4.0).collect();
        let next = self.next.as_deref().unwrap_or_default();
        let span = self.sigma.iter().zip(next).map(|(sigma, next)| c_span(*sigma, *next)).collect();
        Condition { noise, span, class: self.class.clone(), ..Condition::default() }
    }
}

/// `c_span = ln(1 + 128 (t − t′))/4` in the time `t = σ/(1 + σ)` of the straight path: 0 for no step at all, and steps of 1/128 and 1/64
/// as far apart as those of 1/2 and 1, nearly.
fn c_span(sigma: f64, next: f64) -> f64 {
    let time = |sigma: f64| sigma / (1.0 + sigma);
    (128.0 * (time(sigma) - time(next)).max(0.0)).ln_1p() / 4.0
}

/// `f(σ)` as `[1 or batch, 1]`, computed in double precision.
fn column(sigma: &[f64], f: impl Fn(f64) -> f64, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = sigma.iter().map(|sigma| f(*sigma) as f32).collect();
    Tensor::from_data(TensorData::new(values, [sigma.len(), 1]), device)
}

impl Family for DiffusionConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        let interface = self.interface(interface);
        under("objective", self.objective.check(self, &interface))?;
        under("variance", self.variance.check_shape(&interface.shape))?;
        under("sampling", self.check_own_walk(&interface))?;
        under("network", self.network.build(&interface, init))
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        self.check()?;
        let interface = self.interface(interface);
        let card = Card::new("diffusion", &interface, count(&network.parameters()));
        let core = Rc::new(Trained { config: self.clone(), network, interface, device: device.clone() });
        Ok(Box::new(Diffusion { card, core }))
    }

    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let interface = &self.interface(interface);
        self.objective.loss(&Lesson { model: self, network, interface, batch, learning })
    }

    fn teaching(&self) -> Teaching {
        self.objective.teaching()
    }

    fn check_teacher(&self, teacher: &dyn Model) -> Result<()> {
        self.objective.check_teacher(self, teacher)
    }
}

/// A trained diffusion model.
pub struct Diffusion {
    card: Card,
    core: Rc<Trained>,
}

impl Model for Diffusion {
    fn card(&self) -> &Card {
        &self.card
    }
    fn generator(&self) -> Option<&dyn Generate> {
        Some(self)
    }
    /// The flow that has a density is that of the mean.
    fn likelihood(&self) -> Option<&dyn Likelihood> {
        (self.core.learns() == Learns::Mean).then_some(self)
    }
    fn parameters(&self) -> Vec<Named> {
        self.core.network.parameters()
    }
}

impl Generate for Diffusion {
    fn begin_with(&self, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
        generation::begin(&self.core, &self.card, request, helpers)
    }

    fn denoiser(&self) -> Option<Rc<dyn Conditional>> {
        Some(self.core.clone())
    }

    fn range(&self) -> Option<[f64; 2]> {
        Some(self.core.config.range)
    }

    fn defaults(&self) -> Request {
        let Sampling { sampler, schedule, grid, steps, guidance, guiding } =
            (*self.core.config.sampling).clone();
        Request {
            sampler: Some(sampler),
            schedule: Some(schedule),
            grid: Some(grid),
            steps: Some(steps),
            guidance: Some(guidance),
            guiding: Some(guiding),
            ..Request::default()
        }
    }
}

#[cfg(test)]
mod tests;
