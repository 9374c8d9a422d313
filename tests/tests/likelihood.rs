//! The densities of the zoo as densities: they integrate to one, agree with the models' own samples, and with exact densities.

use burn::prelude::*;
use kiln::data::{Batch, Split};
use kiln::likelihood::{Query, finish};
use kiln::model::{Model, Request};
use kiln::train::RunConfig;
use kiln::weights::read;

/// Points on a side of the grid over [−4, 4]².
const SIDE: usize = 48;
/// Bins on a side, for what is counted.
const BINS: usize = 8;

fn load(name: &str) -> (Box<dyn Model>, Device) {
    let device = kiln::device::cpu().expect("the CPU");
    (kiln_zoo::find(name).expect("an entry").load(&device).expect("weights"), device)
}

fn run_config(name: &str) -> RunConfig {
    let entry = kiln_zoo::find(name).expect("an entry");
    kiln::config::load(name, &[], &|_: &str| Ok(entry.config.to_owned())).expect("the entry's configuration")
}

fn log_prob(model: &dyn Model, rows: Vec<f32>, steps: usize, device: &Device) -> Vec<f64> {
    let shape = [rows.len() / 2, 2];
    let rows = Tensor::from_data(TensorData::new(rows, shape), device);
    let method = kiln::config::typed(serde_json::json!({ "kind": "ode", "steps": steps })).expect("a method");
    let query = Query { method: Some(method), ..Query::default() };
    let mut estimation = model.likelihood().expect("a likelihood").judge(rows, &query).expect("a start");
    let log_prob = finish(&mut *estimation).expect("an estimate");
    pollster::block_on(read(log_prob)).expect("numbers").into_iter().map(f64::from).collect()
}

/// The midpoints of the grid's cells, by rows.
fn grid() -> Vec<f32> {
    let place = |i: usize| (8.0 * (i as f64 + 0.5) / SIDE as f64 - 4.0) as f32;
    (0..SIDE * SIDE).flat_map(|i| [place(i % SIDE), place(i / SIDE)]).collect()
}

/// The bin of a point in the square.
fn bin(x: f32, y: f32) -> Option<usize> {
    let place = |v: f32| (v.abs() < 4.0).then(|| ((v + 4.0) / 8.0 * BINS as f32) as usize);
    Some(place(y)? * BINS + place(x)?)
}

/// The probability of each of the grid's cells.
fn masses(model: &dyn Model, device: &Device) -> Vec<f64> {
    let area = (8.0 / SIDE as f64).powi(2);
    log_prob(model, grid(), 20, device).iter().map(|value| value.exp() * area).collect()
}

#[test]
fn the_densities_of_the_zoo_integrate_to_one() {
    for name in ["density/moons", "density/gaussians", "density/checkerboard", "density/spirals"] {
        let (model, device) = load(name);
        let whole: f64 = masses(&*model, &device).iter().sum();
        println!("{name}: ∫ p = {whole:.4}");
        assert!((whole - 1.0).abs() < 0.02, "{name}: {whole}");
    }
}

#[test]
fn the_density_of_moons_is_that_of_its_samples() {
    let (model, device) = load("density/moons");
    let (grid, mass) = (grid(), masses(&*model, &device));
    let count = 4000;
    let mut generation = model.generate(&Request { count, seed: 3, ..Request::default() }).expect("a start");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a step")));
    let samples = pollster::block_on(read(frames.last().expect("a frame").x)).expect("samples");
    let mut difference = [0.0; BINS * BINS];
    for (point, mass) in grid.chunks(2).zip(&mass) {
        difference[bin(point[0], point[1]).expect("the grid lies in the square")] += mass;
    }
    for point in samples.chunks(2) {
        if let Some(bin) = bin(point[0], point[1]) {
            difference[bin] -= 1.0 / count as f64;
        }
    }
    let variation = difference.iter().map(|d| d.abs()).sum::<f64>() / 2.0;
    println!("total variation in bins: {variation:.4}");
    // Counting 4,000 samples in some thirty bins alone gives about 0.03.
    assert!(variation < 0.06, "{variation}");
}

/// Gibbs: no model finds data more probable than their own density does, and a good one little less so.
#[test]
fn of_gaussians_the_model_finds_fresh_data_nearly_as_probable_as_they_are() {
    let (model, device) = load("density/gaussians");
    let data = run_config("density/gaussians").data.open(None, Split::Test).expect("the data");
    let points = Batch::gather(&*data, &(0..600).collect::<Vec<_>>(), 0).x;
    let found = log_prob(&*model, points.clone(), 25, &device);
    let gaps: Vec<f64> = points
        .chunks(2)
        .zip(&found)
        .map(|(point, found)| data.log_density(point).expect("an exact density") - found)
        .collect();
    let (gap, std) = kiln::metrics::mean_std(&gaps);
    let error = std / (gaps.len() as f64).sqrt();
    println!("Kullback-Leibler divergence of data from model: {gap:.4} ± {error:.4} nats");
    assert!(gap > -4.0 * error && gap < 0.25, "{gap} ± {error}");
}
