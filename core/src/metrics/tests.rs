use std::f64::consts::PI;

use super::*;
use crate::Error;
use crate::random::{Key, Purpose};

/// `n` rows of standard normals, a stream for each `index`.
fn normals(n: usize, dim: usize, index: u64) -> Vec<f32> {
    let mut values = vec![0.0; n * dim];
    Key::new(7, Purpose::Data, index).fill_normal(&mut values);
    values
}

/// `Φ⁻¹((i + ½) / n)`: the normal sample without its chance.
fn quantiles(n: usize) -> Vec<f64> {
    let cdf = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    let quantile = |u: f64| {
        let (mut low, mut high) = (-9.0, 9.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if cdf(middle) < u { low = middle } else { high = middle }
        }
        low
    };
    (0..n).map(|i| quantile((i as f64 + 0.5) / n as f64)).collect()
}

/// A sample of `N(mean, deviation²)` without its chance.
fn gaussian(n: usize, mean: f64, deviation: f64) -> Vec<f32> {
    quantiles(n).into_iter().map(|z| (mean + deviation * z) as f32).collect()
}

fn shifted(rows: &[f32], delta: &[f32]) -> Vec<f32> {
    rows.iter().zip(delta.iter().cycle()).map(|(x, d)| x + d).collect()
}

/// `2 d` rows whose sample mean is `mean` and whose sample covariance is `L Lᵀ`, `L` given by its columns.
fn exact(mean: &[f64], columns: &[Vec<f64>]) -> Vec<f32> {
    let c = (f64::from(2 * columns.len() as u32 - 1) / 2.0).sqrt();
    let rows = columns.iter().flat_map(|column| [c, -c].map(|c| (column, c)));
    rows.flat_map(|(column, c)| mean.iter().zip(column).map(move |(m, l)| (m + c * l) as f32)).collect()
}

#[test]
fn every_metric_is_zero_on_the_same_set_symmetric_and_grows_with_the_gap() {
    for metric in MetricConfig::all() {
        for dim in [1, 2, 5] {
            let (a, b) = (normals(60, dim, 0), normals(45, dim, 1));
            let name = metric.name();
            assert!(metric.distance(&a, &a, dim).unwrap() < 1e-12, "{name} of a set and itself");
            let forth = metric.distance(&a, &b, dim).unwrap();
            assert!(forth > 0.0 && (forth - metric.distance(&b, &a, dim).unwrap()).abs() < 1e-12, "{name}");
            let apart = [2.0, 4.0, 8.0].map(|gap| metric.distance(&a, &shifted(&b, &[gap]), dim).unwrap());
            assert!(forth < apart[0] && apart.is_sorted(), "{name}: {forth}, {apart:?}");
        }
    }
}

#[test]
fn no_metric_asks_for_the_order_of_rows_or_for_the_origin() {
    for metric in MetricConfig::all() {
        let (a, b) = (normals(40, 3, 2), normals(50, 3, 3));
        let distance = metric.distance(&a, &b, 3).unwrap();
        let backwards: Vec<f32> = a.chunks(3).rev().flatten().copied().collect();
        assert!((metric.distance(&backwards, &b, 3).unwrap() - distance).abs() < 1e-12, "{}", metric.name());
        let delta = [4.0, -2.0, 1.0];
        let moved = metric.distance(&shifted(&a, &delta), &shifted(&b, &delta), 3).unwrap();
        assert!((moved - distance).abs() < 1e-5, "{}: {distance} and {moved}", metric.name());
    }
}

