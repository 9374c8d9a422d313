use super::super::tests::{ideal, levels, noise};
use super::super::{Noise, Predicts, walk};
use super::*;
use crate::schedules::ScheduleConfig;

/// The stages, one after the other, on `x/α` at the first level.
fn followed(course: &Course, start: Tensor<2>, noise: &Noise) -> Tensor<2> {
    let mut registers = vec![start];
    let sum = |weights: &[f64], registers: &[Tensor<2>]| {
        let terms = registers.iter().zip(weights).map(|(x, weight)| x.clone() * *weight);
        terms.reduce(|a, b| a + b).expect("a state")
    };
    for stage in &course.stages {
        let (asked, sigma) = (sum(&stage.ask, &registers), stage.sigmas[0]);
        let mean = ideal(asked.clone(), sigma);
        registers.insert(1, if course.predicts == Predicts::Data { mean } else { (asked - mean) / sigma });
        registers.truncate(REGISTERS);
        registers[0] = sum(&stage.then, &registers);
        if let Some(([step, draw], weight)) = stage.noise {
            registers[0] = registers[0].clone() + noise.normal(step, draw) * weight;
        }
    }
    registers.remove(0)
}

fn far(a: Tensor<2>, b: Tensor<2>) -> f64 {
    (a - b).abs().max().cast(DType::F64).into_scalar::<f64>()
}

/// Walked by its stages, a sampler ends where it ends by itself, and of most there are stages.
#[test]
fn a_course_leads_where_its_sampler_leads() {
    let mut written = Vec::new();
    for sampler in SamplerConfig::all() {
        for schedule in ["edm", "vp_linear", "cond_ot"] {
            let schedule = ScheduleConfig::named(schedule).expect("a schedule");
            let levels = levels("karras", 12, &schedule);
            let Some(course) = course(&sampler, &*schedule, &levels) else { continue };
            let noise = noise(7);
            let dtype = if sampler.stochastic() { DType::F32 } else { DType::F64 };
            let start = noise.start(levels[0]).cast(dtype);
            let wanted = walk(&sampler, &Walk::new(&ideal, &*schedule, &levels, &noise), start.clone());
            let far = far(followed(&course, start, &noise), wanted.expect("a walk"));
            let bound = if sampler.stochastic() { 1e-4 } else { 1e-9 };
            assert!(far < bound, "{} under {}: {far:e}", sampler.name(), schedule.name());
            written.push(sampler.name());
        }
    }
    written.dedup();
    let wanted = [
        "euler",
        "heun",
        "midpoint",
        "ralston",
        "rk4",
        "euler_ancestral",
        "dpm2",
        "dpm2_ancestral",
        "lms",
        "ipndm",
        "lcm",
        "tcd",
        "ddim",
        "ddpm",
        "dpmpp_2m",
        "dpm",
        "dpmpp",
        "sde_dpmpp",
        "unipc",
        "deis",
    ];
    let missing: Vec<_> = wanted.iter().filter(|name| !written.contains(name)).collect();
    assert!(missing.is_empty(), "no course of {missing:?}; of {written:?}");
}

/// Heun's is two evaluations a step but for the last.
#[test]
fn stages_are_evaluations() {
    let schedule = ScheduleConfig::named("cond_ot").expect("a schedule");
    let levels = levels("linear", 10, &schedule);
    let heun = SamplerConfig::named("heun").expect("heun");
    let stages = course(&heun, &*schedule, &levels).expect("a course").stages;
    assert_eq!(stages.len(), 19);
    assert_eq!(stages[0].then, STILL);
    assert!(stages.iter().all(|stage| stage.noise.is_none() && stage.sigmas[0] == stage.sigmas[1]));
}

/// What cannot be written down is not: steps chosen on the way, noise on a path, noise before the question.
#[test]
fn what_is_not_linear_in_a_state_and_four_estimates_has_no_course() {
    let schedule = ScheduleConfig::named("edm").expect("a schedule");
    let levels = levels("karras", 10, &schedule);
    for name in ["dopri5", "dpm_adaptive", "dpmpp_sde", "edm_stochastic"] {
        let sampler = SamplerConfig::named(name).expect(name);
        assert!(course(&sampler, &*schedule, &levels).is_none(), "{name}");
    }
}
