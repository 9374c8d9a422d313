//! The originals' tables of noise, in the single precision in which they are kept there: what the timesteps of a case mean.

use serde_json::{Map, Value};

/// `σ/α` of each timestep.
#[derive(Clone)]
pub struct Table {
    ratios: Vec<f64>,
}

impl Table {
    /// `β` linear from 1e-4 to 0.02 over 1000 steps: the one in which networks are asked.
    pub fn default_betas() -> Self {
        Self::new(&Map::new())
    }

    /// The table of a scheduler's options.
    pub fn new(kwargs: &Map<String, Value>) -> Self {
        let number = |key: &str, default: f64| kwargs.get(key).and_then(Value::as_f64).unwrap_or(default);
        let (start, end) = (number("beta_start", 1e-4), number("beta_end", 0.02));
        let count = number("num_train_timesteps", 1000.0) as usize;
        let schedule = kwargs.get("beta_schedule").and_then(Value::as_str).unwrap_or("linear");
        let mut betas = match (kwargs.get("trained_betas").and_then(Value::as_array), schedule) {
            (Some(trained), _) => {
                trained.iter().map(|beta| beta.as_f64().expect("a number") as f32).collect()
            }
            (None, "linear") => linspace(start as f32, end as f32, count),
            (None, "scaled_linear") => {
                let roots = linspace(start.sqrt() as f32, end.sqrt() as f32, count);
                roots.into_iter().map(|root| root * root).collect()
            }
            (None, "sigmoid") => linspace(-6.0, 6.0, count)
                .into_iter()
                .map(|x| 1.0 / (1.0 + (-x).exp()) * (end - start) as f32 + start as f32)
                .collect(),
            (None, name) => capped(name, count),
        };
        if kwargs.get("rescale_betas_zero_snr").and_then(Value::as_bool) == Some(true) {
            betas = rescaled(&betas);
        }
        let bars = products(betas.iter().map(|beta| 1.0 - beta));
        Self { ratios: bars.into_iter().map(|bar| f64::from((1.0 - bar) / bar).sqrt()).collect() }
    }

    pub fn len(&self) -> usize {
        self.ratios.len()
    }

    /// `σ/α` at a timestep; none where it is before the first.
    pub fn at(&self, timestep: i64) -> Option<f64> {
        usize::try_from(timestep).ok().map(|timestep| self.ratios[timestep])
    }

    /// `σ/α` between timesteps, straight in its logarithm.
    pub fn interpolated(&self, t: f64) -> f64 {
        let last = self.ratios.len() - 1;
        let low = (t.floor().max(0.0) as usize).min(last);
        let w = t - low as f64;
        ((1.0 - w) * self.ratios[low].ln() + w * self.ratios[(low + 1).min(last)].ln()).exp()
    }
}

/// Equal steps, from both ends towards the middle.
fn linspace(start: f32, end: f32, count: usize) -> Vec<f32> {
    let step = (end - start) / (count - 1) as f32;
    let value = |i: usize| {
        if i < count / 2 { start + step * i as f32 } else { end - step * (count - 1 - i) as f32 }
    };
    (0..count).map(value).collect()
}

/// `β_t = min(1 − ᾱ(t + 1)/ᾱ(t), 0.999)`.
fn capped(name: &str, count: usize) -> Vec<f32> {
    let bar = |t: f64| match name {
        "squaredcos_cap_v2" => ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2),
        "exp" => (-12.0 * t).exp(),
        "laplace" => {
            let lambda = -0.5 * (0.5 - t).signum() * (1.0 - 2.0 * (0.5 - t).abs() + 1e-6).ln();
            (lambda.exp() / (1.0 + lambda.exp())).sqrt()
        }
        other => panic!("an unknown beta_schedule `{other}`"),
    };
    let at = |i: usize| bar(i as f64 / count as f64);
    (0..count).map(|i| (1.0 - at(i + 1) / at(i)).min(0.999) as f32).collect()
}

/// No signal is left at the last step (Lin et al. 2024, Algorithm 1).
fn rescaled(betas: &[f32]) -> Vec<f32> {
    let roots: Vec<f32> = products(betas.iter().map(|beta| 1.0 - beta)).into_iter().map(f32::sqrt).collect();
    let (first, last) = (roots[0], roots[roots.len() - 1]);
    let scale = first / (first - last);
    let bars: Vec<f32> = roots.iter().map(|root| (root - last) * scale).map(|root| root * root).collect();
    (0..bars.len()).map(|i| 1.0 - if i == 0 { bars[0] } else { bars[i] / bars[i - 1] }).collect()
}

/// Running products, gathered in double precision and kept in single.
fn products(factors: impl Iterator<Item = f32>) -> Vec<f32> {
    let next = |product: &mut f64, factor: f32| {
        *product *= f64::from(factor);
        Some(*product as f32)
    };
    factors.scan(1.0, next).collect()
}