#[test]
fn every_metric_refuses_what_it_cannot_compare_and_says_where() {
    for metric in MetricConfig::all() {
        let good = normals(4, 2, 0);
        let mut bad = good.clone();
        bad[5] = f32::NAN;
        for (a, b, dim, wanted) in [
            (&good[..], &good[..7], 2, "second set: 7 numbers are no whole rows of 2"),
            (&good[..], &good[..], 0, "first set: rows of 0 numbers"),
            (&good[..0], &good[..], 2, "first set: needs"),
            (&good[..], &bad[..], 2, "second set: row 2, column 1 is NaN"),
        ] {
            let error = metric.distance(a, b, dim).expect_err(wanted);
            assert!(error.to_string().starts_with(metric.name()), "{error}");
            assert!(error.to_string().contains(wanted), "{error}");
            assert_eq!(matches!(error, Error::NotFinite(_)), wanted.ends_with("NaN"));
        }
    }
    let refused = |result: Result<f64>, wanted| {
        let error = result.expect_err(wanted).to_string();
        assert!(error.contains(wanted), "{error}");
    };
    refused(frechet_distance(&[1.0, 2.0], &[1.0, 2.0, 3.0, 4.0], 2), "needs 2 rows or more; there are 1");
    refused(frechet_distance(&[0.0; 4096], &[0.0; 4096], 2048), "use sliced_wasserstein");
    refused(sliced_wasserstein(&[1.0], &[1.0], 1, 0, 0), "0 directions");
    let refused = |metric: MetricConfig, rows, wanted| {
        let error = metric.check(rows).expect_err(wanted).to_string();
        assert!(error.contains(wanted), "{error}");
    };
    refused(
        MetricConfig::SlicedWasserstein(SlicedWasserstein { directions: 0, seed: 0 }),
        [9; 2],
        "`directions`",
    );
    refused(MetricConfig::named("wasserstein").unwrap(), [10_000; 2], "too many to be paired");
    assert!(MetricConfig::all().iter().all(|metric| metric.check([4000; 2]).is_ok()));
}

#[test]
fn a_shifted_set_is_as_far_as_the_shift_and_in_slices_as_its_mean_shadow() {
    let a = normals(200, 1, 4);
    assert!((sliced_wasserstein(&a, &shifted(&a, &[-0.75]), 1, 3, 0).unwrap() - 0.75).abs() < 1e-6);
    for dim in [2, 3, 8] {
        let a = normals(30, dim, 5);
        let delta = &[3.0, -1.0, 2.0, 0.5, 0.0, 1.0, -2.0, 1.5][..dim];
        let squared = delta.iter().map(|d| f64::from(d * d)).sum::<f64>();
        // E_θ (δ·θ)² = |δ|² / d, met to a few standard errors of at most √(2 / 4000) of it.
        let distance = sliced_wasserstein(&a, &shifted(&a, delta), dim, 4000, 1).unwrap();
        assert!((distance.powi(2) / (squared / dim as f64) - 1.0).abs() < 0.08, "d = {dim}: {distance}");
    }
}

#[test]
fn gaussians_on_a_line_are_as_far_as_their_means_and_deviations() {
    let expected = (1.5_f64.powi(2) + (2.0_f64 - 0.5).powi(2)).sqrt();
    let (a, b) = (gaussian(2000, 0.0, 2.0), gaussian(1500, 1.5, 0.5));
    assert!((sliced_wasserstein(&a, &b, 1, 1, 0).unwrap() - expected).abs() < 2e-3);
    assert!((frechet_distance(&a, &b, 1).unwrap().sqrt() - expected).abs() < 2e-3);
}

#[test]
fn slices_of_one_seed_obey_the_triangle_and_other_seeds_are_other_slices() {
    let [a, b, c] = [6, 7, 8].map(|index| shifted(&normals(25, 4, index), &[index as f32]));
    let distance = |a, b| sliced_wasserstein(a, b, 4, 16, 3).unwrap();
    assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c));
    let other = sliced_wasserstein(&a, &b, 4, 16, 4).unwrap();
    assert_eq!(distance(&a, &b).to_bits(), distance(&a, &b).to_bits());
    assert!((other - distance(&a, &b)).abs() > 1e-6);
}

