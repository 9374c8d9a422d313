//! A grid fitted to a model and to its data.
//!
//! Between the levels `σ_i` and `σ_{i+1}` a first-order solver keeps the denoiser of `σ_i`. What that costs is the change of the
//! denoiser along the way, measured on noised data:
//!
//! ```text
//! M(σ_i, σ) = E ‖D(x_σ; σ) − D(x_{σ_i}; σ_i)‖²,   x_σ = y + W(σ²),  W a Brownian path
//! divergence   Σ_i ∫ M(σ_i, σ) σ⁻³ dσ     bounds the divergence of the samples from the data (stochastic sampler)
//! samples      Σ_i ∫ M(σ_i, σ) σ⁻¹ dσ     bounds the mean squares of what the steps of Euler's method add to the samples
//! ```
//!
//! Sabour et al. 2024, section 3, <https://arxiv.org/abs/2404.14507>, with the first objective. They descend it step by step; here `M` is
//! measured once between all pairs of a fine grid, on shared paths, and the best levels among those are found exactly, as a shortest
//! path. The result is what [`super::Explicit`] takes.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::at_least;
use crate::device::read_all_now;
use crate::random::{Key, Purpose};
use crate::{Error, Result};

/// What a fitted grid is to make small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// The mean-square error of the samples: for deterministic samplers.
    #[default]
    Samples,
    /// The bound on the Kullback-Leibler divergence: the paper's.
    Divergence,
}

impl Aim {
    /// The weight of `M` in an integral over `ln σ`.
    fn weight(self, sigma: f64) -> f64 {
        match self {
            Self::Samples => 1.0,
            Self::Divergence => sigma.powi(-2),
        }
    }
}

/// How to fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fit {
    /// How many levels are wanted.
    pub steps: usize,
    /// `σ/α` at the end and at the start of the walk.
    pub range: [f64; 2],
    /// What is to be small.
    pub aim: Aim,
    /// Levels among which to choose, equally far apart in `ln σ`; as many evaluations of the denoiser.
    pub nodes: usize,
    /// Seed of the noise.
    pub seed: u64,
}

impl Default for Fit {
    fn default() -> Self {
        Self { steps: 10, range: [0.002, 80.0], aim: Aim::default(), nodes: 128, seed: 0 }
    }
}

impl Fit {
    fn check(&self) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        at_least("nodes", self.nodes, self.steps + 1)?;
        let [end, start] = self.range;
        if 0.0 < end && end < start && start.is_finite() {
            return Ok(());
        }
        Err(Error::config("range", format!("wanted 0 < end < start, finite; this is [{end}, {start}]")))
    }

    /// The levels among which to choose, falling.
    fn candidates(&self) -> Vec<f64> {
        let ([end, start], last) = (self.range, (self.nodes - 1) as f64);
        (0..self.nodes).map(|i| start * (end / start).powf(i as f64 / last)).collect()
    }
}

/// `steps` falling noise levels for that denoiser on data like that, `[batch, features]`.
///
/// It keeps `nodes` batches on the device, and reads from it `nodes` times.
pub fn fit(
    denoise: &dyn Fn(Tensor<2>, f64) -> Tensor<2>,
    data: &Tensor<2>,
    options: &Fit,
) -> Result<Vec<f64>> {
    options.check()?;
    let sigmas = options.candidates();
    let changes = changes(&denoised(denoise, data, &sigmas, options.seed))?;
    let costs = costs(&changes, &sigmas, options.aim);
    Ok(cheapest(&costs, options.steps).into_iter().map(|node| sigmas[node]).collect())
}

/// The denoiser along the path of each row, a row for each noise level: `[nodes, batch · features]`.
fn denoised(
    denoise: &dyn Fn(Tensor<2>, f64) -> Tensor<2>,
    data: &Tensor<2>,
    sigmas: &[f64],
    seed: u64,
) -> Tensor<2> {
    let [batch, features] = data.dims();
    let (mut x, mut below) = (data.clone(), 0.0);
    let mut rows = Vec::with_capacity(sigmas.len());
    for (node, sigma) in sigmas.iter().enumerate().rev() {
        x = x + normal(data, seed, node as u32) * (sigma * sigma - below).sqrt();
        below = sigma * sigma;
        rows.push(denoise(x.clone(), *sigma).reshape([1, batch * features]));
    }
    rows.reverse();
    Tensor::cat(rows, 0)
}

