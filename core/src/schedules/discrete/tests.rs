//! Formulas in full precision, and the tables of diffusers in single.

use super::*;

fn near(values: &[f64], golden: &[f64], tolerance: f64) {
    assert_eq!(values.len(), golden.len());
    for (value, golden) in values.iter().zip(golden) {
        assert!((value - golden).abs() <= tolerance * golden.abs(), "{values:?}, not {golden}");
    }
}

/// Numbers as Python prints them.
fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace().map(|number| number.parse().expect("a number")).collect()
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

/// diffusers 0.42.1 on torch 2.15.0, CPU:
///
/// ```text
/// python -c "from diffusers import DDPMScheduler as S
/// for kw in ({}, dict(beta_start=.00085, beta_end=.012, beta_schedule='scaled_linear'), dict(beta_schedule='squaredcos_cap_v2'),
///            dict(beta_schedule='sigmoid'), dict(beta_schedule='laplace')):
///     s = S(**kw); i = [0, 1, 499, 998, 999]; print(s.betas[i].tolist(), s.alphas_cumprod[i].tolist())"
/// ```
///
/// and `betas_for_alpha_bar(1000, alpha_transform_type='exp')` with its `cumprod`.
#[test]
fn single_precision_is_that_of_diffusers() {
    let (linear, scaled) = ((1e-4, 0.02), (0.00085, 0.012));
    for (schedule, (beta_start, beta_end), betas, bars) in [
        (
            BetaSchedule::Linear,
            linear,
            "9.999999747378752e-5 0.00011991991777904332 0.010040040127933025 0.01998008042573929 0.019999999552965164",
            "0.9998999834060669 0.9997800588607788 0.07858723402023315 4.118194192415103e-5 4.035830352222547e-5",
        ),
        (
            BetaSchedule::ScaledLinear,
            scaled,
            "0.0008499999530613422 0.0008546985918655992 0.0048037925735116005 0.01198237482458353 0.011999999172985554",
            "0.9991499781608582 0.9982960224151611 0.27766942977905273 0.004716695751994848 0.00466009508818388",
        ),
        (
            BetaSchedule::SquaredcosCapV2,
            linear,
            "4.128422369831242e-5 4.614175122696906e-5 0.003145886119455099 0.7499994039535522 0.9990000128746033",
            "0.9999586939811707 0.9999125599861145 0.4938434660434723 2.428766265438753e-6 2.4287349909002387e-9",
        ),
        (
            BetaSchedule::Sigmoid,
            linear,
            "0.00014920519606675953 0.00014979831757955253 0.01002012100070715 0.019950199872255325 0.01995079591870308",
            "0.9998508095741272 0.9997010231018066 0.3019309937953949 4.048962364322506e-5 3.9681821363046765e-5",
        ),
        (
            BetaSchedule::Laplace,
            linear,
            "0.021153757348656654 0.008747813291847706 0.0002501562121324241 0.15162965655326843 0.847252607345581",
            "0.9788462519645691 0.9702835083007812 0.707460343837738 0.20702660083770752 0.03162277489900589",
        ),
        (
            BetaSchedule::Exp,
            linear,
            "0.011928287334740162 0.011928287334740162 0.011928287334740162 0.011928287334740162 0.011928287334740162",
            "0.9880717396736145 0.9762857556343079 0.002478785812854767 6.2185554270399734e-6 6.144378858152777e-6",
        ),
    ] {
        let table =
            Betas { schedule, beta_start, beta_end, precision: Precision::Single, ..Betas::default() };
        let picked = |values: Vec<f64>| [0, 1, 499, 998, 999].map(|i| values[i]);
        near(&picked(table.betas()), &numbers(betas), 2e-7);
        near(&picked(table.alphas_cumprod()), &numbers(bars), 1e-6);
    }
}

/// diffusers 0.42.1: `EulerDiscreteScheduler(rescale_betas_zero_snr=True).alphas_cumprod[[0, 1, 499, 998, 999]]`, and with
/// `beta_start=.00085, beta_end=.012, beta_schedule='scaled_linear'`. The first's last but one is below the clamp.
#[test]
fn rescaled_betas_are_those_of_diffusers() {
    let plain = Betas { zero_terminal_snr: true, precision: Precision::Single, ..Betas::default() };
    let scaled =
        Betas { schedule: BetaSchedule::ScaledLinear, beta_start: 0.00085, beta_end: 0.012, ..plain.clone() };
    for (betas, golden) in [
        (
            plain,
            "0.9998999834060669 0.9997793436050415 0.0760287269949913 4.213273285813557e-9 5.960464477539063e-8",
        ),
        (
            scaled,
            "0.9991499781608582 0.9982334971427917 0.24235899746418 1.9679633567193378e-7 5.960464477539063e-8",
        ),
    ] {
        let (bars, golden) = (betas.alphas_cumprod(), numbers(golden));
        near(&[0, 1, 499, 999].map(|i| bars[i]), &[golden[0], golden[1], golden[2], golden[4]], 1e-6);
        // What is left of a difference of two roots near 0.0064 has fewer digits.
        near(&[bars[998]], &[golden[3]], 1e-3);
    }
}

#[test]
fn levels_between_training_steps_are_interpolated_and_found_again() {
    let table = Betas::default().table();
    let (low, high) = (table.ratios[10], table.ratios[11]);
    assert!((table.ratio_at(10.25) - (0.75 * low + 0.25 * high)).abs() < 1e-15);
    assert!((table.log_ratio_at(10.5) - (low * high).sqrt()).abs() < 1e-15);
    assert_eq!([table.ratio_at(-3.0), table.ratio_at(2000.0)], table.range());
    assert_eq!(table.ratio_at(10.0), low);
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
