//! The bound on Gaussian data, where every term of it has a closed form.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;

use super::*;
use crate::random::Purpose;
use crate::samplers::{Ends, Evaluation, Vector};
use crate::schedules::discrete::Betas;
use crate::schedules::grids::GridConfig;

const MEAN: f64 = 0.4;
const VAR: f64 = 0.04;
const RANGE: [f64; 2] = [0.02, 50.0];
const SIGMA_DATA: f64 = 0.2;
const ROWS: usize = 20_000;

/// `D(x; σ) = (s² x + σ² μ)/(s² + σ²)`.
fn gaussian() -> Process {
    let denoiser = |x: Tensor<2>, sigma: f64| {
        let total = VAR + sigma * sigma;
        x * (VAR / total) + MEAN * sigma * sigma / total
    };
    Process { denoiser: Box::new(denoiser), sigma_data: SIGMA_DATA, range: RANGE, table: None }
}

/// `x ~ N(μ, s²)`, `[rows, 1]`.
fn data() -> Tensor<2> {
    let noise = Noise { seed: 11, first: 0, rows: ROWS, features: 1, device: Device::flex() };
    noise.draw(Purpose::Data, 0).cast(DType::F64) * VAR.sqrt() + MEAN
}

fn bound(steps: usize) -> LikelihoodConfig {
    method(json!({ "kind": "bound", "steps": steps }))
}

/// `σ_0 < … < σ_{T−1}`, equally spaced in the seventh root.
fn levels(steps: usize) -> Vec<f64> {
    let [bottom, top] = RANGE.map(|sigma: f64| sigma.powf(1.0 / 7.0));
    (0..steps).map(|i| (bottom + i as f64 / (steps - 1) as f64 * (top - bottom)).powi(7)).collect()
}

/// The bound's mean over the data: with the ideal denoiser `E‖x − D‖² = s² σ²/(s² + σ²)`.
fn closed_form(steps: usize) -> f64 {
    let levels = levels(steps);
    let left = |sigma: f64| VAR * sigma * sigma / (VAR + sigma * sigma);
    let [bottom, top] = [levels[0], levels[steps - 1]];
    let reconstruction =
        left(bottom) / (2.0 * bottom * bottom) + bottom.ln() + 0.5 * std::f64::consts::TAU.ln();
    let steps: f64 =
        levels.windows(2).map(|pair| 0.5 * (pair[0].powi(-2) - pair[1].powi(-2)) * left(pair[1])).sum();
    let s = top * top + SIGMA_DATA * SIGMA_DATA;
    let r = top * top / s;
    let prior = 0.5 * ((VAR + MEAN * MEAN) / s + r - 1.0 - r.ln());
    reconstruction + steps + prior
}

#[test]
fn each_terms_closed_form_is_met_and_more_steps_are_tighter() {
    // Entropy of the data: no bound's mean can be less.
    let entropy = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * VAR).ln();
    let mut gaps = vec![f64::INFINITY];
    for steps in [5, 17, 65, 257] {
        let costs = judge(&bound(steps), gaussian(), data(), &Query::default());
        let (mean, error) = mean(&costs);
        let expected = closed_form(steps);
        println!("T = {steps}: {:.4} ± {error:.4}, closed form {expected:.4}, entropy {entropy:.4}", -mean);
        assert!((-mean - expected).abs() < 5.0 * error, "T = {steps}: {mean} ± {error}, not {expected}");
        let gap = expected - entropy;
        assert!(gap > 0.0 && gap < gaps[gaps.len() - 1], "T = {steps}: {gap} after {gaps:?}");
        gaps.push(gap);
    }
    // What discrete time costs falls with 1/T.
    let fall = gaps[3] / gaps[4];
    assert!((3.5..5.0).contains(&fall) && gaps[4] < 0.15, "{gaps:?}");
}

/// The Gaussian's denoiser, which knows the variance of the step to the next of these rising levels.
struct Knowing(Vec<f64>);

impl Denoiser for Knowing {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        gaussian().denoiser.denoise(x, sigma)
    }
    fn evaluate(&self, x: Vector, sigma: f64, _next: f64) -> Evaluation {
        let left = VAR * sigma * sigma / (VAR + sigma * sigma);
        let at = self.0.partition_point(|level| *level < sigma * (1.0 - 1e-9));
        let (ends, wanted) = match at {
            0 => (Ends::last(self.0[1], sigma), left),
            at => {
                let ends = Ends::of(sigma, self.0[at - 1]);
                (ends, ends.small * (1.0 + terms::gain(sigma, self.0[at - 1]) * left))
            }
        };
        let x = x.into_tensor();
        let v = x.zeros_like() + (wanted / ends.small).ln() / ends.range();
        Evaluation { mean: self.denoise(x, sigma).into(), v: Some(v) }
    }
}

/// Of a Gaussian every reverse step is a Gaussian: with its variance known nothing is lost, however few the steps.
#[test]
fn with_the_variance_of_each_step_known_the_bound_is_the_entropy() {
    let entropy = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * VAR).ln();
    for steps in [2, 4, 11] {
        let process = Process { denoiser: Box::new(Knowing(levels(steps))), ..gaussian() };
        let (found, error) = mean(&judge(&bound(steps), process, data(), &Query::default()));
        println!(
            "T = {steps}: {:.4} ± {error:.4}, entropy {entropy:.4}, fixed {:.4}",
            -found,
            closed_form(steps)
        );
        assert!((-found - entropy).abs() < 5.0 * error && error < 0.02, "T = {steps}: {found} ± {error}");
        assert!(closed_form(steps) > entropy + 10.0 * error);
    }
}

