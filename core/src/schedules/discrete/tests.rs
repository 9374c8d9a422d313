//! Formulas in full precision, and the tables of diffusers in single.

use super::*;

fn near(values: &[f64], golden: &[f64], tolerance: f64) {
    assert_eq!(values.len(), golden.len());
    for (value, golden) in values.iter().zip(golden) {
        assert!((value - golden).abs() <= tolerance * golden.abs(), "{values:?}, not {golden}");
    }
}

#[test]
fn in_full_precision_the_products_are_the_formulas() {
    let betas = Betas { train_steps: 4, beta_start: 0.1, beta_end: 0.4, ..Betas::default() };
    near(&betas.betas(), &[0.1, 0.2, 0.3, 0.4], 1e-15);
    near(&betas.alphas_cumprod(), &[0.9, 0.72, 0.504, 0.3024], 1e-15);
    near(&betas.table().ratios, &[0.9, 0.72, 0.504, 0.3024_f64].map(|bar| (1.0 / bar - 1.0).sqrt()), 1e-14);
    let scaled = Betas { schedule: BetaSchedule::ScaledLinear, beta_start: 0.01, beta_end: 0.16, ..betas };
    near(&scaled.betas(), &[0.01, 0.04, 0.09, 0.16], 1e-14);
}

/// The products of a schedule given by `ᾱ(t)` telescope to `ᾱ((i + 1)/T)/ᾱ(0)` as long as no beta is capped.
#[test]
fn schedules_given_by_their_products_have_them() {
    let bars = |schedule| Betas { schedule, ..Betas::default() }.alphas_cumprod();
    let cosine = |t: f64| ((t + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
    for i in [0, 300, 900] {
        let t = (i + 1) as f64 / 1000.0;
        near(&[bars(BetaSchedule::SquaredcosCapV2)[i]], &[cosine(t) / cosine(0.0)], 1e-11);
        near(&[bars(BetaSchedule::Exp)[i]], &[(-12.0 * t).exp()], 1e-11);
    }
    assert_eq!(Betas { schedule: BetaSchedule::SquaredcosCapV2, ..Betas::default() }.betas()[999], 0.999);
}

/// Lin et al. 2023: the last step is noise, the first is kept, and `√ᾱ` is a line through what it was.
#[test]
fn rescaled_betas_end_in_noise() {
    let plain = Betas::default();
    let rescaled = Betas { zero_terminal_snr: true, ..plain.clone() };
    let roots = |betas: &Betas| -> Vec<f64> { betas.alphas_cumprod().iter().map(|bar| bar.sqrt()).collect() };
    let (before, after) = (roots(&plain), roots(&rescaled));
    assert!((before[0] - after[0]).abs() < 1e-15);
    let stretch = before[0] / (before[0] - before[999]);
    for i in [1, 100, 500, 900, 998] {
        assert!((after[i] - (before[i] - before[999]) * stretch).abs() < 1e-12);
    }
    assert_eq!(rescaled.betas()[999], 1.0);
    assert_eq!(rescaled.table().range()[1], (16_777_216.0_f64 - 1.0).sqrt());
}

#[test]
fn levels_between_training_steps_are_interpolated_and_found_again() {
    let table = Betas::default().table();
    let (low, high) = (table.ratios[10], table.ratios[11]);
    assert!((table.ratio_at(10.25) - (0.75 * low + 0.25 * high)).abs() < 1e-15);
    assert!((table.log_ratio_at(10.5) - (low * high).sqrt()).abs() < 1e-15);
    assert_eq!([table.ratio_at(-3.0), table.ratio_at(2000.0)], table.range());
    assert_eq!(Betas::default().ratio_at(10.0), low);
    for timestep in [0.0, 0.25, 123.456, 998.5, 999.0] {
        assert!((table.timestep_at(table.log_ratio_at(timestep)) - timestep).abs() < 1e-9);
    }
    assert_eq!([table.timestep_at(1e-9), table.timestep_at(1e9)], [0.0, 999.0]);
}

#[test]
fn trained_betas_stand_for_themselves() {
    let betas = Betas { trained_betas: Some(vec![0.5, 0.5]), ..Betas::default() };
    assert_eq!((betas.steps(), betas.alphas_cumprod()), (2, vec![0.5, 0.25]));
}

#[test]
fn betas_that_make_no_schedule_are_refused() {
    let bad = |betas: Betas| betas.check().expect_err("bad betas").to_string();
    assert!(bad(Betas { beta_start: 0.0, ..Betas::default() }).contains("`beta_start`"));
    assert!(bad(Betas { beta_end: f64::NAN, ..Betas::default() }).contains("`beta_end`"));
    assert!(bad(Betas { train_steps: 0, ..Betas::default() }).contains("`train_steps`: wanted 1 or more"));
    let one = Betas { train_steps: 1, zero_terminal_snr: true, ..Betas::default() };
    assert!(bad(one).contains("`train_steps`: wanted 2 or more"));
    let trained = |betas| bad(Betas { trained_betas: Some(betas), ..Betas::default() });
    assert!(trained(vec![]).contains("`trained_betas`"));
    assert!(trained(vec![0.1, 1.0]).contains("`trained_betas.1`"));
}
