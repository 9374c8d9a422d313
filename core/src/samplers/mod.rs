//! Samplers: ways to walk `x` from noise down to data.
//!
//! They solve `dx/dt = α̇ D + σ̇ (x − α D)/σ`, the probability-flow ODE of a schedule (Song et al. 2021, Eq. 13; Karras et al. 2022,
//! Eq. 4), or an SDE with the same marginals, where `D(x/α; σ/α)` is the denoiser: the mean of the data given the noisy sample.

mod combine;
mod euler;
mod heun;
mod runge_kutta;
mod midpoint;
mod ralston;
mod rk4;
mod adaptive;
mod dense;
mod dopri5;
mod bosh3;
mod frame;
mod euler_ancestral;
mod dpm2;
mod dpm2_ancestral;
mod edm_stochastic;
mod restart;
mod predictor_corrector;
mod adams_bashforth;
mod lms;
mod pndm;
mod ipndm;
mod consistency;
mod lcm;
mod tcd;
mod ddim;
mod ends;
mod ddpm;
mod dpmpp_2m;
mod exponential;
mod multistep;
mod singlestep;
mod dpm_stages;
mod dpm;
mod dpmpp;
mod sde_dpmpp;
mod dpmpp_sde;
mod dpmpp_2s_ancestral;
mod dpmpp_2m_sde;
mod dpmpp_3m_sde;
mod unipc;
mod deis;
mod sa_solver;
mod dpm_fast;
mod dpm_adaptive;
mod brownian;

use std::cell::Cell;

use burn::prelude::*;

use crate::random::{Key, Purpose};
use crate::schedules::{Level, Schedule};
use crate::{Error, Result};

use combine::combine;

pub use ddpm::Variance;
pub use dpm::Method;
pub use edm_stochastic::Descent;
pub use ends::Ends;
pub use exponential::Predicts;
pub use lcm::Boundary;
pub use multistep::{Last, Second};
pub use pndm::Warmup;
pub use predictor_corrector::Predictor;
pub use unipc::Variant;

// Tables of numbers, for whatever else integrates
pub(crate) use adaptive::Pair;
pub(crate) use bosh3::PAIR as BOSH3;
pub(crate) use dopri5::PAIR as DOPRI5;
pub(crate) use midpoint::TABLE as MIDPOINT;
pub(crate) use ralston::TABLE as RALSTON;
pub(crate) use rk4::TABLE as RK4;
pub(crate) use runge_kutta::Tableau;

/// `D(x; σ)`: the least-squares estimate of the clean `y` inside `x = y + σ n`. Rows: `[batch, features]`.
pub trait Denoiser {
    /// Evaluates `D(x; σ)`.
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2>;

    /// What is said of `x` before a step from `σ` to `next`, at most `σ`. Its mean leads a deterministic DDIM step to where the ODE
    /// leads; a model that has not learnt how far a step goes gives `D(x; σ)`, which is the limit of short steps.
    fn evaluate(&self, x: Tensor<2>, sigma: f64, _next: f64) -> Evaluation {
        Evaluation { mean: self.denoise(x, sigma), v: None }
    }
}

/// What a model says of one `x`.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The mean of the data, `[batch, features]`.
    pub mean: Tensor<2>,
    /// Where between its [`Ends`] the variance of a step from here lies, `[batch, features]`: 0 is the posterior's, 1 the forward
    /// step's. `None` where the model has learnt none.
    pub v: Option<Tensor<2>>,
}

impl<F: Fn(Tensor<2>, f64) -> Tensor<2>> Denoiser for F {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self(x, sigma)
    }
}

/// What a sampler takes `D(x; σ)` for. It reaches the data's distribution only if that is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// The mean of the data given `x`, as diffusion models learn it.
    Denoiser,
    /// The end of the ODE that leads through `x`, as consistency models learn it: one evaluation is a sample.
    ConsistencyFunction,
}

/// What a sampler's configuration promises and makes.
pub trait Solver {
    /// Order of accuracy on a smooth ODE in equal steps, with its memory filled, to which the contract test holds it; under some
    /// schedules it may be higher. For a stochastic one, of its drift; for one that wants a consistency function, 1.
    fn order(&self) -> u32;

    /// What it takes the denoiser for.
    fn wants(&self) -> Wants {
        Wants::Denoiser
    }

    /// Whether it adds noise on its way.
    fn stochastic(&self) -> bool {
        false
    }

    /// Whether a tolerance decides its steps.
    fn adaptive(&self) -> bool {
        false
    }

    /// Evaluations of the denoiser a step; the last step, into data, may take fewer. `None` where steps differ.
    fn evaluations(&self) -> Option<usize> {
        Some(1)
    }

