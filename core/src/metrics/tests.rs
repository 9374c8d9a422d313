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
fn every_distance_is_zero_on_the_same_set_symmetric_and_grows_with_the_gap() {
    for metric in MetricConfig::all().into_iter().filter(|metric| metric.meaning() == Meaning::Distance) {
        for dim in [1, 2, 5] {
            let (a, b) = (normals(60, dim, 0), normals(45, dim, 1));
            let name = metric.name();
            assert!(metric.measure(&a, &a, dim).unwrap() < 1e-12, "{name} of a set and itself");
            let forth = metric.measure(&a, &b, dim).unwrap();
            assert!(forth > 0.0 && (forth - metric.measure(&b, &a, dim).unwrap()).abs() < 1e-12, "{name}");
            let apart = [2.0, 4.0, 8.0].map(|gap| metric.measure(&a, &shifted(&b, &[gap]), dim).unwrap());
            assert!(forth < apart[0] && apart.is_sorted(), "{name}: {forth}, {apart:?}");
        }
    }
}

#[test]
fn no_metric_asks_for_the_order_of_rows_or_but_for_a_kernel_of_products_for_the_origin() {
    for metric in MetricConfig::all() {
        let (a, b) = (normals(40, 3, 2), normals(50, 3, 3));
        let distance = metric.measure(&a, &b, 3).unwrap();
        let backwards: Vec<f32> = a.chunks(3).rev().flatten().copied().collect();
        assert!((metric.measure(&backwards, &b, 3).unwrap() - distance).abs() < 1e-12, "{}", metric.name());
        let delta = [4.0, -2.0, 1.0];
        if metric.name() == "kid" {
            continue;
        }
        let moved = metric.measure(&shifted(&a, &delta), &shifted(&b, &delta), 3).unwrap();
        assert!((moved - distance).abs() < 1e-5, "{}: {distance} and {moved}", metric.name());
    }
}

