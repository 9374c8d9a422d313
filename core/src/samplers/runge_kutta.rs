//! Explicit Runge-Kutta steps, from a table of numbers.
//!
//! ```text
//! k_i = f(t + c_i h, x + h Σ_j a_ij k_j),   x ← x + h Σ_i b_i k_i
//! ```
//!
//! Hairer, Nørsett and Wanner 1993, Eq. II.1.8, <https://doi.org/10.1007/978-3-540-78862-1>; `f` is the ODE in the schedule's time.

use super::{Level, Term, Vector, Walk};

/// The numbers of a method. `a` and `c` begin with the second stage.
pub(crate) struct Tableau {
    pub(crate) a: &'static [&'static [f64]],
    pub(crate) b: &'static [f64],
    pub(crate) c: &'static [f64],
}

/// The sampler of a table.
macro_rules! table {
    ($(#[$doc:meta])* $Type:ident: $TABLE:ident of order $order:literal, $about:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $Type {}

        impl $crate::registry::Member for $Type {
            const ABOUT: $crate::registry::About = $about;
        }

        impl $crate::samplers::Solver for $Type {
            fn order(&self) -> u32 {
                $order
            }
            fn evaluations(&self) -> Option<usize> {
                Some($TABLE.b.len())
            }
            fn build(&self) -> Box<dyn $crate::samplers::Sampler> {
                Box::new(self.clone())
            }
        }

        impl $crate::samplers::Sampler for $Type {
            fn step(
                &mut self,
                walk: &$crate::samplers::Walk,
                x: $crate::samplers::Vector,
                from: $crate::schedules::Level,
                to: $crate::schedules::Level,
            ) -> $crate::Result<$crate::samplers::Vector> {
                Ok($crate::samplers::runge_kutta::step(walk, &x, from, to, &$TABLE))
            }
        }
    };
}
pub(super) use table;

/// Takes the step. No stage can stand on data, where the slope is not defined, and no slope leads there but along a straight line: into
/// data the step is else what is denoised.
pub(super) fn step(walk: &Walk, x: &Vector, from: Level, to: Level, table: &Tableau) -> Vector {
    let h = to.t - from.t;
    if to.sigma == 0.0 && (table.c.contains(&1.0) || !is_straight(walk, from, h)) {
        return super::combine([(to.alpha, walk.denoise(x, from))]);
    }
    let mut k = vec![walk.slope(x, from)];
    for (a, c) in table.a.iter().zip(table.c) {
        let stage = combine(x, h, a, &k);
        k.push(walk.slope(&stage, walk.at(from.t + c * h)));
    }
    combine(x, h, table.b, &k)
}

/// Whether Euler's step into data leaves no noise, `σ + h σ̇ = 0`: so it is where the noise is proportional to time. Where it is to the
/// root of time, half would stay.
fn is_straight(walk: &Walk, from: Level, h: f64) -> bool {
    let [of_x, _] = walk.slope_weights(from);
    (1.0 + h * of_x).abs() < 1e-9
}

/// `x + h Σ w_i k_i`.
pub(super) fn combine(x: &Vector, h: f64, weights: &[f64], k: &[Vector]) -> Vector {
    Vector::sum([(1.0, x.clone())].into_iter().chain(weighed(h, weights, k)))
}

/// `h Σ w_i k_i`.
pub(super) fn along(h: f64, weights: &[f64], k: &[Vector]) -> Vector {
    super::combine(weighed(h, weights, k))
}

fn weighed(h: f64, weights: &[f64], k: &[Vector]) -> impl Iterator<Item = Term> {
    weights.iter().zip(k).map(move |(weight, k)| (h * weight, k.clone()))
}
