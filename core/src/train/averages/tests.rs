//! The profiles against the paper's numbers and closed forms, the reconstruction against averages that were kept, and the arithmetic of
//! the exponential average against what trained weights were made with.

use burn::prelude::*;
use serde_json::json;

use super::*;
use crate::config::typed;
use crate::train::TrainConfig;

/// A power-function average in double precision: the value after each step of `theta`, which is counted from 1.
fn averaged(length: f64, steps: u64, theta: impl Fn(f64) -> f64) -> Vec<f64> {
    let power = Power { lengths: vec![length], snapshot_every: 1 };
    let mut average = f64::NAN;
    let follow = |step: u64| {
        let beta = power.decays(step)[0];
        // The first step forgets whatever stood there.
        let before = if step == 1 { 0.0 } else { beta * average };
        average = before + (1.0 - beta) * theta(step as f64);
        average
    };
    (1..=steps).map(follow).collect()
}

/// The exponents that section 3.2 of the paper gives for its two lengths.
#[test]
fn exponents_are_the_papers() {
    for (sigma_rel, gamma) in [(0.05, 16.97), (0.10, 6.94)] {
        let found = sigma_rel_to_gamma(sigma_rel);
        assert!((found - gamma).abs() < 0.005, "{sigma_rel}: {found}");
    }
    for sigma_rel in [0.001, 0.02, 0.05, 0.13, 0.25, 0.288] {
        let gamma = sigma_rel_to_gamma(sigma_rel);
        // The root of the cubic (γ + 2)² (γ + 3) = σ⁻² (γ + 1), which Algorithm 2 hands to `np.roots`.
        let t = sigma_rel.powi(-2);
        let cubic = ((gamma + 7.0) * gamma + 16.0 - t) * gamma + 12.0 - t;
        assert!(cubic.abs() < 1e-9 * t * (gamma + 1.0), "{sigma_rel}: {cubic}");
    }
}

