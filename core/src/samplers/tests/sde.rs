//! Stochastic solvers on Gaussian data, where the reverse SDE is linear: strong and weak errors without a single random number.
//!
//! ```text
//! dx = (1 + η)(D(x; σ) − x) dλ + sqrt(2η) σ dW_λ,   m(σ) − μ ∝ (s² + σ²)^{(1+η)/2},   variance s² + σ² at η = 1
//! ```
//!
//! A walk is affine in its start and its noise. Each row of the batch has noise on one piece of the Brownian path only, so that the
//! differences to the first row, which has none, are the columns of that map, and the moments are sums of squares.

use std::cell::RefCell;

use serde_json::json;

use super::exponential::{column, even, numbers};
use super::*;
use crate::config::typed;

const TOP: f64 = 5.0;
const BOTTOM: f64 = 0.05;
const START: f64 = 2.0;

/// Remembers which times are asked for, and answers with nothing.
#[derive(Default)]
struct Times(RefCell<Vec<f64>>);

impl NoiseSource for Times {
    fn normal(&self, _step: u32, _draw: u32) -> Tensor<2> {
        column(&[0.0])
    }
    fn brownian(&self, a: f64, b: f64) -> Tensor<2> {
        self.0.borrow_mut().extend([a, b]);
        column(&[0.0])
    }
}

/// Row `j + 1` moves on piece `j` of the path only, or in step `j`; the first and the last do not.
struct Basis {
    /// Ends of the pieces, rising.
    times: Vec<f64>,
    rows: usize,
}

impl Basis {
    fn new(mut times: Vec<f64>, steps: usize) -> Self {
        times.sort_by(f64::total_cmp);
        times.dedup_by(|a, b| *a - *b < 1e-9 * *a);
        let rows = 2 + steps.max(times.len());
        Self { times, rows }
    }
}

impl NoiseSource for Basis {
    fn normal(&self, step: u32, draw: u32) -> Tensor<2> {
        assert_eq!(draw, 0);
        let row = |row: usize| if row == 1 + step as usize { 1.0 } else { 0.0 };
        column(&(0..self.rows).map(row).collect::<Vec<f64>>())
    }
    fn brownian(&self, a: f64, b: f64) -> Tensor<2> {
        let mut rows = vec![0.0; self.rows];
        for (j, piece) in self.times.windows(2).enumerate() {
            let middle = f64::midpoint(piece[0], piece[1]);
            if (a.min(b)..a.max(b)).contains(&middle) {
                rows[j + 1] = (b - a).signum() * ((piece[1] - piece[0]) / (b - a).abs()).sqrt();
            }
        }
        column(&rows)
    }
}

fn sampler(value: serde_json::Value) -> SamplerConfig {
    typed(value).expect("a sampler")
}

/// The times at which a walk of `n` steps looks at the path.
fn times(sampler: &SamplerConfig, n: usize) -> Vec<f64> {
    let seen = Times::default();
    run(sampler, n, &seen, &[START]);
    seen.0.into_inner()
}

fn run(sampler: &SamplerConfig, n: usize, noise: &dyn NoiseSource, start: &[f64]) -> Vec<f64> {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let levels = even(TOP, BOTTOM, n, &*schedule);
    numbers(walk(sampler, &Walk::new(&ideal, &*schedule, &levels, noise), column(start)).expect("a walk"))
}

/// Where each row ends; the last began one standard deviation higher.
fn rows(sampler: &SamplerConfig, n: usize, basis: &Basis) -> Vec<f64> {
    let mut start = vec![START; basis.rows];
    start[basis.rows - 1] += (VAR + TOP * TOP).sqrt();
    run(sampler, n, basis, &start)
}

/// Mean and variance over all paths and starts.
fn moments(rows: &[f64]) -> [f64; 2] {
    [rows[0], rows.iter().map(|x| (x - rows[0]).powi(2)).sum()]
}

/// Errors of the mean and the variance in `n` steps.
fn weak(sampler: &SamplerConfig, n: usize) -> [f64; 2] {
    let basis = Basis::new(times(sampler, n), n);
    let [mean, var] = moments(&rows(sampler, n, &basis));
    let exact = MEAN + (START - MEAN) * (VAR + BOTTOM * BOTTOM) / (VAR + TOP * TOP);
    [(mean - exact).abs(), (var - VAR - BOTTOM * BOTTOM).abs()]
}

/// Root mean square of what `n` and `2n` steps differ in, on the same path.
fn strong(sampler: &SamplerConfig, n: usize) -> f64 {
    let basis = Basis::new([times(sampler, n), times(sampler, 2 * n)].concat(), 2 * n);
    let (few, many) = (rows(sampler, n, &basis), rows(sampler, 2 * n, &basis));
    let between: Vec<f64> = few.iter().zip(&many).map(|(few, many)| few - many).collect();
    let [mean, var] = moments(&between);
    (mean * mean + var).sqrt()
}

