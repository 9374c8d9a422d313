//! Which of the samplers that a request can name walk along an interpolant, and how.
//!
//! Those of an ODE mean here what they mean anywhere, as their tables of numbers are the same. `euler_ancestral` is Euler's step with noise,
//! which for the SDE of an interpolant is Euler and Maruyama's; its `eta` is the share of the model's own noise, as a standard deviation.

use super::{GammaConfig, InterpolantConfig};
use crate::diffusion::CouplingConfig;
use crate::likelihood::IntegratorConfig;
use crate::likelihood::integrators::{Over, Tolerance};
use crate::samplers::{EulerAncestral, SamplerConfig};
use crate::{Error, Result};

/// A way to walk.
#[derive(Clone, Debug)]
pub(super) enum Solver {
    /// By the ODE.
    Ode { integrator: IntegratorConfig, tolerance: Option<Tolerance> },
    /// By the SDE, by Euler's method.
    Sde(EulerAncestral),
}

/// Where the mean of the noise in `x` comes from, without which there is no SDE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Known {
    /// It is learnt.
    Learnt,
    /// It follows from the velocity: the noise is a Gaussian source of this standard deviation, which knows nothing of the data.
    Source(f64),
    /// It is not known.
    Unknown,
}

impl InterpolantConfig {
    /// Where the mean of the noise comes from.
    pub(super) fn known_noise(&self) -> Known {
        let silent = matches!(self.noise, GammaConfig::Silence(_));
        let independent = matches!(self.coupling, CouplingConfig::Independent(_));
        match self.source.std() {
            _ if self.score => Known::Learnt,
            Some(std) if silent && independent => Known::Source(std),
            _ => Known::Unknown,
        }
    }
}

/// How this sampler walks, or that it cannot.
pub(super) fn choose(config: &InterpolantConfig, sampler: &SamplerConfig) -> Result<Solver> {
    sampler.check()?;
    let tolerance = |rtol, atol| Some(Tolerance { rtol, atol, over: Over::Batch });
    let tolerance = match sampler {
        SamplerConfig::EulerAncestral(euler) => return stochastic(config, euler),
        SamplerConfig::Dopri5(pair) => tolerance(pair.rtol, pair.atol),
        SamplerConfig::Bosh3(pair) => tolerance(pair.rtol, pair.atol),
        _ => None,
    };
    let integrator = IntegratorConfig::named(sampler.name()).map_err(|_| {
        Error::argument(format!(
            "sampler: `{}` does not walk along an interpolant; there are: {}, euler_ancestral",
            sampler.name(),
            IntegratorConfig::NAMES.join(", ")
        ))
    })?;
    Ok(Solver::Ode { integrator, tolerance })
}

fn stochastic(config: &InterpolantConfig, euler: &EulerAncestral) -> Result<Solver> {
    if config.known_noise() == Known::Unknown {
        return Err(Error::argument(
            "sampler: `euler_ancestral` adds noise, for which the score has to be known: train with `noise` and `score: true`, or from a \
             Gaussian source with `coupling: independent`; or take a sampler without noise, such as heun",
        ));
    }
    Ok(Solver::Sde(euler.clone()))
}