/// Standard normals in the shape, in the precision and on the device of `like`.
fn normal(like: &Tensor<2>, seed: u64, draw: u32) -> Tensor<2> {
    let [batch, features] = like.dims();
    Key::new(seed, Purpose::Noise, 0)
        .draw(draw)
        .normal_rows(batch, features, &like.device())
        .cast(like.dtype())
}

/// `M(σ_i, σ_j)` for `j = i …`, from each `i` downwards.
fn changes(denoised: &Tensor<2>) -> Result<Vec<Vec<f64>>> {
    let nodes = denoised.dims()[0];
    let from = |i: usize| {
        let below = denoised.clone().narrow(0, i, nodes - i);
        let change = (below - denoised.clone().narrow(0, i, 1)).square().mean_dim(1);
        read(change.reshape([nodes - i]))
    };
    (0..nodes).map(from).collect()
}

fn read(values: Tensor<1>) -> Result<Vec<f64>> {
    let why = "a grid is fitted on a device that answers at once: take the CPU";
    let values = read_all_now(values, why)?;
    if values.iter().all(|value| value.is_finite()) {
        return Ok(values);
    }
    Err(Error::NotFinite(
        "the denoiser gives numbers that are not finite: no grid can be fitted to it".into(),
    ))
}

/// What it costs to go from level `i` to each level below in one step: the integral over `ln σ`, by trapezia.
fn costs(changes: &[Vec<f64>], sigmas: &[f64], aim: Aim) -> Vec<Vec<f64>> {
    let h = (sigmas[0] / sigmas[1]).ln();
    let from = |(i, changes): (usize, &Vec<f64>)| {
        let (mut cost, mut last) = (0.0, 0.0);
        let mut to = |(change, sigma): (&f64, &f64)| {
            let value = change * aim.weight(*sigma);
            cost += 0.5 * h * (last + value);
            last = value;
            cost
        };
        changes.iter().zip(&sigmas[i..]).map(&mut to).collect()
    };
    changes.iter().enumerate().map(from).collect()
}

