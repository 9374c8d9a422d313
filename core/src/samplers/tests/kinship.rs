//! Samplers that are one another's special cases, and the counts that their papers give.

use super::*;

/// A walk of ten steps from noise, in single precision.
fn run(sampler: SamplerConfig, schedule: &str, grid: &str) -> Tensor<2> {
    let schedule = ScheduleConfig::named(schedule).expect("a schedule");
    let levels = match grid {
        "equal" => (0..=10).map(|i| Level::at(&*schedule, 0.1 * f64::from(10 - i))).collect(),
        grid => levels(grid, 10, &schedule),
    };
    let noise = noise(64);
    walk(&sampler, &Walk::new(&ideal, &*schedule, &levels, &noise), noise.start(levels[0])).expect("a walk")
}

fn assert_same(a: SamplerConfig, b: SamplerConfig, schedule: &str, grid: &str) {
    let names = format!("{a:?} and {b:?} under {schedule}");
    let difference = (run(a, schedule, grid) - run(b, schedule, grid)).abs().max().into_scalar::<f32>();
    assert!(difference < 2e-4, "{names}: {difference}");
}

fn named(name: &str) -> SamplerConfig {
    SamplerConfig::named(name).expect("a sampler")
}

#[test]
fn ddpm_is_ddim_with_eta_one() {
    assert_same(named("ddpm"), SamplerConfig::Ddim(Ddim { eta: 1.0 }), "vp", "linear");
}

#[test]
fn under_the_edm_schedule_first_order_methods_are_eulers() {
    for other in [
        named("ddim"),
        SamplerConfig::Lms(Lms { order: 1 }),
        SamplerConfig::Ipndm(Ipndm { order: 1 }),
        SamplerConfig::EulerAncestral(EulerAncestral { eta: 0.0, s_noise: 1.0 }),
    ] {
        assert_same(named("euler"), other, "edm", "karras");
    }
}

#[test]
fn without_their_noise_they_are_the_method_that_they_add_noise_to() {
    let churnless = EdmStochastic { s_churn: 0.0, ..EdmStochastic::default() };
    assert_same(SamplerConfig::EdmStochastic(churnless), named("heun"), "edm", "karras");
    let restless = Restart { times: 0, ..Restart::default() };
    assert_same(SamplerConfig::Restart(restless), named("heun"), "edm", "karras");
    let still = Dpm2Ancestral { eta: 0.0, s_noise: 1.0 };
    for schedule in ScheduleConfig::NAMES {
        assert_same(SamplerConfig::Dpm2Ancestral(still.clone()), named("dpm2"), schedule, "karras");
        assert_same(SamplerConfig::Tcd(Tcd { gamma: 0.0, table: None }), named("ddim"), schedule, "karras");
    }
}

#[test]
fn ancestral_steps_are_those_of_the_posterior() {
    let posterior = SamplerConfig::Ddim(Ddim { eta: 1.0 });
    assert_same(named("euler_ancestral"), posterior, "edm", "karras");
    for (predictor, variance) in
        [(Predictor::Ancestral, Variance::Small), (Predictor::ReverseDiffusion, Variance::Large)]
    {
        let predictor = PredictorCorrector { corrections: 0, predictor, ..PredictorCorrector::default() };
        let ddpm = SamplerConfig::Ddpm(Ddpm { variance });
        assert_same(SamplerConfig::PredictorCorrector(predictor), ddpm, "edm", "karras");
    }
}

#[test]
fn renoising_all_of_the_way_is_lcm() {
    let consistency = Consistency { sigma_min: 0.0 };
    assert_same(SamplerConfig::Consistency(consistency), named("lcm"), "edm", "karras");
    for schedule in ScheduleConfig::NAMES {
        assert_same(SamplerConfig::Tcd(Tcd { gamma: 1.0, table: None }), named("lcm"), schedule, "karras");
    }
}

/// Under its own name, as it has always been.
#[test]
fn dpmpp_2m_is_dpmpp_whose_order_stays() {
    let whole = Dpmpp { last: Last::Full, ..Dpmpp::default() };
    assert_same(named("dpmpp_2m"), SamplerConfig::Dpmpp(whole), "vp", "karras");
}

/// On equal steps the polynomial's integral is Adams and Bashforth's.
#[test]
fn lms_is_ipndm_on_equal_steps() {
    for order in 1..=4 {
        let lms = SamplerConfig::Lms(Lms { order });
        assert_same(lms, SamplerConfig::Ipndm(Ipndm { order }), "edm", "equal");
    }
}

