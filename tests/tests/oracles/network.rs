//! What the originals were given for a network: the ideal denoiser of `N(μ, s²)`, asked as each kind of scheduler asks.
//!
//! ```text
//! D(x; σ) = μ + (x − μ) s²/(s² + σ²)
//! ```
//!
//! The scripts that recorded the walks turn `D` into what a scheduler wants of its network (noise, data or velocity) with the level
//! that *they* hold for right, and the scheduler turns it back with its own. Where the two levels differ, so does what is called
//! `D` here. Some schedulers add noise between the evaluation and the step: their network has seen another `x`.

use std::cell::{Cell, RefCell};

use burn::prelude::*;
use kiln::guidance::Threshold;
use kiln::samplers::Denoiser;

use super::table::Table;

/// What a network is held to predict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Predicts {
    Noise,
    Data,
    Velocity,
}

impl Predicts {
    pub fn named(name: Option<&str>) -> Self {
        match name {
            None | Some("epsilon") => Self::Noise,
            Some("sample" | "original_sample") => Self::Data,
            Some("v_prediction") => Self::Velocity,
            Some(other) => panic!("the recording script knows no prediction `{other}`"),
        }
    }
}

/// How the level of a network's input was known.
pub enum Asked {
    /// k-diffusion: `D` itself.
    Plainly,
    /// Variance exploding: read back from the input, which was scaled in single precision.
    Scaled,
    /// Variance preserving, by the scheduler's `σ`.
    Sigma(Vec<f64>),
    /// The flow's `σ`, used as if it were variance preserving.
    FlowSigma(Vec<f64>),
    /// Variance preserving, by timestep, in the default table: pairs of `σ/α` and `t`.
    Timed(Table, Vec<[f64; 2]>),
    /// Likewise, by IPNDM, which guards its division and takes the noise for a velocity.
    Crash(Table, Vec<[f64; 2]>),
    /// EDM's preconditioning, with this `σ_data` and this sign of `c_out`.
    Edm(f64, f64),
    /// The velocity of a straight path, by so many times `σ` in single precision, of which the script takes a thousandth.
    Flow(f32),
}

/// The network.
pub struct Network {
    pub mu: f64,
    pub s: f64,
    pub asked: Asked,
    pub predicts: Predicts,
    /// How data are bounded, if they are.
    pub threshold: Option<Threshold>,
    /// What the network has seen first in this step, where that is not what the step goes on with: `x/α` and `σ/α`.
    pub seen: RefCell<Option<(Tensor<2>, f64)>>,
    /// By how many units in the last place a single-precision root is off.
    pub off: Cell<i32>,
}

impl Network {
    fn ideal(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        let share = self.s * self.s / (self.s * self.s + sigma * sigma);
        x * share + self.mu * (1.0 - share)
    }

    /// What the network says of `x = α y + σ n`, which the script divides by `a = 1/sqrt(1 + σ²)`.
    fn output(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        let a = 1.0 / (1.0 + sigma * sigma).sqrt();
        self.spoken(x / a, sigma)
    }

    /// The same for `x = y + σ n`.
    fn spoken(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        let a = 1.0 / (1.0 + sigma * sigma).sqrt();
        let data = self.ideal(x.clone(), sigma);
        let noise = (x - data.clone()) / sigma;
        match self.predicts {
            Predicts::Noise => noise,
            Predicts::Data => data,
            Predicts::Velocity => noise * a - data * (sigma * a),
        }
    }

    /// The scheduler's `D` of an output, at its own level.
    fn data(&self, x: Tensor<2>, output: Tensor<2>, [alpha, sigma]: [f64; 2]) -> Tensor<2> {
        match self.predicts {
            Predicts::Noise => (x - output * sigma) / alpha,
            Predicts::Data => output,
            Predicts::Velocity => x * alpha - output * sigma,
        }
    }

    /// What the network sees at this evaluation.
    fn seen(&self, x: &Tensor<2>, ratio: f64) -> (Tensor<2>, f64) {
        self.seen.take().unwrap_or_else(|| (x.clone(), ratio))
    }