/// Those of the reverse SDE whose noise is drawn at every level, not along a path.
fn ancestral() -> Vec<SamplerConfig> {
    let all = [
        json!("euler_ancestral"),
        json!("dpm2_ancestral"),
        json!({ "kind": "ddim", "eta": 1 }),
        json!("ddpm"),
        json!({ "kind": "ddpm", "variance": "large" }),
        json!({ "kind": "predictor_corrector", "corrections": 0 }),
        json!({ "kind": "predictor_corrector", "corrections": 0, "predictor": "ancestral" }),
    ];
    all.into_iter().map(sampler).collect()
}

/// With `η = 1`, or `τ = 1` everywhere.
fn stochastic() -> Vec<SamplerConfig> {
    let sa = |p: usize, c: usize| json!({ "kind": "sa_solver", "predictor_order": p, "corrector_order": c, "window": [0, 1000] });
    let all = [
        json!("dpmpp_sde"),
        json!({ "kind": "dpmpp_sde", "r": 0.4 }),
        json!("dpmpp_2s_ancestral"),
        json!("dpmpp_2m_sde"),
        json!({ "kind": "dpmpp_2m_sde", "second": "heun" }),
        json!("dpmpp_3m_sde"),
        json!({ "kind": "sde_dpmpp", "order": 1 }),
        json!("sde_dpmpp"),
        json!({ "kind": "sde_dpmpp", "second": "heun" }),
        sa(1, 2),
        sa(2, 2),
        sa(3, 3),
        json!({ "kind": "sa_solver", "predict": "noise", "window": [0, 1000] }),
    ];
    all.into_iter().map(sampler).collect()
}

#[test]
fn moments_converge_at_first_order_at_least() {
    for sampler in stochastic().into_iter().chain(ancestral()) {
        let errors = [20, 40, 80].map(|n| weak(&sampler, n));
        println!("{sampler:?}: {errors:?}");
        for moment in 0..2 {
            let [few, more, most] = errors.map(|error| error[moment]);
            // Some keep the mean exactly.
            assert!(few < 1e-12 || most < 0.1 && few / most > 3.0, "{sampler:?}: {few:e} {more:e} {most:e}");
        }
    }
}

/// Noise that is added exactly to second moments cannot be followed better than at order 1 by increments of the path alone; nothing
/// here is worse.
#[test]
fn paths_converge_at_first_order() {
    for sampler in stochastic().iter().filter(|sampler| !times(sampler, 2).is_empty()) {
        let [few, more, most] = [40, 80, 160].map(|n| strong(sampler, n));
        println!("{sampler:?}: {:.2} {:.2}", (few / more).log2(), (more / most).log2());
        assert!((more / most).log2() > 0.85, "{sampler:?}: {few:e} {more:e} {most:e}");
    }
}

/// Those that choose their own levels, with noise: near the moments at the end of a long walk.
#[test]
fn solvers_with_levels_of_their_own_reach_the_moments() {
    let fast = sampler(json!({ "kind": "dpm_fast", "eta": 1 }));
    let [mean, var] = weak(&fast, 600);
    assert!(mean < 0.01 && var < 0.01 * VAR, "dpm_fast: {mean:e} {var:e}");

    // Its steps depend on the noise: by samples.
    let adaptive = sampler(json!({ "kind": "dpm_adaptive", "eta": 1, "rtol": 0.005, "atol": 0.001 }));
    let schedule = ScheduleConfig::named("vp").expect("vp");
    let levels = even(TOP, BOTTOM, 1, &*schedule);
    let noise = noise(4000);
    let prior = (VAR / (TOP * TOP) + 1.0).sqrt();
    let start = noise.start(levels[0]) * prior + MEAN * levels[0].alpha;
    let x = walk(&adaptive, &Walk::new(&ideal, &*schedule, &levels, &noise), start).expect("a walk");
    let (var, mean) = (x / levels[1].alpha).var_mean(0);
    let (var, mean) = (f64::from(var.into_scalar::<f32>()), f64::from(mean.into_scalar::<f32>()));
    // Four standard errors of 4,000 samples, and a little for the steps.
    assert!((mean - MEAN).abs() < 0.032 + 0.01, "dpm_adaptive: mean {mean}");
    assert!((var / (VAR + BOTTOM * BOTTOM) - 1.0).abs() < 0.09 + 0.03, "dpm_adaptive: variance {var}");
}