/// Either start of PNDM keeps its second order.
#[test]
fn pndm_starts_at_its_order() {
    for warmup in [Warmup::Linear, Warmup::RungeKutta] {
        let measured = orders(&SamplerConfig::Pndm(Pndm { warmup, table: None }), 0);
        assert!(measured.iter().all(|order| *order > 1.6), "{warmup:?}: {measured:.2?}");
    }
}

/// As many as diffusers' PNDM takes in 10 steps, and Xu et al. 2023 (Table 3) in 18.
#[test]
fn starts_and_restarts_cost_what_they_are_said_to() {
    for (sampler, steps, evaluations) in [
        (SamplerConfig::Pndm(Pndm { warmup: Warmup::Linear, table: None }), 10, 11),
        (SamplerConfig::Pndm(Pndm { warmup: Warmup::RungeKutta, table: None }), 10, 19),
        (named("restart"), 18, 43),
    ] {
        let schedule = ScheduleConfig::named("edm").expect("edm");
        let levels = levels("karras", steps, &schedule);
        let noise = noise(1);
        let counted = Walk::new(&ideal, &*schedule, &levels, &noise);
        walk(&sampler, &counted, noise.start(levels[0])).expect("a walk");
        assert_eq!(counted.evaluations(), evaluations, "{sampler:?}");
    }
}

/// A grid that stops may visit its last level twice: it is one level to return from. Where none lies below the noise that is returned
/// to, there is nothing to restart, and it is said.
#[test]
fn restarts_are_made_once_and_from_a_level() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let sampler = SamplerConfig::Restart(Restart { times: 3, ..Restart::default() });
    let noise = noise(1);
    let evaluations = |ratios: &[f64]| {
        let levels: Vec<Level> = ratios.iter().map(|ratio| Level::at(&*schedule, *ratio)).collect();
        let counted = Walk::new(&ideal, &*schedule, &levels, &noise);
        walk(&sampler, &counted, noise.start(levels[0])).map(|_| counted.evaluations())
    };
    // Two of Heun's steps, and three times two.
    assert_eq!(evaluations(&[1.0, 0.06]).expect("a walk"), 2 + 12);
    assert_eq!(evaluations(&[1.0, 0.06, 0.06]).expect("a walk"), 4 + 12);
    assert_eq!(evaluations(&[1.0, 0.06, 0.0]).expect("a walk"), 3 + 12);
    let error = evaluations(&[9.0, 1.0, 0.5, 0.0]).expect_err("nothing to restart from").to_string();
    assert!(error.contains("no noise level below 0.3") && error.contains("--steps"), "{error}");
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    for (sampler, message) in [
        (SamplerConfig::Lms(Lms { order: 9 }), "at `order`: there are 1, 2, 3, 4, 5, 6, 7, 8; this is 9"),
        (SamplerConfig::Ipndm(Ipndm { order: 0 }), "at `order`: there are 1, 2, 3, 4; this is 0"),
        (
            SamplerConfig::Dopri5(Dopri5 { rtol: 0.0, ..Dopri5::default() }),
            "at `rtol`: wanted a number above 0; this is 0",
        ),
        (
            SamplerConfig::Bosh3(Bosh3 { atol: -1.0, ..Bosh3::default() }),
            "at `atol`: wanted a number above 0; this is -1",
        ),
        (
            SamplerConfig::Restart(Restart { times: 5000, ..Restart::default() }),
            "at `times`: wanted a number from 0 to 1000; this is 5000",
        ),
        (
            SamplerConfig::Restart(Restart { between: [0.3, 0.06], ..Restart::default() }),
            "at `between`: wanted 0 < low < high, finite; this is [0.3, 0.06]",
        ),
        (
            SamplerConfig::EdmStochastic(EdmStochastic { s_tmax: 0.01, ..EdmStochastic::default() }),
            "at `s_tmax`: wanted s_tmin (0.05) or more; this is 0.01",
        ),
        (
            SamplerConfig::Tcd(Tcd { gamma: 1.5, table: None }),
            "at `gamma`: wanted a number from 0 to 1; this is 1.5",
        ),
    ] {
        let error = sampler.check().expect_err("it is out of range").to_string();
        assert!(error.ends_with(message), "{error}");
    }
}
