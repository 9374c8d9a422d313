//! Draws have the moments that they should have, to four standard errors of 100,000.

use super::*;

const DRAWS: usize = 100_000;

/// Mean, and standard error of the mean.
fn mean_and_error(x: &[f64]) -> [f64; 2] {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    [mean, (variance / n).sqrt()]
}

fn is_mean(name: &str, x: &[f64], wanted: f64) {
    let [mean, error] = mean_and_error(x);
    assert!((mean - wanted).abs() < 4.0 * error + 1e-9, "{name}: {mean}, not {wanted}, within {error}");
}

/// What lies below a draw is uniform: its mean is ½, its square's ⅓, its cube's ¼.
#[test]
fn draws_are_uniform_below_their_own_distribution_function() {
    for (name, family) in families() {
        let x = family.sample(KEY, DRAWS);
        let u = numbers(family.cdf(x.clone()).expect("it has one"));
        for power in 1..=3 {
            let powers: Vec<f64> = u.iter().map(|u| u.powi(power)).collect();
            is_mean(name, &powers, 1.0 / f64::from(power + 1));
        }
        let x = numbers(x);
        if let (Some(mean), Some(variance)) = (family.mean(), family.variance()) {
            let (mean, variance) = (numbers(mean)[0], numbers(variance)[0]);
            is_mean(name, &x, mean);
            let squares: Vec<f64> = x.iter().map(|x| (x - mean).powi(2)).collect();
            is_mean(name, &squares, variance);
        }
    }
}

/// `E cos(x − μ) = I₁/I₀`, `E cos 2(x − μ) = 1 − 2 I₁/(κ I₀)`, and no lean to either side.
#[test]
fn angles_have_their_circular_moments() {
    for k in [0.05, 2.5, 300.0] {
        let family = VonMises::new(row([0.7]), row([k]));
        let off: Vec<f64> = numbers(family.sample(KEY, DRAWS)).iter().map(|x| x - 0.7).collect();
        let ratio = numbers(special::bessel_ratio(row([k])))[0];
        let of = |f: fn(f64) -> f64| off.iter().map(|x| f(*x)).collect::<Vec<f64>>();
        is_mean("cos", &of(f64::cos), ratio);
        is_mean("cos 2", &of(|x| (2.0 * x).cos()), 1.0 - 2.0 * ratio / k);
        is_mean("sin", &of(f64::sin), 0.0);
    }
}

#[test]
fn discrete_draws_come_as_often_as_is_probable() {
    let often = |name: &str, x: Vec<f64>, value: f64, wanted: f64| {
        let hits: Vec<f64> = x.iter().map(|x| f64::from((x - value).abs() < 1e-6)).collect();
        is_mean(name, &hits, wanted);
    };
    let logits = row([0.2, 0.5, 0.3]).log();
    let classes = Categorical::new(logits.clone().unsqueeze_dim::<3>(0)).sample(KEY, DRAWS);
    [0.2, 0.5, 0.3]
        .iter()
        .enumerate()
        .for_each(|(k, p)| often("class", numbers(classes.clone()), k as f64, *p));
    let events = Bernoulli::new(row([-0.8])).sample(KEY, DRAWS);
    often("event", numbers(events), 1.0, 1.0 / (1.0 + 0.8_f64.exp()));
    // The greatest share is that of a class as often as the class is probable, at any temperature.
    let relaxed = RelaxedOneHot::new(logits, 0.5);
    let hard = relaxed.sample_straight_through(KEY, DRAWS);
    [0.2, 0.5, 0.3].iter().enumerate().for_each(|(k, p)| {
        often("share", numbers(hard.clone().narrow(1, k, 1)), 1.0, *p);
    });
    let of = |values: [f64; 2]| row(values).unsqueeze_dim::<3>(0);
    let bytes = DiscretisedLogistics::new(of([0.4, -0.2]), of([-0.9, 0.3]), of([-2.0, -1.5]), 8);
    let x = bytes.sample(KEY, DRAWS);
    for bin in 0..8 {
        let value = f64::from(bin) * 2.0 / 7.0 - 1.0;
        let probable = numbers(bytes.log_prob(row([value])).exp())[0];
        often("bin", numbers(x.clone()), value, probable);
    }
}

/// Mixtures: each feature chooses by itself, but for rows of one part.
#[test]
fn mixtures_have_their_moments_and_choose_parts_or_rows() {
    let normals = [-2.0, 1.0].map(|m| Normal::new(row([m, m]), row([0.5, 1.0])));
    let logits = row([0.3, 0.7]).log();
    let apart = Mixture::new(logits.clone(), normals.to_vec());
    let whole = Mixture::new(logits, normals.map(Independent).to_vec());
    // The covariance of choices at −2 and 1: 9 · 0.3 · 0.7.
    for (family, covariance) in [(&apart as &dyn Distribution, 0.0), (&whole, 1.89)] {
        let x = numbers(family.sample(KEY, DRAWS));
        let (mean, variance) =
            (numbers(family.mean().expect("it has")), numbers(family.variance().expect("it has")));
        assert!((mean[0] - 0.1).abs() < 1e-12 && (variance[0] - 2.14).abs() < 1e-12);
        for i in 0..2 {
            let of: Vec<f64> = x.iter().skip(i).step_by(2).copied().collect();
            is_mean("mean", &of, mean[i]);
            is_mean("variance", &of.iter().map(|x| (x - mean[i]).powi(2)).collect::<Vec<_>>(), variance[i]);
        }
        let products: Vec<f64> = x.chunks(2).map(|x| (x[0] - mean[0]) * (x[1] - mean[1])).collect();
        is_mean("covariance", &products, covariance);
    }
}

/// A row's draw is its index's, whatever is drawn with it.
#[test]
fn rows_do_not_depend_on_the_batch() {
    for (name, family) in families() {
        let many = family.sample(KEY, 5);
        let late = family.sample(Key { index: KEY.index + 3, ..KEY }, 2);
        assert_eq!(numbers(many.narrow(0, 3, 2)), numbers(late), "{name}");
    }
}
