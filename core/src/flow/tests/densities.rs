//! Masses and moments: the density is one, and it is that of the samples.

use super::*;

/// The grid's half width and cells a side.
const GRIDS: [(f64, usize); 2] = [(40.0, 8000), (11.0, 300)];

/// The same for what is smooth and slow.
const COARSE: [(f64, usize); 2] = [(30.0, 800), (9.0, 90)];

/// The same for long tails: two mixtures of logistics in a row.
const WIDE: [(f64, usize); 2] = [(40.0, 8000), (32.0, 500)];

/// Midpoints of a grid's cells, and a cell's size.
fn grid(features: usize, domain: f64, grids: &[(f64, usize); 2]) -> (Tensor<2>, f64) {
    let (half, cells) = grids[features - 1];
    let half = half.min(domain);
    let step = 2.0 * half / cells as f64;
    let at = |i: usize| (-half + (i as f64 + 0.5) * step) as f32;
    let points: Vec<f32> = match features {
        1 => (0..cells).map(at).collect(),
        _ => (0..cells * cells).flat_map(|i| [at(i / cells), at(i % cells)]).collect(),
    };
    let rows = points.len() / features;
    let x = Tensor::from_data(TensorData::new(points, [rows, features]), &Device::flex());
    (x, step.powi(features as i32))
}

#[test]
fn densities_are_of_mass_one_and_of_the_moments_of_their_samples() {
    let device = Device::flex();
    // Of an element in one dimension, of couplings and all else in two.
    let wanted = |case: &Case| {
        let autoregressive = case.name.starts_with("autoregressive");
        case.shape == [1] || (case.shape == [2] && (!autoregressive || case.name.contains("affine")))
    };
    for case in cases().into_iter().filter(wanted) {
        let features = case.features();
        let chain = case.stirred(0, &device, DType::F32);
        let slow = case.name.starts_with("residual") || case.name.starts_with("continuous");
        let long = case.name.starts_with("gaussianization");
        let grids = if slow {
            &COARSE
        } else if long {
            &WIDE
        } else {
            &GRIDS
        };
        let samples = if slow { 500 } else { 4000 };
        let (x, cell) = grid(features, case.domain, grids);
        let p = chain.log_prob(x.clone(), None, Mode::Infer).exp() * cell;
        let mass = host(p.clone().cast(DType::F64).sum())[0];
        // The midpoint rule is of the first order where a density jumps.
        let limit = if case.name.contains("linear_spline") { 1e-2 } else { 2e-3 };
        println!("{}: mass {mass:.5}", case.name);
        assert!((mass - 1.0).abs() < limit, "{}: {mass}", case.name);
        let noise = Noise { seed: 3, first: 0, rows: samples, features, device: device.clone() };
        let [drawn, _] = chain.generate(chain.draw(&noise, None), None);
        for power in [1.0, 2.0] {
            let of = |x: Tensor<2>| x.clamp(-14.0, 14.0).powf_scalar(power);
            let wanted = host((of(x.clone()) * p.clone()).cast(DType::F64).sum_dim(0));
            let (mean, deviation) = moments(of(drawn.clone()));
            for i in 0..features {
                let error = (mean[i] - wanted[i]).abs();
                let allowed = 4.5 * deviation[i] / (samples as f64).sqrt() + 2.0 * limit;
                assert!(error < allowed, "{}: {power}: {} not {}", case.name, mean[i], wanted[i]);
            }
        }
    }
}

fn moments(x: Tensor<2>) -> (Vec<f64>, Vec<f64>) {
    let mean = x.clone().mean_dim(0);
    let deviation = (x - mean.clone()).square().mean_dim(0).sqrt();
    (host(mean), host(deviation))
}
