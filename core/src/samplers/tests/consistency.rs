//! What samplers of consistency functions promise: data in any number of steps, from one on.

use super::*;

/// The end of the ODE through `x` at `σ`: `f(x; σ) = μ + (x − μ) s/sqrt(s² + σ²)`.
fn consistent(x: Tensor<2>, sigma: f64) -> Tensor<2> {
    (x - MEAN) * (VAR / (VAR + sigma * sigma)).sqrt() + MEAN
}

/// Mean and variance of 4,000 samples.
fn moments(
    sampler: &SamplerConfig,
    schedule: &ScheduleConfig,
    steps: usize,
    denoiser: &dyn Denoiser,
) -> (f64, f64) {
    let levels = levels("karras", steps, schedule);
    let noise = noise(4000);
    let start = noise.start(levels[0]);
    let x = walk(sampler, &Walk::new(denoiser, &**schedule, &levels, &noise), start).expect("a walk");
    let (var, mean) = x.var_mean(0);
    (f64::from(mean.into_scalar::<f32>()), f64::from(var.into_scalar::<f32>()))
}

#[test]
fn a_consistency_function_is_sampled_in_one_to_four_steps() {
    let samplers = [
        SamplerConfig::Consistency(Consistency::default()),
        SamplerConfig::Lcm(Lcm::default()),
        SamplerConfig::Tcd(Tcd { gamma: 1.0, table: None }),
    ];
    for (sampler, schedule) in
        samplers.iter().flat_map(|s| ScheduleConfig::all().into_iter().map(move |schedule| (s, schedule)))
    {
        for steps in 1..=4 {
            let (mean, var) = moments(sampler, &schedule, steps, &consistent);
            let place = format!("{} under {} in {steps}", sampler.name(), schedule.name());
            // Four standard errors of 4,000 samples.
            assert!((mean - MEAN).abs() < 0.032, "{place}: mean {mean}");
            assert!((var / VAR - 1.0).abs() < 0.09, "{place}: variance {var}");
        }
    }
}

/// TCD is exact in one step whatever its `γ`; between two levels it renoises what was walked by DDIM.
#[test]
fn every_consistency_sampler_is_exact_in_one_step() {
    let schedule = ScheduleConfig::named("vp").expect("vp");
    for sampler in SamplerConfig::all().iter().filter(|s| s.wants() == Wants::ConsistencyFunction) {
        let (mean, var) = moments(sampler, &schedule, 1, &consistent);
        assert!((mean - MEAN).abs() < 0.032 && (var / VAR - 1.0).abs() < 0.09, "{}", sampler.name());
    }
}

/// Why they are told apart: of a mere denoiser one step gives the mean of the data.
#[test]
fn a_denoisers_mean_is_too_narrow_for_them() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let (mean, var) = moments(&SamplerConfig::Lcm(Lcm::default()), &schedule, 1, &ideal);
    assert!((mean - MEAN).abs() < 0.01 && var < 0.001 * VAR, "mean {mean}, variance {var}");
}