/// The nodes from which the cheapest `steps` steps lead from the first node to the last.
fn cheapest(costs: &[Vec<f64>], steps: usize) -> Vec<usize> {
    let nodes = costs.len();
    // What it costs to reach each node, and, for each step, from where.
    let mut reached = vec![f64::INFINITY; nodes];
    reached[0] = 0.0;
    let mut origins = Vec::with_capacity(steps);
    for _ in 0..steps {
        let best = |to: usize| {
            let cost = |from: usize| reached[from] + costs[from][to - from];
            let from = (0..to).min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(0);
            (if from < to { cost(from) } else { f64::INFINITY }, from)
        };
        let (next, from): (Vec<f64>, Vec<usize>) = (0..nodes).map(best).unzip();
        reached = next;
        origins.push(from);
    }
    let mut path = Vec::with_capacity(steps);
    let mut node = nodes - 1;
    for from in origins.iter().rev() {
        node = from[node];
        path.push(node);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAR: f64 = 0.25;

    /// `D(x; σ) = x s²/(s² + σ²)`, for data from `N(0, s²)`.
    fn ideal(x: Tensor<2>, sigma: f64) -> Tensor<2> {
        x * (VAR / (VAR + sigma * sigma))
    }

    /// Mean squared error of the ideal denoiser; as it is a martingale, `M(σ_i, σ) = mmse(σ_i) − mmse(σ)`.
    fn mmse(sigma: f64) -> f64 {
        VAR * sigma * sigma / (VAR + sigma * sigma)
    }

    fn data() -> Tensor<2> {
        let device = Device::flex();
        normal(&Tensor::zeros([2048, 2], &device), 9, 0) * VAR.sqrt()
    }

    fn fitted(aim: Aim) -> Vec<f64> {
        let options = Fit { nodes: 96, aim, ..Fit::default() };
        fit(&ideal, &data(), &options).expect("a grid")
    }

    /// Karras's levels and equal steps in `ln σ`, over the same range.
    fn usual(points: u32) -> [Vec<f64>; 2] {
        let place = move |i: u32| f64::from(i) / f64::from(points - 1);
        let (top, bottom) = (80_f64.powf(1.0 / 7.0), 0.002_f64.powf(1.0 / 7.0));
        let karras = (0..points).map(|i| (top + place(i) * (bottom - top)).powi(7)).collect();
        [karras, (0..points).map(|i| 80.0 * (0.002_f64 / 80.0).powf(place(i))).collect()]
    }

    /// How far Euler's walk to data ends from the exact solution, relative to where it starts.
    fn euler(levels: &[f64]) -> f64 {
        let next = levels[1..].iter().chain(&[0.0]);
        let step = |(from, to): (&f64, &f64)| 1.0 + (to - from) / from * (1.0 - VAR / (VAR + from * from));
        let walked: f64 = levels.iter().zip(next).map(step).product();
        (walked - (VAR / (VAR + levels[0] * levels[0])).sqrt()).abs() * levels[0]
    }

    /// The paper's bound of the levels down to 0.002, by its closed form.
    fn divergence(levels: &[f64]) -> f64 {
        let interval = |pair: &[f64]| {
            let h = (pair[0] / pair[1]).ln() / 2000.0;
            let at = |k: u32| pair[1] * (f64::from(k) * h).exp();
            let value = |k: u32| (mmse(pair[0]) - mmse(at(k))) / at(k).powi(2);
            (0..2000).map(|k| 0.5 * h * (value(k) + value(k + 1))).sum::<f64>()
        };
        [levels, &[0.002]].concat().windows(2).map(interval).sum()
    }

    #[test]
    fn changes_of_an_ideal_denoiser_are_those_of_its_error() {
        let sigmas = [10.0, 2.0, 0.7, 0.3, 0.1];
        let changes = changes(&denoised(&ideal, &data(), &sigmas, 1)).expect("numbers");
        for (i, row) in changes.iter().enumerate() {
            for (j, change) in row.iter().enumerate() {
                let exact = mmse(sigmas[i]) - mmse(sigmas[i + j]);
                // Five standard errors of 4,096 squares.
                assert!((change - exact).abs() < 5.0 * 0.022 * exact + 1e-12, "{change} {exact}");
            }
        }
    }

    /// Ten Euler steps end nearer to the solution than on either usual grid.
    #[test]
    fn a_grid_fitted_for_samples_halves_the_error_of_euler() {
        let fitted = fitted(Aim::Samples);
        assert_eq!((fitted.len(), fitted[0]), (10, 80.0));
        assert!(fitted.windows(2).all(|pair| pair[0] > pair[1]) && fitted[9] > 0.002, "{fitted:?}");
        for usual in usual(10) {
            assert!(euler(&fitted) < 0.6 * euler(&usual), "{} {}", euler(&fitted), euler(&usual));
        }
    }

    #[test]
    fn a_grid_fitted_for_divergence_has_the_lower_bound() {
        let fitted = fitted(Aim::Divergence);
        // The bound ends at 0.002, as the usual levels do: they get one more, so that all have ten intervals.
        for usual in usual(11) {
            assert!(divergence(&fitted) < 0.5 * divergence(&usual[..10]), "{fitted:?}");
        }
    }

    #[test]
    fn the_cheapest_path_is_that_of_brute_force() {
        let costs: Vec<Vec<f64>> = (0..7_u64)
            .map(|i| (0..7 - i).map(|j| ((i * 31 + j * 17) % 11 * j * j) as f64).collect())
            .collect();
        let cost = |a: usize, b: usize| costs[a][b - a];
        let mut best = (f64::INFINITY, vec![]);
        for (a, b) in (1..6).flat_map(|a| (a + 1..6).map(move |b| (a, b))) {
            let total = cost(0, a) + cost(a, b) + cost(b, 6);
            if total < best.0 {
                best = (total, vec![0, a, b]);
            }
        }
        let path = cheapest(&costs, 3);
        assert_eq!(cost(0, path[1]) + cost(path[1], path[2]) + cost(path[2], 6), best.0);
        assert_eq!(path[0], 0);
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let refused = |options: Fit| fit(&ideal, &data(), &options).expect_err("no grid").to_string();
        assert!(refused(Fit { steps: 0, ..Fit::default() }).contains("`steps`"));
        assert!(refused(Fit { nodes: 10, ..Fit::default() }).contains("`nodes`: wanted 11 or more"));
        assert!(refused(Fit { range: [1.0, 1.0], ..Fit::default() }).contains("`range`"));
        let broken = |x: Tensor<2>, _: f64| x * f64::NAN;
        let error = fit(&broken, &data(), &Fit { nodes: 12, ..Fit::default() }).expect_err("no grid");
        assert!(matches!(error, Error::NotFinite(_)));
    }
}