/// Simpson's rule over the profiles themselves.
#[test]
fn the_inner_product_is_the_integral() {
    let p = |profile: Profile, tau: f64| {
        if tau > profile.t {
            0.0
        } else {
            (profile.gamma + 1.0) * (tau / profile.t).powf(profile.gamma) / profile.t
        }
    };
    for (a, b) in [((100, 0.05), (100, 0.1)), ((80, 0.1), (100, 0.05)), ((100, 0.2), (30, 0.05))] {
        let (a, b) = (Profile::new(a.0, a.1), Profile::new(b.0, b.1));
        let (end, n) = (a.t.min(b.t), 20_000);
        let h = end / f64::from(n);
        let weight = |i: i32| if i == 0 || i == n { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
        let sum: f64 = (0..=n).map(|i| weight(i) * p(a, f64::from(i) * h) * p(b, f64::from(i) * h)).sum();
        let (integral, closed) = (sum * h / 3.0, p_dot_p(a, b));
        assert!((closed / integral - 1.0).abs() < 1e-9, "{closed} {integral}");
        assert!((p_dot_p(b, a) / closed - 1.0).abs() < 1e-13);
    }
}

/// `θ(t) = t` has the average `t (γ + 1)/(γ + 2)`; a sum over whole steps, each of which stands for the step before it, is half a step
/// more.
#[test]
fn the_average_of_a_line_is_its_integral() {
    for length in [0.05, 0.1, 0.2] {
        let gamma = sigma_rel_to_gamma(length);
        for (step, value) in (1..=2000).zip(averaged(length, 2000, |t| t)) {
            let integral = f64::from(step) * (gamma + 1.0) / (gamma + 2.0) + 0.5;
            let bound = (gamma + 2.0) / f64::from(step);
            assert!((value - integral).abs() < bound, "{length} {step}: {value} {integral}");
        }
    }
}

/// `max |reconstructed − kept| / max |kept|` at the end of training, from snapshots every so many steps, with the weights' sum.
fn reconstructed(length: f64, every: usize) -> (f64, f64) {
    let steps = 4096;
    let curves: [fn(f64) -> f64; 3] = [
        |t: f64| (-t / 400.0).exp(),
        |t: f64| (t / 150.0).sin() + t / 4096.0,
        |t: f64| (t / 37.0).cos() / 2.0,
    ];
    let places: Vec<usize> = (every..=steps).step_by(every).collect();
    let lengths = [0.05, 0.10];
    let kept: Vec<Profile> =
        lengths.iter().flat_map(|l| places.iter().map(|t| Profile::new(*t as u64, *l))).collect();
    let weights = solve_weights(&kept, Profile::new(steps as u64, length));
    let (mut error, mut size) = (0.0_f64, 0.0_f64);
    for theta in curves {
        let tracks = lengths.map(|length| averaged(length, steps as u64, theta));
        let snapshots = tracks.iter().flat_map(|track| places.iter().map(|t| track[*t - 1]));
        let sum: f64 = weights.iter().zip(snapshots).map(|(x, value)| x * value).sum();
        let direct = averaged(length, steps as u64, theta)[steps - 1];
        (error, size) = (error.max((sum - direct).abs()), size.max(direct.abs()));
    }
    (error / size, weights.iter().sum())
}

#[test]
fn an_average_of_another_length_is_reconstructed_better_with_more_snapshots() {
    for length in [0.06, 0.08, 0.15] {
        let few = reconstructed(length, 512);
        let more = reconstructed(length, 128);
        let many = reconstructed(length, 64);
        assert!(more.0 < few.0 && many.0 < more.0, "{length}: {few:?} {more:?} {many:?}");
        assert!(few.0 < 5e-3 && many.0 < 1e-5, "{length}: {many:?}");
        assert!((many.1 - 1.0).abs() < 1e-5, "{length}: the weights' sum is {}", many.1);
    }
}

#[test]
fn a_kept_average_is_its_own_reconstruction() {
    let kept: Vec<Profile> =
        [0.05, 0.1].iter().flat_map(|l| (1..=20).map(|i| Profile::new(50 * i, *l))).collect();
    for (place, wanted) in kept.iter().enumerate() {
        let weights = solve_weights(&kept, *wanted);
        for (other, weight) in weights.iter().enumerate() {
            let expected = f64::from(u8::from(other == place));
            assert!((weight - expected).abs() < 1e-8, "{place} {other}: {weight}");
        }
        assert!(mismatch(&kept, &weights, *wanted) < 1e-7);
    }
}

#[test]
fn an_average_that_was_kept_twice_is_used_once() {
    let one = Profile::new(100, 0.05);
    let weights = solve_weights(&[one, one, Profile::new(100, 0.1)], one);
    assert!((weights[0] + weights[1] - 1.0).abs() < 1e-12 && weights[2].abs() < 1e-12, "{weights:?}");
    assert!(weights[0] * weights[1] == 0.0, "{weights:?}");
}

/// What trained weights were made with: `a·d + w·(1 − d)` in single precision, whose bits are recorded here as they were before there
/// were other averages: python3, each product and sum rounded by `struct.pack('f', x)`.
#[test]
fn the_exponential_average_has_the_bits_that_it_always_had() {
    let config: TrainConfig = typed(json!({ "ema": 0.998 })).expect("a configuration");
    let device = Device::flex();
    let weights =
        |step: u64| -> [f32; 3] { [step as f32 / 7.0, -1.0 / step as f32, 0.1 * (step * step) as f32] };
    let mut average = Tensor::<1>::from_floats(weights(1), &device);
    let mut by_hand = weights(1);
    for step in 2..=600_u64 {
        let decay = config.ema.decays(step)[0];
        let (n, w) = (step as f64, weights(step));
        assert_eq!(decay, 0.998_f64.min((1.0 + n) / (10.0 + n)));
        average = follow(average, decay, Tensor::from_floats(w, &device));
        by_hand = std::array::from_fn(|i| by_hand[i] * decay as f32 + w[i] * (1.0 - decay) as f32);
    }
    let found: Vec<f32> = average.into_data().try_to_vec().expect("floats");
    assert_eq!(found, by_hand);
    assert_eq!(by_hand.map(f32::to_bits), GOLDEN);
}

const GOLDEN: [u32; 3] = [0x429a_41d6, 0xbaf5_e09c, 0x46e6_134b];

#[test]
fn a_number_a_name_and_a_map_are_averages() {
    let read = |value| typed::<TrainConfig>(json!({ "ema": value })).map(|config| config.ema);
    for value in [json!(0.99), json!({ "kind": "exponential", "decay": 0.99 })] {
        let average = read(value).expect("an average");
        assert_eq!(average.name(), "exponential");
        assert_eq!(average.decays(1_000_000), [0.99]);
    }
    assert_eq!(read(json!(0)).expect("an integer").decays(5), [0.0]);
    assert!(read(json!("none")).expect("none").decays(5).is_empty());
    let power = read(json!({ "kind": "power", "lengths": [0.05, 0.1, 0.2] })).expect("a power");
    assert_eq!((power.decays(1), power.snapshot_every()), (vec![0.0; 3], 1000));
    for (value, wanted) in [
        (json!(true), "`ema`: an average is a number"),
        (json!("exponentail"), "did you mean `exponential`?"),
        (json!({ "kind": "power", "length": 1 }), "`ema.length`"),
    ] {
        let error = read(value).expect_err("no average").to_string();
        assert!(error.contains(wanted), "{error}");
    }
    for (value, wanted) in [
        (json!(1.5), "`ema.decay`: wanted a number from 0 to 1; this is 1.5"),
        (
            json!({ "kind": "power", "lengths": [0.05, 0.5] }),
            "`ema.lengths.1`: wanted a number above 0 and below 0.288",
        ),
        (json!({ "kind": "power", "lengths": [] }), "`ema.lengths`"),
        (json!({ "kind": "power", "snapshot_every": 0 }), "`ema.snapshot_every`"),
    ] {
        let config: TrainConfig = typed(json!({ "ema": value })).expect("the right types");
        let error = config.check().expect_err("out of range").to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn an_exponential_average_is_written_as_its_number() {
    let written = |value| {
        let config: TrainConfig = typed(json!({ "ema": value })).expect("a configuration");
        serde_json::to_value(&config).expect("JSON")["ema"].clone()
    };
    assert_eq!(written(json!({ "kind": "exponential", "decay": 0.5 })), json!(0.5));
    assert_eq!(written(json!("none")), json!({ "kind": "none" }));
    let schema = crate::config::schema::<TrainConfig>();
    assert_eq!(schema["properties"]["ema"]["oneOf"][0]["type"], "number");
}
