//! Paths and their noise, by what their formulas claim.

use super::*;

const TIMES: [f64; 6] = [0.07, 0.2, 0.43, 0.61, 0.85, 0.98];

#[test]
fn a_path_begins_at_the_source_and_ends_at_the_data() {
    for path in PathConfig::all() {
        for (t, wanted) in [(0.0, [1.0, 0.0]), (1.0, [0.0, 1.0])] {
            let found = path.at(t);
            assert!((0..2).all(|i| (found[i] - wanted[i]).abs() < 1e-15), "{}: {found:?}", path.name());
        }
    }
    // The variance is preserved.
    let circle = PathConfig::named("trigonometric").expect("a path");
    assert!(TIMES.iter().all(|t| (circle.at(*t).map(|a| a * a).iter().sum::<f64>() - 1.0).abs() < 1e-15));
    // Half-way there is nothing of either.
    let middle = PathConfig::named("encoding_decoding").expect("a path").at(0.5);
    assert!(middle.iter().all(|share| share.abs() < 1e-30), "{middle:?}");
}

#[test]
fn noise_is_what_it_says_at_the_ends() {
    for noise in GammaConfig::all() {
        for t in [0.0, 1.0] {
            assert!((noise.at(t) - noise.ends()).abs() < 1e-15, "{} at {t}: {}", noise.name(), noise.at(t));
        }
        let bridges = noise.name() != "constant";
        assert_eq!(noise.ends() == 0.0, bridges, "{}", noise.name());
        assert!(TIMES.iter().all(|t| (noise.at(*t) > 0.0) == (noise.name() != "none")), "{}", noise.name());
    }
    // The variance of a Brownian bridge of diffusion 2.
    let bridge: GammaConfig =
        crate::config::typed(json!({ "kind": "bridge", "scale": 2.0 })).expect("a bridge");
    assert!(TIMES.iter().all(|t| (bridge.at(*t).powi(2) - 4.0 * t * (1.0 - t)).abs() < 1e-14));
}

#[test]
fn slopes_are_derivatives() {
    let h = 1e-6;
    let difference = |f: &dyn Fn(f64) -> f64, t: f64| (f(t + h) - f(t - h)) / (2.0 * h);
    for t in TIMES {
        for path in PathConfig::all() {
            for i in 0..2 {
                let (found, wanted) = (path.slope(t)[i], difference(&|t| path.at(t)[i], t));
                assert!((found - wanted).abs() < 1e-7, "{} at {t}: {found} is not {wanted}", path.name());
            }
        }
        for noise in GammaConfig::all() {
            let (found, wanted) = (noise.slope(t), difference(&|t| noise.at(t), t));
            assert!((found - wanted).abs() < 1e-7, "{} at {t}: {found} is not {wanted}", noise.name());
        }
    }
}

/// The rows that a batch is turned into, and what is learnt of them, are the path and its derivative in time.
#[test]
fn what_is_learnt_is_the_paths_own_speed() {
    let rows = |values: [f64; 2]| Tensor::<2>::from_data([values], (&Device::flex(), DType::F64));
    let (x0, x1, z) = (rows([1.0, -2.0]), rows([0.5, 3.0]), rows([0.7, -0.1]));
    let h = 1e-5;
    for (path, noise) in
        [("linear", "bridge"), ("trigonometric", "quadratic"), ("encoding_decoding", "sine_squared")]
    {
        let config = config(json!({ "path": path, "noise": noise }));
        for t in TIMES {
            let at = |t: f64| config.passing(x0.clone(), x1.clone(), z.clone(), &[t]);
            let difference = (at(t + h).x - at(t - h).x) / (2.0 * h) - at(t).velocity;
            assert!(number(difference.abs().max()) < 1e-7, "{path} with {noise} at {t}");
        }
    }
}
