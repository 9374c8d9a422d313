//! A band around the torus: `p(x, y) = exp(κ cos n x + λ cos(y − w x))/4π² I₀(κ) I₀(λ)` of two angles in `[-π, π)`.
//!
//! `n x` is von Mises's, and so is the second angle around `w` times the first: Mardia and Jupp 2000, Directional Statistics, section 3.5.4.
//! Samples are drawn by the rejection of Best and Fisher 1979, <https://doi.org/10.2307/2346732>.

use std::f64::consts::{PI, TAU};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plane::{Density, count, endless};
use super::{Dataset, Source, Split};
use crate::Result;
use crate::config::check::within;
use crate::random::Stream;
use crate::registry::{About, Member};

/// Two angles, of which the second follows the first around.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Torus {
    /// `n`: places along the band where it is densest.
    pub bumps: u32,
    /// `κ`: how dense they are; 0 makes the band even.
    pub concentration: f64,
    /// `w`: how often the second angle goes around while the first does once.
    pub turns: u32,
    /// `λ`: how narrow the band is.
    pub tightness: f64,
    /// Which samples.
    pub seed: u64,
}

impl Default for Torus {
    fn default() -> Self {
        Self { bumps: 3, concentration: 2.0, turns: 1, tightness: 4.0, seed: 0 }
    }
}

impl Member for Torus {
    const ABOUT: About =
        About { summary: "Two angles, a band around the torus with three bumps; exact density", paper: "-" };
}

/// What the modified Bessel function of a number up to it fits into double precision with.
const MOST: f64 = 500.0;

impl Source for Torus {
    fn open(&self, _path: Option<&Path>, split: Split) -> Result<Box<dyn Dataset>> {
        count("bumps", self.bumps)?;
        within("concentration", self.concentration, 0.0, MOST)?;
        within("turns", f64::from(self.turns), 0.0, 1024.0)?;
        within("tightness", self.tightness, 0.0, MOST)?;
        Ok(endless(self.clone(), self.seed, split))
    }

    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }
}

impl Density for Torus {
    fn sample(&self, stream: &mut Stream) -> [f64; 2] {
        let bump = stream.below(u64::from(self.bumps)) as f64;
        let x = (von_mises(self.concentration, stream) + TAU * bump) / f64::from(self.bumps);
        let y = f64::from(self.turns) * x + von_mises(self.tightness, stream);
        [x, y].map(wrapped)
    }

    /// Minus infinity outside of the angles, of which both ends are one.
    fn log_density(&self, [x, y]: [f64; 2]) -> Option<f64> {
        let end = f64::from(std::f32::consts::PI);
        if x.abs() > end || y.abs() > end {
            return Some(f64::NEG_INFINITY);
        }
        let (n, w) = (f64::from(self.bumps), f64::from(self.turns));
        let first = log_von_mises(n * x, self.concentration);
        Some(first + log_von_mises(y - w * x, self.tightness))
    }
}

/// The same angle in `[-π, π)`, and still so once rounded to f32.
fn wrapped(angle: f64) -> f64 {
    let last = f64::from(std::f32::consts::PI.next_down());
    (angle - TAU * libm::floor((angle + PI) / TAU)).clamp(-last, last)
}

/// `ln exp(κ cos t)/2π I₀(κ)`.
fn log_von_mises(t: f64, kappa: f64) -> f64 {
    kappa * libm::cos(t) - libm::log(TAU * bessel_i0(kappa))
}

/// `I₀(κ) = Σ_k (κ²/4)^k/k!²`.
fn bessel_i0(kappa: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= kappa * kappa / (4.0 * k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// An angle of density `exp(κ cos t)`.
fn von_mises(kappa: f64, stream: &mut Stream) -> f64 {
    let tau = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
    // (τ − √2τ)/2κ, which is no difference of like numbers in this form.
    let rho = 2.0 * kappa / (tau + (2.0 * tau).sqrt());
    if rho < 1e-9 {
        return PI * (2.0 * stream.uniform() - 1.0);
    }
    let r = (1.0 + rho * rho) / (2.0 * rho);
    loop {
        let z = libm::cos(PI * stream.uniform());
        let f = (1.0 + r * z) / (r + z);
        let c = kappa * (r - f);
        if libm::log(c / stream.uniform()) >= c - 1.0 {
            let angle = libm::acos(f.clamp(-1.0, 1.0));
            return if stream.below(2) == 0 { angle } else { -angle };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz and Stegun 1964, table 9.8: `e^{-x} I₀(x)`.
    #[test]
    fn bessels_function_is_the_known_one() {
        for (x, wanted) in
            [(0.0, 1.0), (1.0, 0.465_759_607_7), (2.0, 0.308_508_322_6), (10.0, 0.127_833_337_2)]
        {
            assert!((bessel_i0(x) * libm::exp(-x) - wanted).abs() < 1e-9, "{x}: {}", bessel_i0(x));
        }
        assert!(bessel_i0(MOST).is_finite());
    }

    #[test]
    fn the_density_is_periodic_and_of_mass_one() {
        const CELLS: i32 = 200;
        let torus = Torus { turns: 2, ..Torus::default() };
        let p = |x: [f64; 2]| torus.log_density(x).map_or(0.0, libm::exp);
        let at = |i: i32| (TAU * (f64::from(i) + 0.5)) / f64::from(CELLS) - PI;
        let mass: f64 = (0..CELLS).flat_map(|i| (0..CELLS).map(move |j| [i, j])).map(|x| p(x.map(at))).sum();
        assert!((mass * (TAU / f64::from(CELLS)).powi(2) - 1.0).abs() < 1e-9, "{mass}");
        for i in 0..CELLS {
            assert!((p([PI, at(i)]) - p([-PI, at(i)])).abs() < 1e-12);
            assert!((p([at(i), PI]) - p([at(i), -PI])).abs() < 1e-12);
        }
    }
}
