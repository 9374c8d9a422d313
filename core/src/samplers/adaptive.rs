//! Runge-Kutta pairs that choose their own steps, and give any time in between by their dense output.
//!
//! ```text
//! x' = x + h Σ_i b_i k_i,   e = h Σ_i e_i k_i,   h by the size of e: see `control`
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, sections II.4 to II.6 (their program DOPRI5), <https://doi.org/10.1007/978-3-540-78862-1>. The grid's
//! levels are output points only. Into data the walk goes on by its own steps to the bottom of the model's range, wherever the grid's
//! last level lies, and the denoised sample is its result.

use burn::prelude::*;

use super::control::{Control, Tolerance};
use super::dense::Piece;
use super::runge_kutta::{along, combine};
use super::{Level, Sampler, Vector, Walk};
use crate::{Error, Result, device};

/// Attempts within one step of the grid after which a sampler gives up.
const ATTEMPTS: usize = 10_000;

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

/// The sampler of a pair: its tolerances, and what it promises.
macro_rules! pair {
    ($(#[$doc:meta])* $Type:ident: $PAIR:ident of order $order:literal, $about:expr) => {
        $(#[$doc])*
        ///
        /// The error is that of all samples together, so that a sample depends on its batch, by about the tolerance.
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $Type {
            /// Error allowed in a step, as a share of `x`.
            pub rtol: f64,
            /// Error allowed in a step where `x` is small.
            pub atol: f64,
        }

        impl Default for $Type {
            fn default() -> Self {
                Self { rtol: 1e-4, atol: 1e-4 }
            }
        }

        impl $crate::registry::Member for $Type {
            const ABOUT: $crate::registry::About = $about;
        }

        impl $Type {
            fn tolerance(&self) -> $crate::samplers::Tolerance {
                $crate::samplers::Tolerance {
                    rtol: self.rtol,
                    atol: self.atol,
                    over: $crate::samplers::Over::Batch,
                }
            }
        }

        impl $crate::samplers::Solver for $Type {
            fn order(&self) -> u32 {
                $order
            }
            fn adaptive(&self) -> bool {
                true
            }
            fn evaluations(&self) -> Option<usize> {
                None
            }
            fn memory(&self) -> usize {
                // Both ends of a step with their slopes, and what bends the dense output.
                4 + usize::from(!$PAIR.dense.is_empty())
            }
            fn check(&self) -> $crate::Result<()> {
                self.tolerance().check()
            }
            fn build(&self) -> Box<dyn $crate::samplers::Sampler> {
                Box::new($crate::samplers::adaptive::Adaptive::new(&$PAIR, self.tolerance()))
            }
        }
    };
}
pub(super) use pair;

/// A walk with its own steps. From its second step on it follows its own `x`, not the one that it is handed, until it is moved.
pub(super) struct Adaptive {
    pair: &'static Pair,
    tolerance: Tolerance,
    state: Option<State>,
}

/// Where the walk stands.
struct State {
    /// Time, `x` and `dx/dt` there.
    t: f64,
    x: Vector,
    slope: Vector,
    /// The way from the step before to here.
    piece: Option<Piece>,
    control: Control,
}

impl Sampler for Adaptive {
    fn step(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        if to.sigma > 0.0 {
            return self.reach(walk, x, from, to);
        }
        // The slope is not defined on data.
        let bottom = walk.bottom();
        let x = self.reach(walk, x, from, bottom)?;
        self.state = None;
        Ok(super::combine([(to.alpha, walk.denoise(&x, bottom))]))
    }

    fn moved(&mut self) {
        self.state = None;
    }

    fn kept(&self) -> usize {
        self.state.as_ref().map_or(0, |state| 2 + state.piece.as_ref().map_or(0, Piece::kept))
    }
}

impl State {
    /// `x` at a time within the last step.
    fn at(&self, t: f64) -> Vector {
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

    /// Goes on until a level lies behind; `x` there.
    fn reach(&mut self, walk: &Walk, x: Vector, from: Level, to: Level) -> Result<Vector> {
        let end = walk.bottom().t;
        let mut state = match self.state.take() {
            Some(state) => state,
            None if from.t <= to.t => return Ok(x),
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

    /// The first slope, and a step that moves `x` by about a hundredth of itself (Hairer et al. 1993, section II.4).
    fn start(&self, walk: &Walk, x: Vector, from: Level, end: f64) -> Result<State> {
        let slope = walk.slope(&x, from);
        let (span, size) = (from.t - end, x.tensor().abs());
        let distance = self.norm(x.tensor(), size.clone())?;
        let speed = self.norm(slope.tensor(), size.clone())?;
        if !(distance + speed).is_finite() {
            return Err(self.not_a_number(walk, from.t));
        }
        let h_0 = if distance.min(speed) < 1e-5 { 1e-6 } else { 0.01 * distance / speed }.min(span);
        let ahead = Vector::sum([(1.0, x.clone()), (-h_0, slope.clone())]);
        let ahead = walk.slope(&ahead, walk.at(from.t - h_0));
        let bend = self.norm(ahead.tensor() - slope.tensor(), size)? / h_0;
        let h_1 = (0.01 / speed.max(bend).max(1e-15)).powf(1.0 / self.pair.power);
        let control = Control::new(-h_1.min(100.0 * h_0).min(span), self.pair.power);
        Ok(State { t: from.t, x, slope, piece: None, control })
    }

    /// Tries a step: the state behind it, or the same state with a shorter one to try.
    fn attempt(&self, walk: &Walk, mut state: State, end: f64) -> Result<State> {
        let left = end - state.t;
        let h = state.control.next(left);
        self.long_enough(walk, &state, h)?;
        let mut k = vec![state.slope.clone()];
        let mut x = state.x.clone();
        for (a, c) in self.pair.a.iter().zip(self.pair.c) {
            x = combine(&state.x, h, a, &k);
            k.push(walk.slope(&x, walk.at(state.t + c * h)));
        }
        let size = state.x.tensor().abs().max_pair(x.tensor().abs());
        let error = self.norm(along(h, self.pair.error, &k).into_tensor(), size)?;
        if !state.control.accepts(h, error) {
            return Ok(state);
        }
        let t = if h == left { end } else { state.t + h };
        let quartic = (!self.pair.dense.is_empty()).then(|| along(h, self.pair.dense, &k));
        let piece = Some(Piece { h, x: state.x, slope: state.slope, quartic });
        let slope = k.pop().expect("the last stage should be the end's");
        Ok(State { t, x, slope, piece, control: state.control })
    }

    /// How large `v` is beside what is allowed, read from the device.
    fn norm(&self, v: Tensor<2>, size: Tensor<2>) -> Result<f64> {
        device::read_now(self.tolerance.norm(v, size))
    }

    /// A step that time cannot tell from none is the end of what shortening can do.
    fn long_enough(&self, walk: &Walk, state: &State, h: f64) -> Result<()> {
        match state.control.rejected() {
            Some(error) if h.abs() < 16.0 * f64::EPSILON * state.t => Err(if error.is_nan() {
                self.not_a_number(walk, state.t)
            } else {
                self.unmet(walk, state.t, "no step is short enough")
            }),
            _ => Ok(()),
        }
    }

    fn unmet(&self, walk: &Walk, t: f64, why: &str) -> Error {
        let Tolerance { rtol, atol, .. } = self.tolerance;
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