    /// State tensors that it keeps from one step to the next, at most.
    fn memory(&self) -> usize {
        0
    }

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// A walker at the start of its walk.
    fn build(&self) -> Box<dyn Sampler>;
}

/// One rule for moving `x` from a level to the next. It may remember earlier steps, draw noise, and evaluate the denoiser as
/// often as it likes in between: an adaptive one divides the step itself.
pub trait Sampler {
    /// Takes the step. `to` is data (`σ = 0`) in the last.
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>>;

    /// State tensors that it keeps now.
    fn kept(&self) -> usize {
        0
    }
}

registry! {
    /// The samplers that a configuration can name.
    pub enum SamplerConfig("sampler"): dyn Solver {
        "euler" => euler::Euler,
        "heun" => heun::Heun,
        "midpoint" => midpoint::Midpoint,
        "ralston" => ralston::Ralston,
        "rk4" => rk4::Rk4,
        "dopri5" => dopri5::Dopri5,
        "bosh3" => bosh3::Bosh3,
        "euler_ancestral" => euler_ancestral::EulerAncestral,
        "dpm2" => dpm2::Dpm2,
        "dpm2_ancestral" => dpm2_ancestral::Dpm2Ancestral,
        "edm_stochastic" => edm_stochastic::EdmStochastic,
        "restart" => restart::Restart,
        "predictor_corrector" => predictor_corrector::PredictorCorrector,
        "lms" => lms::Lms,
        "pndm" => pndm::Pndm,
        "ipndm" => ipndm::Ipndm,
        "consistency" => consistency::Consistency,
        "lcm" => lcm::Lcm,
        "tcd" => tcd::Tcd,
        "ddim" => ddim::Ddim,
        "ddpm" => ddpm::Ddpm,
        "dpmpp_2m" => dpmpp_2m::Dpmpp2m,
        "dpm" => dpm::Dpm,
        "dpmpp" => dpmpp::Dpmpp,
        "sde_dpmpp" => sde_dpmpp::SdeDpmpp,
        "dpmpp_sde" => dpmpp_sde::DpmppSde,
        "dpmpp_2s_ancestral" => dpmpp_2s_ancestral::Dpmpp2sAncestral,
        "dpmpp_2m_sde" => dpmpp_2m_sde::Dpmpp2mSde,
        "dpmpp_3m_sde" => dpmpp_3m_sde::Dpmpp3mSde,
        "unipc" => unipc::Unipc,
        "deis" => deis::Deis,
        "sa_solver" => sa_solver::SaSolver,
        "dpm_fast" => dpm_fast::DpmFast,
        "dpm_adaptive" => dpm_adaptive::DpmAdaptive,
    }
}

