//! Adaptive DPM-Solver-12 and -23: the step in `λ` is as long as the difference of two orders allows.
//!
//! ```text
//! E = ‖(x_low − x_high)/δ‖/sqrt(numbers),   δ = max(atol, rtol max(|x_low|, |x_before|))
//! h ← h (1 + atan(E_n^{−b1} E_{n−1}^{−b2} E_{n−2}^{−b3} − 1)),   accepted where the factor is accept_safety or more
//! ```
//!
//! Lu et al. 2022, appendix C, <https://arxiv.org/abs/2206.00927>; its controller, Söderlind 2003,
//! <https://doi.org/10.1145/641876.641877>; `sample_dpm_adaptive` of k-diffusion, <https://github.com/crowsonkb/k-diffusion>.
//!
//! Every step of the walk is divided as the error asks; to leave it the whole way, take one step. Into data it goes on to the bottom of the
//! model's range, wherever the grid's last level lies, and the denoised sample is its result. The error is that of all samples together,
//! so that a sample depends on its batch, by less than the tolerance.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dpm_stages::{Stages, down};
use super::exponential::has_order;
use super::noise::check_noise;
use super::{Level, Sampler, Solver, Vector, Walk, combine, frame};
use crate::config::check::{not_negative, positive, within};
use crate::registry::{About, Member};
use crate::{Error, Result, device};

/// What is left of a way in `λ` that counts as its end.
const END: f64 = 1e-5;
/// A step in `λ` shorter than this asks for more digits than there are.
const SHORTEST: f64 = 1e-12;

/// Chooses its own steps by tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DpmAdaptive {
    /// Of the result, 2 or 3; the error is estimated by the order below.
    #[schemars(range(min = 2, max = 3))]
    pub order: usize,
    /// Relative tolerance.
    pub rtol: f64,
    /// Absolute tolerance.
    pub atol: f64,
    /// Length in `λ` that is tried first.
    pub h_init: f64,
    /// Proportional coefficient of the controller.
    pub pcoeff: f64,
    /// Integral coefficient of the controller.
    pub icoeff: f64,
    /// Derivative coefficient of the controller.
    pub dcoeff: f64,
    /// The least factor for the next step with which this one is accepted; higher is more careful.
    pub accept_safety: f64,
    /// Share of the posterior's noise that is drawn anew.
    #[schemars(range(min = 0.0))]
    pub eta: f64,
    /// Factor of the noise added, 1 in theory.
    #[schemars(range(min = 0.0))]
    pub s_noise: f64,
}

impl Default for DpmAdaptive {
    fn default() -> Self {
        Self {
            order: 3,
            rtol: 0.05,
            atol: 0.0078,
            h_init: 0.05,
            pcoeff: 0.0,
            icoeff: 1.0,
            dcoeff: 0.0,
            accept_safety: 0.81,
            eta: 0.0,
            s_noise: 1.0,
        }
    }
}

impl Member for DpmAdaptive {
    const ABOUT: About = About {
        summary: "DPM-Solver-12 and -23, steps chosen by tolerance",
        paper: "Lu et al. 2022, appendix C, https://arxiv.org/abs/2206.00927",
    };
}

impl Solver for DpmAdaptive {
    fn order(&self) -> u32 {
        self.order as u32
    }
    fn stochastic(&self) -> bool {
        self.eta > 0.0
    }
    fn adaptive(&self) -> bool {
        true
    }
    fn evaluations(&self) -> Option<usize> {
        None
    }
    fn check(&self) -> Result<()> {
        has_order("order", self.order, [2, 3])?;
        positive("rtol", self.rtol)?;
        positive("atol", self.atol)?;
        positive("h_init", self.h_init)?;
        within("accept_safety", self.accept_safety, 0.0, 1.0)?;
        for (name, value) in [("pcoeff", self.pcoeff), ("icoeff", self.icoeff), ("dcoeff", self.dcoeff)] {
            not_negative(name, value)?;
        }
        check_noise(self.eta, self.s_noise)
    }
    fn build(&self) -> Box<dyn Sampler> {
        Box::new(Walker { config: self.clone(), control: Control::new(self) })
    }
}

struct Walker {
    config: DpmAdaptive,
    control: Control,
}

impl Sampler for Walker {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let end = if to.sigma > 0.0 { to } else { walk.bottom() };
        let x = self.integrate(walk, frame::enter(x, from), from.log_snr(), end.log_snr())?;
        if to.sigma > 0.0 {
            return Ok(frame::leave(x, to));
        }
        // In the frame, at that level.
        Ok(combine([(to.alpha, walk.denoise(&x, frame::level(1.0, end.ratio())))]))
    }
}

