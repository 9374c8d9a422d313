//! What every registered schedule promises, and the published formulas written out once more.

use super::*;

#[test]
fn derivatives_are_those_of_alpha_and_sigma() {
    for config in ScheduleConfig::all() {
        // Not at 1: there the second derivative of `laplace` jumps.
        for ratio in [0.01_f64, 0.3, 1.1, 5.0, 60.0] {
            let t = config.time(ratio.min(0.98 * config.largest()));
            // A step that changes the noise level by a part in ten thousand, and exactly as wide as doubles make it.
            let h = 1e-2 * (config.time(1.01 * Level::at(&*config, t).ratio()) - t);
            let (low, high) = (t - h, t + h);
            let difference = |f: &dyn Fn(f64) -> f64| (f(high) - f(low)) / (high - low);
            for (letter, measured, claimed) in [
                ("α", difference(&|t| config.alpha(t)), config.d_alpha(t)),
                ("σ", difference(&|t| config.sigma(t)), config.d_sigma(t)),
            ] {
                let error = (measured - claimed).abs() / (1.0 + claimed.abs());
                assert!(error < 1e-6, "{} {letter}' at {t}: {measured}, not {claimed}", config.name());
            }
        }
    }
}

#[test]
fn time_is_the_inverse_of_the_ratio_and_zero_is_data() {
    for config in ScheduleConfig::all() {
        for ratio in [1e-5_f64, 0.002, 0.5, 1.0, 80.0, 1000.0] {
            let level = Level::at(&*config, config.time(ratio));
            let reached = ratio.min(config.largest());
            assert!((level.ratio() / reached - 1.0).abs() < 1e-9, "{} at {ratio}", config.name());
        }
        let data = Level::at(&*config, config.time(0.0));
        assert_eq!((data.t, data.alpha, data.sigma), (0.0, 1.0, 0.0), "{}", config.name());
        assert!(config.check().is_ok(), "{}", config.name());
    }
}

/// `α² + σ² = 1` to the last digits, at both ends too.
#[test]
fn variance_preserving_schedules_preserve_it() {
    for config in ScheduleConfig::all() {
        if config.name().starts_with("vp") || config.name() == "laplace" {
            for t in [1e-9, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0 - 1e-7] {
                let level = Level::at(&*config, t);
                let power = level.alpha.powi(2) + level.sigma.powi(2);
                assert!((power - 1.0).abs() < 1e-13, "{} at {t}: {power}", config.name());
            }
        }
    }
}

/// The papers' formulas at `t = 0.3`, in the naive form.
#[test]
fn signal_and_noise_are_the_papers() {
    let at = |name: &str| Level::at(&*ScheduleConfig::named(name).expect("a schedule"), 0.3);
    let near = |level: Level, alpha: f64, sigma: f64| {
        assert!((level.alpha - alpha).abs() < 1e-13 && (level.sigma - sigma).abs() < 1e-13, "{level:?}");
    };
    let of_power = |level: Level, power: f64| near(level, power.sqrt(), (1.0 - power).sqrt());

    near(at("ve"), 1.0, 0.3_f64.sqrt());
    let linear: f64 = 0.1 * 0.3 + 0.5 * 19.9 * 0.09;
    of_power(at("vp_linear"), (-linear).exp());
    near(at("sub_vp"), (-0.5 * linear).exp(), 1.0 - (-linear).exp());
    let (a, b) = (0.85_f64.sqrt(), 12_f64.sqrt());
    let scaled = ((a + 0.3 * (b - a)).powi(3) - a.powi(3)) / (3.0 * (b - a));
    of_power(at("vp_scaled_linear"), (-scaled).exp());
    let f = |t: f64| ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
    of_power(at("vp_cosine"), f(0.3) / f(0.0));
    let v = |x: f64| 1.0 / (1.0 + (-x).exp());
    of_power(at("vp_sigmoid"), (v(3.0) - v(-3.0 + 0.3 * 6.0)) / (v(3.0) - v(-3.0)));
    let lambda = -0.5 * (1.0 - 2.0 * 0.2_f64).ln();
    of_power(at("laplace"), v(lambda));
}

/// Stable Diffusion's thousand steps end at 14.61; the limit of ever more steps is a little lower.
#[test]
fn schedules_that_end_say_where() {
    let largest = |name: &str| ScheduleConfig::named(name).expect("a schedule").largest();
    assert!((largest("vp_linear") - (10.05_f64.exp() - 1.0).sqrt()).abs() < 1e-9);
    assert!((largest("vp_scaled_linear") - 14.46).abs() < 0.01, "{}", largest("vp_scaled_linear"));
    assert!((largest("laplace") - 2_f64.powf(23.0 / 4.0)).abs() < 1e-9);
    assert_eq!(largest("vp_cosine"), f64::INFINITY);
}

#[test]
fn options_that_make_no_schedule_are_refused() {
    let bad = |schedule: &dyn Schedule| schedule.check().expect_err("a bad schedule").to_string();
    assert_eq!(
        bad(&VpLinear { beta_min: 0.0, ..VpLinear::default() }),
        "configuration, at `beta_min`: wanted a number above 0; this is 0"
    );
    assert!(bad(&SubVp { beta_max: f64::NAN, ..SubVp::default() }).contains("`beta_max`"));
    assert!(bad(&VpScaledLinear { beta_max: -1.0, ..VpScaledLinear::default() }).contains("`beta_max`"));
    assert!(bad(&VpCosine { s: -0.1 }).contains("`s`"));
    assert!(bad(&VpSigmoid { tau: 0.0, ..VpSigmoid::default() }).contains("`tau`"));
    assert!(bad(&VpSigmoid { start: 3.0, ..VpSigmoid::default() }).contains("below end (3)"));
    assert!(bad(&Laplace { b: 0.0, ..Laplace::default() }).contains("`b`"));
}