/// Whatever the levels.
#[test]
fn every_grid_makes_a_bound_above_the_entropy() {
    let entropy = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * VAR).ln();
    for grid in GridConfig::all() {
        for steps in [1, 30] {
            let method = method(json!({ "kind": "bound", "steps": steps, "grid": grid.name() }));
            let (mean, error) = mean(&judge(&method, gaussian(), data(), &Query::default()));
            assert!(-mean > entropy - 5.0 * error, "{} in {steps}: {mean} ± {error}", grid.name());
        }
    }
}

/// The denoiser of the Gaussian, which notes what it was asked.
fn noting(asked: &Rc<RefCell<Vec<f64>>>) -> Process {
    let asked = asked.clone();
    let denoiser = move |x: Tensor<2>, sigma: f64| {
        asked.borrow_mut().push(sigma);
        gaussian().denoiser.denoise(x, sigma)
    };
    Process { denoiser: Box::new(denoiser), ..gaussian() }
}

#[test]
fn a_model_of_discrete_time_is_judged_at_the_levels_that_it_has_learnt() {
    let table = Betas { train_steps: 9, ..Betas::default() }.table();
    let ratios = table.ratios.clone();
    let visited = |method: serde_json::Value| {
        let asked = Rc::new(RefCell::new(Vec::new()));
        let process = Process { table: Some(table.clone()), ..noting(&asked) };
        let costs = judge(&super::method(method), process, data().slice([0..10, 0..1]), &Query::default());
        assert!(costs.iter().all(|cost| cost.is_finite()));
        asked.take()
    };
    assert_eq!(visited(json!({ "kind": "bound" })), ratios);
    let few = visited(json!({ "kind": "bound", "steps": 3 }));
    assert_eq!(few, [ratios[0], ratios[4], ratios[8]]);
    assert_eq!(visited(json!({ "kind": "bound", "steps": 1 })), ratios[8..]);
    // Another grid is another question, and the model's own as the grid `discrete` the same.
    assert_eq!(visited(json!({ "kind": "bound", "steps": 20, "grid": "karras" })).len(), 20);
    let own = json!({ "kind": "discrete", "betas": { "train_steps": 9 } });
    let own = visited(json!({ "kind": "bound", "steps": 9, "grid": own }));
    assert!(own.len() == 9 && own.iter().zip(&ratios).all(|(own, ratio)| (own / ratio - 1.0).abs() < 1e-9));
    let process = Process { table: Some(table.clone()), ..gaussian() };
    let begun =
        super::method(json!({ "kind": "bound", "steps": 10 })).begin(process, data(), &Query::default());
    let error = begun.err().expect("there are nine levels").to_string();
    assert!(error.contains("has learnt 9 noise levels") && error.contains("this is 10"), "{error}");
}

/// As many steps as the table of the grid `discrete` has levels, without a word about either.
#[test]
fn the_defaults_of_the_bound_and_of_the_discrete_grid_fit() {
    let method = method(json!({ "kind": "bound", "grid": "discrete" }));
    assert!(method.begin(gaussian(), data(), &Query::default()).is_ok());
}

/// Where the deviation is that of many cells, a cell has the density times its width.
#[test]
fn a_surprise_of_bytes_is_that_of_the_density_and_a_cell() {
    let width = Cells::BYTES.width();
    let bytes = (((data() * 0.5 + 1.0) / width).round() * width - 1.0).slice([0..500, 0..1]);
    let cost = |cells| {
        let std = bytes.zeros_like() + 0.3;
        read(terms::surprise(&bytes, bytes.zeros_like() + 0.1, std, cells).reshape([-1]))
    };
    for (mass, density) in cost(Some(&Cells::BYTES)).iter().zip(cost(None)) {
        assert!((mass - density + width.ln()).abs() < 1e-3, "{mass} {density}");
    }
}

/// Bytes of a Gaussian: their probability is that of the density times the cell, and so is its bound; no less is paid than the masses
/// of the cells allow.
#[test]
fn of_discrete_data_the_probability_is_bounded() {
    let width = Cells::BYTES.width();
    let bytes = ((data() + 1.0) / width).round() * width - 1.0;
    let bytes = bytes.clamp(-1.0, 1.0);
    let query = Query { cells: Some(Cells::BYTES), ..Query::default() };
    let exact = -mean(&read(log_mass(&bytes, MEAN, VAR.sqrt()))).0;
    let (found, error) = mean(&judge(&bound(200), gaussian(), bytes, &query));
    let (found, expected) = (-found, closed_form(200) - width.ln());
    println!("{found:.4} ± {error:.4} nats, {expected:.4} for the density, exactly {exact:.4}");
    assert!(found > exact - 5.0 * error, "{found} ± {error} is below {exact}");
    assert!((found - expected).abs() < 0.02 + 5.0 * error, "{found} ± {error} is not {expected}");
}
