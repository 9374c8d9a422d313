//! Runge-Kutta pairs that choose their own steps, and give any time in between by their dense output.
//!
//! ```text
//! e = h Σ_i e_i k_i,   ε = rms(e/(atol + rtol max(|x|, |x'|))),   accepted where ε ≤ 1
//! h ← 0.9 h (ε_last^0.2/ε^0.85)^{1/q},   q one more than the order of the error estimate
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, sections II.4 to II.6 (their program DOPRI5), <https://doi.org/10.1007/978-3-540-78862-1>. The grid's
//! levels are output points only. The walk ends at the last level above data, and the denoised sample is its result.

use burn::prelude::*;

use super::dense::Piece;
use super::runge_kutta::combine;
use super::{Level, Sampler, Walk};
use crate::config::check::positive;
use crate::{Error, Result, device};

/// Attempts within one step of the grid after which a sampler gives up.
const ATTEMPTS: usize = 10_000;
/// How much shorter and how much longer a step becomes at once.
const LIMITS: [f64; 2] = [0.2, 10.0];
/// How much shorter it becomes after an error that is not a number.
const RETREAT: f64 = 0.1;
const SAFETY: f64 = 0.9;

/// A method and the one that judges it. The last stage stands at the end of the step, and is the next one's first (FSAL).
pub(crate) struct Pair {
    /// For messages.
    pub(super) name: &'static str,
    /// Weights of each stage from the second on; the last are those of the step itself.
    pub(crate) a: &'static [&'static [f64]],
    /// Times of each stage from the second on.
    pub(crate) c: &'static [f64],
    /// Difference of the weights of the two methods.
    pub(crate) error: &'static [f64],
    /// Weights of the dense output's fourth-order term; empty for the cubic one.
    pub(super) dense: &'static [f64],
    /// One more than the order of the lower method: the error shrinks as `h` to this.
    pub(super) power: f64,
}

/// How large an error is allowed in a step.
#[derive(Clone, Copy)]
pub(super) struct Tolerance {
    pub(super) rtol: f64,
    pub(super) atol: f64,
}

impl Tolerance {
    pub(super) fn check(self) -> Result<()> {
        positive("rtol", self.rtol)?;
        positive("atol", self.atol)
    }

    /// `rms(v/(atol + rtol size))`, read from the device.
    fn norm(self, v: Tensor<2>, size: Tensor<2>) -> Result<f64> {
        let scaled = v / (size * self.rtol + self.atol);
        Ok(device::read_now(scaled.square().mean())?.sqrt())
    }
}

/// A walk with its own steps. From its second step on it follows its own `x`, not the one that it is handed.
pub(super) struct Adaptive {
    pair: &'static Pair,
    tolerance: Tolerance,
    state: Option<State>,
}

/// Where the walk stands.
struct State {
    /// Time, `x` and `dx/dt` there.
    t: f64,
    x: Tensor<2>,
    slope: Tensor<2>,
    /// The step to try next, negative as time falls.
    h: f64,
    /// Error of the last step that was accepted.
    accepted: f64,
    /// Error of the attempt that was rejected since.
    rejected: Option<f64>,
    /// The way from the step before to here.
    piece: Option<Piece>,
}

impl Sampler for Adaptive {
    fn step(&mut self, walk: &Walk, x: Tensor<2>, from: Level, to: Level) -> Result<Tensor<2>> {
        if to.sigma == 0.0 {
            let x = self.state.take().map_or(x, |state| state.x);
            return Ok(walk.denoise(&x, from) * to.alpha);
        }
        // The slope is not defined on data: the last level above it is the end.
        let end = walk.levels.iter().rfind(|level| level.sigma > 0.0).map_or(to.t, |level| level.t);
        let mut state = match self.state.take() {
            Some(state) => state,
            None => self.start(walk, x, from, end)?,
        };
        for _ in 0..ATTEMPTS {
            if state.t <= to.t {
                let x = state.at(to.t);
                self.state = Some(state);
                return Ok(x);
            }
            state = self.attempt(walk, state, end)?;
        }
        Err(self.unmet(walk, state.t, &format!("{ATTEMPTS} attempts did not reach {:.4}", to.ratio())))
    }

    fn kept(&self) -> usize {
        self.state.as_ref().map_or(0, |state| 2 + state.piece.as_ref().map_or(0, Piece::kept))
    }
}

impl State {
    /// `x` at a time within the last step.
    fn at(&self, t: f64) -> Tensor<2> {
        match &self.piece {
            Some(piece) if t > self.t => piece.at(t - self.t, &self.x, &self.slope),
            _ => self.x.clone(),
        }
    }
}