/// Where a walk goes: its denoiser, its schedule, its levels, its noise.
pub struct Walk<'a> {
    /// The model.
    pub denoiser: &'a dyn Denoiser,
    /// The frame in which steps are taken.
    pub schedule: &'a dyn Schedule,
    /// Every level that is visited, from noise to data.
    pub levels: &'a [Level],
    noise: &'a dyn NoiseSource,
    step: Cell<usize>,
    draws: Cell<u32>,
    evaluations: Cell<usize>,
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub fn new(
        denoiser: &'a dyn Denoiser,
        schedule: &'a dyn Schedule,
        levels: &'a [Level],
        noise: &'a dyn NoiseSource,
    ) -> Self {
        let (step, draws, evaluations) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { denoiser, schedule, levels, noise, step, draws, evaluations }
    }

    /// Goes to step `index`, counted from 0: it keys the noise.
    pub fn begin(&self, index: usize) {
        self.step.set(index);
        self.draws.set(0);
    }

    /// Which step this is, from 0.
    pub fn step(&self) -> usize {
        self.step.get()
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// Evaluations of the denoiser so far.
    pub fn evaluations(&self) -> usize {
        self.evaluations.get()
    }

    /// The mean of the data given `x` at that level.
    pub fn denoise(&self, x: &Tensor<2>, at: Level) -> Tensor<2> {
        self.denoiser.denoise(self.asked(x, at), at.ratio())
    }

    /// What is said of `x` before a step from one level to another: see [`Denoiser::evaluate`].
    pub fn evaluate(&self, x: &Tensor<2>, from: Level, to: Level) -> Evaluation {
        self.denoiser.evaluate(self.asked(x, from), from.ratio(), to.ratio())
    }

    /// Counts an evaluation; `x/α`, which is what a denoiser is asked.
    fn asked(&self, x: &Tensor<2>, at: Level) -> Tensor<2> {
        self.evaluations.set(self.evaluations.get() + 1);
        if at.alpha == 1.0 { x.clone() } else { combine([(1.0 / at.alpha, x.clone())]) }
    }

    /// The noise in `x` given its mean `D`: `n̂ = (x − α D)/σ`.
    pub fn epsilon(&self, x: &Tensor<2>, denoised: Tensor<2>, at: Level) -> Tensor<2> {
        combine([(1.0 / at.sigma, x.clone()), (-at.alpha / at.sigma, denoised)])
    }

    /// `dx/dt = α̇ D + σ̇ (x − α D)/σ`.
    pub fn slope(&self, x: &Tensor<2>, at: Level) -> Tensor<2> {
        let [of_x, of_data] = self.slope_weights(at);
        combine([(of_x, x.clone()), (of_data, self.denoise(x, at))])
    }

    /// The multiples of `x` and of `D` that are `dx/dt`, gathered in double precision.
    fn slope_weights(&self, at: Level) -> [f64; 2] {
        let (d_alpha, d_sigma) = (self.schedule.d_alpha(at.t), self.schedule.d_sigma(at.t));
        [d_sigma / at.sigma, d_alpha - d_sigma * at.alpha / at.sigma]
    }

    /// The level of the schedule at time `t`, for stages between two levels.
    pub fn at(&self, t: f64) -> Level {
        Level::at(self.schedule, t)
    }

    /// The level of the schedule where `ln(α/σ)` is `lambda`.
    pub fn at_log_snr(&self, lambda: f64) -> Level {
        self.at(self.schedule.time((-lambda).exp()))
    }

    /// Fresh noise of this step: standard normal, `[batch, features]`, another at each call.
    pub fn draw(&self) -> Tensor<2> {
        let draw = self.draws.get();
        self.draws.set(draw + 1);
        self.noise.normal(self.step.get() as u32, draw)
    }

    /// `(W(b) − W(a))/sqrt(|b − a|)` of the walk's one Brownian path `W`: the path does not change with the number of steps.
    pub fn brownian(&self, a: f64, b: f64) -> Tensor<2> {
        self.noise.brownian(a, b)
    }
}

/// Where stochastic samplers draw from. Standard normals, `[batch, features]`.
pub trait NoiseSource {
    /// The noise of a step; `draw` counts the draws within it.
    fn normal(&self, step: u32, draw: u32) -> Tensor<2>;

    /// The increment of a Brownian path from time `a` to time `b` (either order, both 0 or more), scaled to unit variance.
    fn brownian(&self, a: f64, b: f64) -> Tensor<2>;
}

/// Each sample's own noise, the same whatever the batch and the device.
#[derive(Clone, Debug)]
pub struct Noise {
    /// The request's seed.
    pub seed: u64,
    /// Index of the first row's sample.
    pub first: u64,
    /// Rows.
    pub rows: usize,
    /// Numbers in a sample.
    pub features: usize,
    /// Where the numbers are wanted.
    pub device: Device,
}

impl Noise {
    /// Standard normals `[rows, features]`, a stream a row.
    pub fn draw(&self, purpose: Purpose, draw: u32) -> Tensor<2> {
        let mut values = vec![0.0; self.rows * self.features];
        Key::new(self.seed, purpose, self.first).draw(draw).fill_normal_rows(&mut values, self.features);
        Tensor::from_data(TensorData::new(values, [self.rows, self.features]), &self.device)
    }

    /// What a walk starts from: `σ n` at its first level.
    pub fn start(&self, level: Level) -> Tensor<2> {
        self.draw(Purpose::Noise, 0) * level.sigma
    }
}

impl NoiseSource for Noise {
    fn normal(&self, step: u32, draw: u32) -> Tensor<2> {
        // Steps in the low bits: what draws once a step draws what it always drew.
        self.draw(Purpose::SamplerNoise, step | draw << 20)
    }

    fn brownian(&self, a: f64, b: f64) -> Tensor<2> {
        brownian::increment(self, a, b)
    }
}

/// Walks `x` down `levels` at once; [`crate::model::Generation`] is the same step by step.
pub fn walk(config: &SamplerConfig, walk: &Walk, x: Tensor<2>) -> Result<Tensor<2>> {
    if walk.levels.len() < 2 {
        return Err(Error::argument("a walk needs two levels at least"));
    }
    config.check()?;
    let mut sampler = config.build();
    walk.levels.windows(2).enumerate().try_fold(x, |x, (i, pair)| {
        walk.begin(i);
        sampler.step(walk, x, pair[0], pair[1])
    })
}

#[cfg(test)]
mod tests;