    fn exploding(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        let (x_seen, sigma_seen) = self.seen(&x, sigma);
        let output = self.spoken(x_seen, scaled(sigma_seen, self.off.get()));
        match self.predicts {
            Predicts::Noise => x - output * sigma,
            Predicts::Data => output,
            Predicts::Velocity => {
                let total = 1.0 + sigma_seen * sigma_seen;
                x / total - output * (sigma_seen / total.sqrt())
            }
        }
    }

    fn preconditioned(&self, x: Tensor<2>, sigma: f64, data: f64, sign: f64) -> Tensor<2> {
        let (x_seen, sigma_seen) = self.seen(&x, sigma);
        let skip = |sigma: f64| data * data / (sigma * sigma + data * data);
        let out = |sigma: f64| sigma * data / (sigma * sigma + data * data).sqrt();
        let wanted = self.ideal(x_seen.clone(), sigma_seen);
        let output = (wanted - x_seen * skip(sigma_seen)) / out(sigma_seen);
        x * skip(sigma) + output * (sign * out(sigma))
    }
}

impl Denoiser for Network {
    fn denoise(&self, x: Tensor<2>, ratio: f64) -> Tensor<2> {
        let vp = scale(ratio);
        let denoised = match &self.asked {
            Asked::Plainly => self.ideal(x, ratio),
            Asked::Scaled => self.exploding(x, ratio),
            Asked::Edm(data, sign) => self.preconditioned(x, ratio, *data, *sign),
            Asked::Sigma(levels) => {
                let (seen, at) = self.seen(&x, ratio);
                let output = self.output(seen * scale(at), nearest(levels, at, |level| *level));
                self.data(x * vp, output, [vp, vp * ratio])
            }
            Asked::FlowSigma(levels) => {
                let at = nearest(levels, ratio, |level| *level);
                let (alpha, sigma) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
                let x = x * alpha;
                self.data(x.clone(), self.output(x, at / (1.0 + at)), [alpha, sigma])
            }
            Asked::Timed(table, times) => {
                let (seen, at) = self.seen(&x, ratio);
                let time = nearest(times, at, |pair| pair[0]);
                let output = self.output(seen * scale(at), table.interpolated(time[1]));
                self.data(x * vp, output, [vp, vp * ratio])
            }
            Asked::Crash(table, times) => {
                let (x, sigma) = (x * vp, vp * ratio);
                let time = nearest(times, ratio, |pair| pair[0]);
                let output = self.output(x.clone(), table.interpolated(time[1]));
                let noise = x.clone() * sigma + output * vp;
                (x - noise * sigma) / vp.max(1e-8)
            }
            Asked::Flow(steps) => {
                let (alpha, sigma) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
                let told = f64::from(sigma as f32 * steps) / 1000.0;
                let x = x * alpha;
                let total = (1.0 - told).powi(2) * self.s * self.s + told * told;
                let centred = x.clone() - (1.0 - told) * self.mu;
                let data = centred.clone() * ((1.0 - told) * self.s * self.s / total) + self.mu;
                x - (centred * (told / total) - data) * sigma
            }
        };
        match &self.threshold {
            Some(threshold) => threshold.apply(denoised.into()).into_tensor(),
            None => denoised,
        }
    }
}

/// `α` of a variance-preserving level.
fn scale(ratio: f64) -> f64 {
    1.0 / (1.0 + ratio * ratio).sqrt()
}

/// `σ` as the script reads it from `x` and `x/sqrt(σ² + 1)`, whose divisor is single precision. PyTorch's root is not always the
/// nearest number.
fn scaled(sigma: f64, off: i32) -> f64 {
    let sigma = sigma as f32;
    let root = (sigma * sigma + 1.0).sqrt();
    let r = f64::from(f32::from_bits(root.to_bits().wrapping_add_signed(off)));
    (r * r - 1.0).max(1e-12).sqrt()
}

/// The level nearest to this one, which should be one that the original visited.
fn nearest<T: Copy>(levels: &[T], ratio: f64, level: impl Fn(&T) -> f64) -> T {
    let far = |one: &T| (level(one).min(1e9).ln() - ratio.min(1e9).ln()).abs();
    let found = *levels.iter().min_by(|a, b| far(a).total_cmp(&far(b))).expect("a level");
    assert!(far(&found) < 2e-2, "σ/α = {ratio} was never visited; the nearest is {}", level(&found));
    found
}
