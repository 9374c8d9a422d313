//! Samplers: ways to walk `x` from noise down to data.
//!
//! They solve `dx/dt = α̇ D + σ̇ (x − α D)/σ`, the probability-flow ODE of a schedule (Song et al. 2021, Eq. 13; Karras et al. 2022,
//! Eq. 4), or an SDE with the same marginals, where `D(x/α; σ/α)` is the denoiser: the mean of the data given the noisy sample.

mod walk;
mod noise;
mod vector;
mod course;
mod euler;
mod heun;
mod runge_kutta;
mod midpoint;
mod ralston;
mod rk4;
mod control;
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
mod past;
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
mod dpm_solver;
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

use burn::prelude::*;
use kiln_kernels::trajectory::Field;

use crate::Result;
use crate::schedules::Level;

use vector::{combine, combine_both};

pub use control::{Over, Tolerance};
pub use ddpm::Variance;
pub use dpm_solver::Method;
pub use edm_stochastic::Descent;
pub use ends::Ends;
pub use exponential::Predicts;
pub use lcm::Boundary;
pub use multistep::{Last, Second};
pub use noise::{Noise, NoiseSource};
pub use pndm::Warmup;
pub use predictor_corrector::Predictor;
pub use unipc::Variant;
pub use vector::{Term, Vector};
pub use walk::{Walk, walk};

// Tables of numbers and the choice of steps, for whatever else integrates
pub(crate) use adaptive::Pair;
pub(crate) use bosh3::PAIR as BOSH3;
pub(crate) use control::Control;
pub(crate) use course::{Course, course};
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
    fn evaluate(&self, x: Vector, sigma: f64, _next: f64) -> Evaluation {
        Evaluation { mean: self.denoise(x.into_tensor(), sigma).into(), v: None }
    }

    /// For a kernel that walks by itself, what is asked at these levels `[σ, next]`, one after the other; `None` where it cannot be told
    /// beforehand.
    fn flow(&self, _sigmas: &[[f64; 2]]) -> Option<Flow> {
        None
    }

    /// Another walk begins: what is remembered of the one before is void.
    fn forget(&self) {}
}

/// A denoiser as a small network: `D = skip x + out F(scale x)`, at each of some levels.
#[derive(Clone, Debug)]
pub struct Flow {
    /// `F`.
    pub field: Field,
    /// `[scale, skip, out]` of each level.
    pub scales: Vec<[f64; 3]>,
}

/// What a model says of one `x`.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The mean of the data, `[batch, features]`.
    pub mean: Vector,
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

    /// Whether it goes by levels of its own, from the walk's first: it can neither begin nor be interrupted on the way.
    fn levels_of_its_own(&self) -> bool {
        false
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
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector>;

    /// `x` was changed from outside since the last step: where the walk stood is void.
    fn moved(&mut self) {}

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

#[cfg(test)]
mod tests;
