//! Every entry of the zoo loads, draws finite samples, and keeps its card's word within the error of a smaller sample.

use kiln::data::{Batch, Split};
use kiln::metrics::MetricConfig;
use kiln::model::{Model, Request};
use kiln::train::RunConfig;
use kiln::weights::read;

fn draw(model: &dyn Model, count: usize) -> Vec<f32> {
    let mut generation =
        model.generate(&Request { count, seed: 5, ..Request::default() }).expect("a generation");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a step")));
    let last = frames.last().expect("a frame");
    pollster::block_on(read(last.x)).expect("samples")
}

fn config(entry: &kiln_zoo::Entry) -> RunConfig {
    let reader = |_: &str| Ok(entry.config.to_owned());
    kiln::config::load(entry.name, &[], &reader).expect("the entry's configuration")
}

#[test]
fn every_generator_draws_finite_samples_of_its_shape() {
    let device = kiln::device::cpu().expect("the CPU");
    for entry in kiln_zoo::entries().iter().filter(|entry| entry.weights.is_some()) {
        let model = entry.load(&device).expect(entry.name);
        if model.generator().is_some() {
            let x = draw(&*model, 2);
            assert_eq!(x.len(), 2 * model.card().features(), "{}", entry.name);
            assert!(x.iter().all(|v| v.is_finite() && v.abs() < 20.0), "{}", entry.name);
        }
    }
}

#[test]
fn densities_are_near_their_data() {
    let device = kiln::device::cpu().expect("the CPU");
    let metric = MetricConfig::named("sliced_wasserstein").expect("sliced_wasserstein");
    let n = 4000;
    for entry in kiln_zoo::entries().iter().filter(|entry| entry.name.starts_with("density/")) {
        let model = entry.load(&device).expect(entry.name);
        let data = config(entry).data.open(None, Split::Test).expect(entry.name);
        let fresh = Batch::gather(&*data, &(0..n as u64).collect::<Vec<_>>(), 0).x;
        let distance = metric.distance(&draw(&*model, n), &fresh, 2).expect("a distance");
        println!("{}: sliced 2-Wasserstein {distance:.4}", entry.name);
        assert!(distance < 0.15, "{}: {distance}", entry.name);
    }
}
