//! Densities on the plane: `x ~ p` as a function of a stream, and `log p(x)` where it is known.

use super::{Dataset, Labels, Split};
use crate::Result;
use crate::config::check;
use crate::random::{Key, Purpose, Stream};

/// A density on the plane.
pub trait Density: Send + Sync + 'static {
    /// One sample.
    fn sample(&self, stream: &mut Stream) -> [f64; 2];

    /// `log p(x)`, where it has a closed form.
    fn log_density(&self, _x: [f64; 2]) -> Option<f64> {
        None
    }
}

/// A dataset of samples of `density`, without end.
pub fn endless(density: impl Density, seed: u64, split: Split) -> Box<dyn Dataset> {
    Box::new(Endless { density, seed: split.seed(seed) })
}

struct Endless<D> {
    density: D,
    seed: u64,
}

impl<D: Density> Dataset for Endless<D> {
    fn shape(&self) -> &[usize] {
        &[2]
    }

    fn len(&self) -> Option<usize> {
        None
    }

    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let x = self.density.sample(&mut Key::new(self.seed, Purpose::Data, index).stream());
        out.copy_from_slice(&x.map(|x| x as f32));
        Labels::default()
    }

    fn log_density(&self, x: &[f32]) -> Option<f64> {
        self.density.log_density([f64::from(x[0]), f64::from(x[1])])
    }
}

/// `x + std n`, n standard normal.
pub fn blur([x, y]: [f64; 2], std: f64, stream: &mut Stream) -> [f64; 2] {
    [x + std * stream.normal(), y + std * stream.normal()]
}

/// `x` turned by `angle`, against the clock.
pub fn rotate([x, y]: [f64; 2], angle: f64) -> [f64; 2] {
    let (sin, cos) = libm::sincos(angle);
    [x * cos - y * sin, x * sin + y * cos]
}

/// Uniform in `[low, high)`, and still so once rounded to f32: a sample never leaves the density's support.
pub fn within(low: f64, high: f64, stream: &mut Stream) -> f64 {
    loop {
        let x = f64::from((low + (high - low) * stream.uniform()) as f32);
        if (low..high).contains(&x) {
            return x;
        }
    }
}

/// `log N(x; mean, std^2)`.
pub fn log_normal(x: f64, mean: f64, std: f64) -> f64 {
    let z = (x - mean) / std;
    -0.5 * z * z - libm::log(std) - 0.5 * libm::log(std::f64::consts::TAU)
}

/// `log (1/n) sum exp(a_i)`: the log-density of an even mixture.
pub fn log_mean_exp(terms: impl Iterator<Item = f64>) -> f64 {
    let terms: Vec<f64> = terms.collect();
    let top = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + libm::log(terms.iter().map(|a| libm::exp(a - top)).sum::<f64>() / terms.len() as f64)
}

/// Refuses counts that make no density, or one that takes for ever.
pub fn count(key: &str, value: u32) -> Result<()> {
    check::within(key, f64::from(value), 1.0, 1024.0)
}
