//! An autoencoder: what is lost of the test set on the way to the latents and back.
//!
//! ```text
//! MSE = mean (x − x̂)²,   PSNR = 10 log₁₀(2²/MSE) dB for data in [−1, 1]
//! ```

use kiln::data::Split;
use kiln::metrics::mean_std;

use super::{Bench, Findings, Measured};
use crate::failure::{Outcome, argument};
use crate::picture::examples;
use crate::progress::Bar;
use crate::reconstruct::code;

/// Examples at a time.
const BATCH: usize = 500;

/// Sums over all that has been seen.
struct Sums {
    /// Squared errors.
    lost: f64,
    /// Each feature's values, and their squares.
    features: Vec<[f64; 2]>,
    count: usize,
}

pub(super) fn measure(bench: &Bench) -> Outcome<Findings> {
    let test = bench.open(Split::Test)?;
    let model = &*bench.loaded.model;
    let (codec, card) = (model.codec().expect("it was asked before"), model.card());
    if test.shape() != card.shape {
        return Err(argument(format!("the data are of {:?}, the model's of {:?}", test.shape(), card.shape)));
    }
    let width = card.features();
    let count = bench.examples(&*test);
    let bar = Bar::new("reading the test set", count.div_ceil(BATCH) as u64, 0);
    let mut sums = Sums { lost: 0.0, features: vec![[0.0; 2]; width], count: 0 };
    let mut seen = Vec::new();
    for first in (0..count).step_by(BATCH) {
        let x = examples(&*test, first as u64, BATCH.min(count - first));
        let coded = code(codec, &x, width, bench.device)?;
        sums.add(&x, &coded.rows);
        seen.extend(coded.latents.into_iter().map(f64::from));
        bar.step();
    }
    let measured = told(&sums, &seen, codec.latent_shape());
    Ok(Findings { counts: vec![("examples", count)], measured })
}

impl Sums {
    fn add(&mut self, x: &[f32], made: &[f32]) {
        for (row, made) in x.chunks(self.features.len()).zip(made.chunks(self.features.len())) {
            for ((x, made), sums) in row.iter().zip(made).zip(&mut self.features) {
                let x = f64::from(*x);
                self.lost += (x - f64::from(*made)).powi(2);
                *sums = [sums[0] + x, sums[1] + x * x];
            }
            self.count += 1;
        }
    }

    /// Mean squared error a number.
    fn error(&self) -> f64 {
        self.lost / (self.count * self.features.len()) as f64
    }

    /// The same where each example is taken for the mean of all.
    fn variance(&self) -> f64 {
        let n = self.count as f64;
        let variance = |[sum, square]: &[f64; 2]| square / n - (sum / n).powi(2);
        self.features.iter().map(variance).sum::<f64>() / self.features.len() as f64
    }
}

fn told(sums: &Sums, latents: &[f64], shape: &[usize]) -> Vec<Measured> {
    let (error, variance) = (sums.error(), sums.variance());
    let decibels = |error: f64| 10.0 * (4.0 / error).log10();
    let (mean, std) = mean_std(latents);
    let measured = |key, what: String, value, beside| Measured { key, what, value, beside };
    let beside = |key, value| Some((key, "of the mean example", value));
    vec![
        measured(
            "mse",
            format!("mean squared error of {} reconstructed test examples", sums.count),
            error,
            beside("mean", variance),
        ),
        measured(
            "psnr",
            "peak signal to noise, in decibels".into(),
            decibels(error),
            beside("mean", decibels(variance)),
        ),
        measured("latent_mean", format!("mean of the latents, of shape {shape:?}"), mean, None),
        measured("latent_std", "standard deviation of the latents".into(), std, None),
    ]
}