impl Adaptive {
    pub(super) fn new(pair: &'static Pair, tolerance: Tolerance) -> Self {
        Self { pair, tolerance, state: None }
    }

    /// The first slope, and a step that moves `x` by about a hundredth of itself (Hairer et al. 1993, section II.4).
    fn start(&self, walk: &Walk, x: Tensor<2>, from: Level, end: f64) -> Result<State> {
        let slope = walk.slope(&x, from);
        let (span, size) = (from.t - end, x.clone().abs());
        let distance = self.tolerance.norm(x.clone(), size.clone())?;
        let speed = self.tolerance.norm(slope.clone(), size.clone())?;
        if !(distance + speed).is_finite() {
            return Err(self.not_a_number(walk, from.t));
        }
        let h_0 = if distance.min(speed) < 1e-5 { 1e-6 } else { 0.01 * distance / speed }.min(span);
        let ahead = walk.slope(&(x.clone() - slope.clone() * h_0), walk.at(from.t - h_0));
        let bend = self.tolerance.norm(ahead - slope.clone(), size)? / h_0;
        let h_1 = (0.01 / speed.max(bend).max(1e-15)).powf(1.0 / self.pair.power);
        let h = -h_1.min(100.0 * h_0).min(span);
        Ok(State { t: from.t, x, slope, h, accepted: 1e-4, rejected: None, piece: None })
    }

    /// Tries a step: the state behind it, or the same state with a shorter one to try.
    fn attempt(&self, walk: &Walk, state: State, end: f64) -> Result<State> {
        // A remainder that is hardly longer than a step is one step.
        let is_last = state.t + 1.01 * state.h <= end;
        let (h, t) = if is_last { (end - state.t, end) } else { (state.h, state.t + state.h) };
        self.long_enough(walk, &state, h)?;
        let mut k = vec![state.slope.clone()];
        let mut x = state.x.clone();
        for (a, c) in self.pair.a.iter().zip(self.pair.c) {
            x = combine(&state.x, h, a, &k);
            k.push(walk.slope(&x, walk.at(state.t + c * h)));
        }
        let zero = state.x.zeros_like();
        let size = state.x.clone().abs().max_pair(x.clone().abs());
        let error = self.tolerance.norm(combine(&zero, h, self.pair.error, &k), size)?;
        if error.is_nan() || error > 1.0 {
            return Ok(State { h: h * self.shorter(error), rejected: Some(error), ..state });
        }
        let h_next = h * self.longer(error, &state);
        let quartic = (!self.pair.dense.is_empty()).then(|| combine(&zero, h, self.pair.dense, &k));
        let piece = Some(Piece { h, x: state.x, slope: state.slope, quartic });
        let slope = k.pop().expect("the last stage should be the end's");
        Ok(State { t, x, slope, h: h_next, accepted: error.max(1e-4), rejected: None, piece })
    }

    /// By how much to shorten a step that was rejected.
    fn shorter(&self, error: f64) -> f64 {
        if !error.is_finite() {
            return RETREAT;
        }
        (SAFETY * error.powf(-0.85 / self.pair.power)).max(LIMITS[0])
    }

    /// By how much to lengthen the next step: it does not grow where one has just been rejected.
    fn longer(&self, error: f64, state: &State) -> f64 {
        let wanted = SAFETY * (error.powf(-0.85) * state.accepted.powf(0.2)).powf(1.0 / self.pair.power);
        wanted.clamp(LIMITS[0], if state.rejected.is_some() { 1.0 } else { LIMITS[1] })
    }

    /// A step that time cannot tell from none is the end of what shortening can do.
    fn long_enough(&self, walk: &Walk, state: &State, h: f64) -> Result<()> {
        match state.rejected {
            Some(error) if h.abs() < 16.0 * f64::EPSILON * state.t && error.is_nan() => {
                Err(self.not_a_number(walk, state.t))
            }
            Some(_) if h.abs() < 16.0 * f64::EPSILON * state.t => {
                Err(self.unmet(walk, state.t, "no step is short enough"))
            }
            _ => Ok(()),
        }
    }

    fn unmet(&self, walk: &Walk, t: f64, why: &str) -> Error {
        let Tolerance { rtol, atol } = self.tolerance;
        Error::argument(format!(
            "sampler {}: rtol {rtol} and atol {atol} cannot be met at noise level {:.4}: {why}; allow more",
            self.pair.name,
            walk.at(t).ratio()
        ))
    }

    fn not_a_number(&self, walk: &Walk, t: f64) -> Error {
        Error::NotFinite(format!(
            "sampler {}: what the model denoises at noise level {:.4} is not a finite number",
            self.pair.name,
            walk.at(t).ratio()
        ))
    }
}