impl Walker {
    /// From one `λ` to another, in the frame `x/α`.
    fn integrate(&mut self, walk: &Walk, x: Vector, from: f64, end: f64) -> Result<Vector> {
        let (mut x, mut before, mut s) = (x.clone(), x, from);
        while s < end - END {
            let t = end.min(s + self.control.h);
            let (lower, up) = down(s, t, end, self.config.eta);
            let (low, high) = self.both(walk, &x, s, lower - s);
            let error = device::read_now(self.error(&low, &high, &before))?;
            if !self.control.accepts(error, (-s).exp())? {
                continue;
            }
            x = high;
            if up > 0.0 {
                x = combine([(1.0, x), (self.config.s_noise * up, walk.brownian((-s).exp(), (-t).exp()))]);
            }
            (before, s) = (low, t);
        }
        Ok(x)
    }

    /// The results of the order below and of the order.
    fn both(&self, walk: &Walk, x: &Vector, s: f64, h: f64) -> (Vector, Vector) {
        let stages = Stages::begin(walk, x.clone(), (-s).exp(), h);
        if self.config.order == 2 {
            return (stages.first(1.0), stages.of_order(2));
        }
        let middle = stages.middle(1.0 / 3.0);
        (stages.second(&middle, 1.0 / 3.0), stages.third(&middle))
    }

    /// `E`, `[1]`.
    fn error(&self, low: &Vector, high: &Vector, before: &Vector) -> Tensor<1> {
        let [low, high, before] = [low, high, before].map(Vector::tensor);
        let largest = low.clone().abs().max_pair(before.abs());
        let delta = (largest * self.config.rtol).clamp_min(self.config.atol);
        let scaled = (low - high) / delta;
        (scaled.clone() * scaled).mean().sqrt()
    }
}

/// A PID controller of the step.
struct Control {
    h: f64,
    exponents: [f64; 3],
    accept_safety: f64,
    /// One over the errors, the newest first.
    inverse: Option<[f64; 3]>,
}

impl Control {
    fn new(config: &DpmAdaptive) -> Self {
        let DpmAdaptive { pcoeff, icoeff, dcoeff, .. } = config;
        let order = if config.eta > 0.0 { 1.5 } else { config.order as f64 };
        let exponents = [pcoeff + icoeff + dcoeff, -(pcoeff + 2.0 * dcoeff), *dcoeff].map(|b| b / order);
        Self { h: config.h_init, exponents, accept_safety: config.accept_safety, inverse: None }
    }

    /// Sets the next step; whether this one stands.
    fn accepts(&mut self, error: f64, sigma: f64) -> Result<bool> {
        if !error.is_finite() {
            return Err(Error::NotFinite(format!(
                "dpm_adaptive: the error at noise level {sigma} is {error}; the model's answer there is not finite"
            )));
        }
        let newest = 1.0 / (error + 1e-8);
        let [_, last, older] = self.inverse.unwrap_or([newest; 3]);
        let errors = [newest, last, older];
        let factor: f64 = errors.iter().zip(self.exponents).map(|(error, b)| error.powf(b)).product();
        let factor = 1.0 + (factor - 1.0).atan();
        let accepted = factor >= self.accept_safety;
        self.inverse = Some(if accepted { [newest, newest, last] } else { errors });
        self.h *= factor;
        if self.h < SHORTEST {
            return Err(Error::argument(format!(
                "dpm_adaptive: the tolerance cannot be met at noise level {sigma}; raise rtol and atol, or take f64"
            )));
        }
        Ok(accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_stay_wrong_however_short_end_in_an_error() {
        let mut control = Control::new(&DpmAdaptive::default());
        let error = (0..1000).find_map(|_| control.accepts(1e9, 2.0).err()).expect("no endless walk");
        assert!(error.to_string().contains("cannot be met at noise level 2"), "{error}");
    }

    /// With the integral coefficient alone: `h ← h (1 + atan(E^{−1/3} − 1))`.
    #[test]
    fn the_step_follows_the_error() {
        for (error, accepted) in [(0.1_f64, true), (1.0, true), (8.0, false)] {
            let mut control = Control::new(&DpmAdaptive::default());
            assert_eq!(control.accepts(error, 1.0).expect("finite"), accepted);
            let factor = 1.0 + (error.powf(-1.0 / 3.0) - 1.0).atan();
            assert!((control.h / (0.05 * factor) - 1.0).abs() < 1e-6);
        }
        assert!(Control::new(&DpmAdaptive::default()).accepts(f64::NAN, 1.0).is_err());
    }
}