#[test]
fn every_metric_refuses_what_it_cannot_compare_and_says_where() {
    for metric in MetricConfig::all() {
        let good = normals(8, 2, 0);
        let mut bad = good.clone();
        bad[5] = f32::NAN;
        for (a, b, dim, wanted) in [
            (&good[..], &good[..7], 2, "second set: 7 numbers are no whole rows of 2"),
            (&good[..], &good[..], 0, "first set: rows of 0 numbers"),
            (&good[..0], &good[..], 2, "first set: needs"),
            (&good[..], &bad[..], 2, "second set: row 2, column 1 is NaN"),
        ] {
            let error = metric.measure(a, b, dim).expect_err(wanted);
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
    refused(
        MetricConfig::named("recall").unwrap(),
        [9, 3],
        "of 3 rows none has 3 neighbours; give 4 or more",
    );
    refused(MetricConfig::Precision(precision_recall::Precision { k: 0 }), [9; 2], "`k`");
    refused(MetricConfig::Coverage(density_coverage::Coverage { k: 33 }), [99; 2], "`k`");
    refused(MetricConfig::Mmd(mmd::Mmd { widths: vec![1.0, 0.0] }), [9; 2], "`widths[1]`");
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

/// Of every pair of two sets, in double precision.
fn pairs(a: &[f32], b: &[f32], dim: usize, f: impl Fn(f64, f64) -> f64) -> Vec<Vec<f64>> {
    let numbers = |x: &[f32], y: &[f32]| {
        let each = x.iter().zip(y).map(|(x, y)| (f64::from(*x), f64::from(*y)));
        let sums = each.map(|(x, y)| ((x - y).powi(2), x * y));
        sums.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
    };
    let row = |x| b.chunks(dim).map(|y| numbers(x, y)).map(|(square, product)| f(square, product)).collect();
    a.chunks(dim).map(row).collect()
}

/// `E k(X, X') + E k(Y, Y') − 2 E k(X, Y)`, pair by pair.
fn discrepancy(a: &[f32], b: &[f32], dim: usize, kernel: impl Fn(f64, f64) -> f64) -> f64 {
    let within = |x: &[f32]| {
        let all = pairs(x, x, dim, &kernel);
        let n = all.len() as f64;
        let sum: f64 = all.iter().enumerate().map(|(i, row)| row.iter().sum::<f64>() - row[i]).sum();
        sum / (n * (n - 1.0))
    };
    let between = pairs(a, b, dim, &kernel).concat();
    within(a) + within(b) - 2.0 * between.iter().sum::<f64>() / between.len() as f64
}

#[test]
fn means_over_pairs_are_those_pair_by_pair() {
    for (n, m, dim) in [(2, 3, 1), (40, 70, 3), (130, 65, 17)] {
        let (a, b) = (normals(n, dim, 20), shifted(&normals(m, dim, 21), &[0.5]));
        let all = [&a[..], &b[..]].concat();
        let mut lengths: Vec<f64> = pairs(&all, &all, dim, |square, _| square.sqrt()).concat();
        lengths.retain(|length| *length > 0.0);
        lengths.sort_by(f64::total_cmp);
        let median = lengths[lengths.len() / 2];
        let gaussian = |square: f64, width: f64| (-square / (2.0 * (width * median).powi(2))).exp();
        let mixed = |square: f64, _| f64::midpoint(gaussian(square, 0.5), gaussian(square, 2.0));
        let wanted = discrepancy(&a, &b, dim, mixed);
        let found = mmd(&a, &b, dim, &[0.5, 2.0]).unwrap();
        assert!((found - wanted).abs() < 1e-6, "{n}, {m}, {dim}: {found}, not {wanted}");
        let wanted = discrepancy(&a, &b, dim, |_, product| (product / dim as f64 + 1.0).powi(3));
        let found = kid(&a, &b, dim).unwrap();
        assert!(
            (found - wanted).abs() < 1e-5 * wanted.abs().max(1.0),
            "{n}, {m}, {dim}: {found}, not {wanted}"
        );
        assert!((kid(&b, &a, dim).unwrap() - found).abs() < 1e-12);
        let mean = |a: &[f32], b: &[f32]| {
            let lengths = pairs(a, b, dim, |square, _| square.sqrt()).concat();
            lengths.iter().sum::<f64>() / lengths.len() as f64
        };
        let wanted = 2.0 * mean(&a, &b) - mean(&a, &a) - mean(&b, &b);
        assert!((energy_distance(&a, &b, dim).unwrap() - wanted).abs() < 1e-6 * mean(&a, &b));
    }
}

#[test]
fn discrepancy_of_shifted_normals_is_the_closed_form() {
    let a = gaussian(1000, 0.0, 1.0);
    for (mu, h) in [(0.0, 1.0), (0.5, 0.3), (1.0, 1.0), (3.0, 2.0)] {
        let b = gaussian(1000, mu, 1.0);
        // X − Y ~ N(μ, 2): E exp(−(X − Y)² / 2h²) = h / √(h² + 2) exp(−μ² / 2(h² + 2)).
        let wide: f64 = h * h + 2.0;
        let expected = 2.0 * h / wide.sqrt() * (1.0 - (-mu * mu / (2.0 * wide)).exp());
        let kernel = kiln_kernels::pairs::Kernel::Gaussian(vec![h]);
        let found = super::pairs::discrepancy(&a, &b, 1, &kernel);
        assert!((found - expected).abs() < 3e-3, "μ = {mu}, h = {h}: {found}, not {expected}");
    }
}

#[test]
fn estimates_are_about_zero_for_one_distribution_and_fall_below_it_too() {
    for metric in MetricConfig::all().into_iter().filter(|metric| metric.meaning() == Meaning::Estimate) {
        let of = |seed: u64, gap| {
            let (a, b) = (normals(100, 2, 30 + 2 * seed), normals(100, 2, 31 + 2 * seed));
            metric.measure(&a, &shifted(&b, &[gap]), 2).unwrap()
        };
        let (mean, std) = mean_std(&(0..60).map(|seed| of(seed, 0.0)).collect::<Vec<_>>());
        let name = metric.name();
        assert!(mean.abs() < 3.0 * std / 60.0_f64.sqrt(), "{name}: {mean} ± {std}");
        assert!((0..60).any(|seed| of(seed, 0.0) < 0.0) && of(0, 1.0) > 3.0 * std, "{name}: {std}");
    }
}

/// `n` rows about each of some places of the plane.
fn modes(n: usize, places: &[[f32; 2]], index: u64) -> Vec<f32> {
    let each = |(i, place): (usize, &[f32; 2])| shifted(&normals(n, 2, index + i as u64), place);
    places.iter().enumerate().flat_map(each).collect()
}

#[test]
fn shares_know_what_is_left_out_from_what_does_not_belong() {
    let of = |samples: &[f32], data: &[f32]| {
        [precision, recall, density, coverage].map(|share| share(samples, data, 2, 5).unwrap())
    };
    let (near, far) = ([0.0, 0.0], [100.0, 0.0]);
    let data = modes(300, &[near, far], 100);
    // A ball holds its own row beside its k neighbours.
    assert_eq!(of(&data, &data), [1.0, 1.0, 1.2, 1.0]);
    assert_eq!(of(&modes(300, &[[0.0, 100.0]], 110), &data), [0.0; 4]);
    let [p, r, d, c] = of(&modes(300, &[near, far], 120), &data);
    assert!(p > 0.93 && r > 0.93 && (d - 1.0).abs() < 0.15 && c > 0.93, "{p}, {r}, {d}, {c}");
    // One mode of two is left out: what there is still looks like data.
    let [p, r, d, c] = of(&modes(600, &[near], 130), &data);
    assert!(
        p > 0.93 && d > 0.85 && (0.4..=0.5).contains(&r) && (0.4..=0.5).contains(&c),
        "{p}, {r}, {d}, {c}"
    );
    // Half of the samples are nowhere near the data: all of those are still found.
    let [p, r, d, c] = of(&modes(300, &[near, [0.0, 100.0]], 140), &modes(300, &[near], 150));
    assert!((0.43..=0.5).contains(&p) && r > 0.93 && (d - 0.5).abs() < 0.1 && c > 0.9, "{p}, {r}, {d}, {c}");
}

#[test]
fn shares_are_those_pair_by_pair() {
    for (n, m, dim, k) in [(7, 9, 1, 3), (60, 80, 3, 5), (90, 50, 20, 1)] {
        let (samples, data) = (normals(n, dim, 40), shifted(&normals(m, dim, 41), &[0.3]));
        let squares = |a: &[f32], b: &[f32]| pairs(a, b, dim, |square, _| square);
        let radii = |rows: &[f32]| -> Vec<f64> {
            let sorted = squares(rows, rows).into_iter().map(|mut row| {
                row.sort_by(f64::total_cmp);
                row[k]
            });
            sorted.collect()
        };
        // How many balls of `set` each row of `x` lies in, and whether somebody lies in each ball.
        let balls = |x: &[f32], set: &[f32]| {
            let (radii, mut reached) = (radii(set), vec![false; set.len() / dim]);
            let mut counts = Vec::new();
            for row in squares(x, set) {
                let inside: Vec<usize> = (0..row.len()).filter(|j| row[*j] <= radii[*j]).collect();
                inside.iter().for_each(|j| reached[*j] = true);
                counts.push(inside.len());
            }
            (counts, reached)
        };
        let share = |of: &[usize]| of.iter().filter(|count| **count > 0).count() as f64 / of.len() as f64;
        let (counts, reached) = balls(&samples, &data);
        let wanted = [
            share(&counts),
            share(&balls(&data, &samples).0),
            counts.iter().sum::<usize>() as f64 / (k * n) as f64,
            reached.iter().filter(|reached| **reached).count() as f64 / m as f64,
        ];
        let found = [precision, recall, density, coverage].map(|of| of(&samples, &data, dim, k).unwrap());
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}, not {wanted:?}");
    }
}