#[test]
fn energy_distance_of_shifted_normals_is_the_closed_form() {
    let a = gaussian(1000, 0.0, 1.0);
    for mu in [0.25, 1.0, 3.0] {
        let b = gaussian(1000, mu, 1.0);
        // X − Y ~ N(μ, 2) folds to (2/√π) exp(−μ²/4) + μ erf(μ/2), and E|X − X'| = 2/√π.
        let between = 2.0 / PI.sqrt() * (-mu * mu / 4.0).exp() + mu * libm::erf(mu / 2.0);
        let expected = 2.0 * between - 4.0 / PI.sqrt();
        assert!((energy_distance(&a, &b, 1).unwrap() - expected).abs() < 3e-3, "μ = {mu}");
    }
}

#[test]
fn energy_distance_of_two_points_is_twice_their_distance() {
    assert!((energy_distance(&[0.0, 0.0], &[3.0, 4.0], 2).unwrap() - 10.0).abs() < 1e-12);
    // Sets {0, 1} and {0}: 2 · ½ − ½ − 0.
    assert!((energy_distance(&[0.0, 1.0], &[0.0], 1).unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn frechet_distance_of_known_gaussians_is_the_closed_form() {
    // Covariances that commute: Σ (√a − √b)².
    let a = exact(&[1.0, 2.0, -1.0], &[vec![2.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 0.5]]);
    let b = exact(&[0.0, 2.0, 1.0], &[vec![1.0, 0.0, 0.0], vec![0.0, 3.0, 0.0], vec![0.0, 0.0, 0.5]]);
    assert!((frechet_distance(&a, &b, 3).unwrap() - (5.0 + 1.0 + 4.0)).abs() < 1e-5);

    // Covariances that do not: tr (S₁ S₂)^½ = √(tr S₁ S₂ + 2 √(det S₁ det S₂)) in the plane.
    // S₁ = [4 2; 2 2], S₂ = [1 -1; -1 10]: traces 6 and 11, tr S₁ S₂ = 20, determinants 4 and 9.
    let a = exact(&[0.0, 0.0], &[vec![2.0, 1.0], vec![0.0, 1.0]]);
    let b = exact(&[0.0, 0.0], &[vec![1.0, -1.0], vec![0.0, 3.0]]);
    let expected = 6.0 + 11.0 - 2.0 * (20.0_f64 + 12.0).sqrt();
    assert!((frechet_distance(&a, &b, 2).unwrap() - expected).abs() < 1e-5);
}

#[test]
fn frechet_distance_bears_fewer_rows_than_dimensions() {
    // S₁ = l lᵀ alone, so tr (S₁ S₂)^½ = √(lᵀ S₂ l) = |L₂ᵀ l|.
    let dim = 24;
    let basis =
        |k: usize, length: f64| (0..dim).map(|i| if i == k { length } else { 0.0 }).collect::<Vec<_>>();
    let mean = vec![0.0; dim];
    let line: Vec<f64> = (0..dim).map(|i| 1.0 + i as f64 / 8.0).collect();
    let scales: Vec<f64> = (0..dim).map(|k| 0.25 * (k + 1) as f64).collect();
    let a = exact(&mean, std::slice::from_ref(&line));
    let b = exact(&mean, &scales.iter().enumerate().map(|(k, &s)| basis(k, s)).collect::<Vec<_>>());
    let squares = |values: &[f64]| values.iter().map(|x| x * x).sum::<f64>();
    let cross: Vec<f64> = line.iter().zip(&scales).map(|(l, s)| l * s).collect();
    let expected = squares(&line) + squares(&scales) - 2.0 * squares(&cross).sqrt();
    for distance in [frechet_distance(&a, &b, dim), frechet_distance(&b, &a, dim)] {
        assert!((distance.unwrap() - expected).abs() < 1e-4);
    }

    // Twice a set is as far from it as it is from the origin, if directions that no row has a part in add nothing.
    let few = normals(8, dim, 9);
    let twice: Vec<f32> = few.iter().map(|x| 2.0 * x).collect();
    let to_origin = frechet_distance(&few, &vec![0.0; 2 * dim], dim).unwrap();
    assert!((frechet_distance(&twice, &few, dim).unwrap() / to_origin - 1.0).abs() < 1e-12);
}
