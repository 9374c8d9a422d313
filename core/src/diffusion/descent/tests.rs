//! Edited walks on a Gaussian in the plane with unit variances and correlation `ρ`: `y₂ | y₁ ~ N(ρ y₁, 1 − ρ²)`.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::editing::inpainting::Repaint;
use crate::editing::{Dps, InpaintConfig, Known, Pulled};
use crate::samplers::{SamplerConfig, Wants};
use crate::schedules::ScheduleConfig;
use crate::schedules::grids::Span;

const RHO: f64 = 0.8;
const GIVEN: f32 = 1.5;

/// `D = Σ (Σ + σ²)⁻¹ x`, by the eigenvectors `(1, 1)` and `(1, −1)`, whose eigenvalues are `1 ± ρ`.
pub(crate) fn ideal(x: Tensor<2>, sigma: f64) -> Tensor<2> {
    let [plus, minus] = [1.0 + RHO, 1.0 - RHO].map(|value| value / (value + sigma * sigma));
    let swapped = Tensor::cat(vec![x.clone().narrow(1, 1, 1), x.clone().narrow(1, 0, 1)], 1);
    x * f64::midpoint(plus, minus) + swapped * ((plus - minus) / 2.0)
}

pub(crate) fn sampling(sampler: &str, steps: usize) -> Sampling {
    Sampling { sampler: SamplerConfig::named(sampler).expect("a sampler"), steps, ..Sampling::default() }
}

pub(crate) fn levels(sampling: &Sampling) -> Vec<Level> {
    let Sampling { schedule, grid, steps, .. } = sampling;
    let span = Span { steps: *steps, schedule: &**schedule, range: [0.002, 80.0], features: 2 };
    grid.levels(&span).expect("a grid")
}

pub(crate) fn noise(rows: usize) -> Noise {
    Noise { seed: 4, first: 0, rows, features: 2, device: Device::flex() }
}

pub(crate) fn end(generation: &mut dyn Generation) -> Tensor<2> {
    let mut x = None;
    while let Some(frame) = generation.step() {
        x = Some(frame.expect("a frame").x);
    }
    x.expect("a step")
}

/// Both samples of the plane with the first number known, and nothing known of the second.
fn known(rows: usize) -> Known {
    let row = |values: [f32; 2]| Tensor::from_floats([values], &Device::flex()).repeat_dim(0, rows);
    Known { rows: row([GIVEN, -7.0]), mask: row([0.0, 1.0]) }
}

const ROWS: usize = 4000;

/// The first number, which is known, and mean and variance of the second.
fn inpainted(method: &InpaintConfig, sampling: Sampling) -> [f64; 3] {
    let (levels, known) = (levels(&sampling), known(ROWS));
    let route = method.route(sampling.steps);
    let (denoiser, course): (Box<dyn Denoiser>, Course) = match method.pull() {
        Some(pull) => {
            let pulled = Pulled::known(Box::new(ideal), known, pull, 1.0);
            (Box::new(pulled), Course::plain(sampling.steps))
        }
        None => (Box::new(ideal), Course { route, origin: None, known: Some(known) }),
    };
    let x = end(&mut Descent::new(denoiser, sampling, levels, course, noise(ROWS)));
    let worst = (x.clone().narrow(1, 0, 1) - f64::from(GIVEN)).abs().max();
    let (var, mean) = x.narrow(1, 1, 1).var_mean_bias(0);
    [worst, mean.reshape([1]), var.reshape([1])].map(|value| f64::from(value.into_scalar::<f32>()))
}

/// What the second number should be like: mean and variance.
const WANTED: [f64; 2] = [RHO * GIVEN as f64, 1.0 - RHO * RHO];

#[test]
fn repaint_reaches_the_conditional_distribution_which_replacement_misses() {
    let error = |[mean, var]: [f64; 2]| (mean - WANTED[0]).abs().max((var - WANTED[1]).abs());
    let replace = InpaintConfig::named("replace").expect("replace");
    let [worst, mean, var] = inpainted(&replace, sampling("ddpm", 100));
    assert_eq!(worst, 0.0, "what is known should stay");
    let replaced = error([mean, var]);
    let repaint = InpaintConfig::Repaint(Repaint { jump_length: 10, resamples: 20 });
    let [worst, mean, var] = inpainted(&repaint, sampling("ddpm", 100));
    assert_eq!(worst, 0.0, "what is known should stay");
    let repainted = error([mean, var]);
    // Four standard errors of 4,000 samples are 0.04; as much again is DDPM's in 100 steps.
    assert!(repainted < 0.08, "mean {mean}, variance {var}, wanted {WANTED:?}");
    assert!(repainted < 0.25 * replaced, "RePaint misses by {repainted}, replacement by {replaced}");
}

/// Whatever a sampler remembers, it goes on from where the known part was put back: the other's mean, 0 by itself, is drawn towards it
/// no less than by Euler's steps, which remember nothing.
#[test]
fn replacement_reaches_what_every_sampler_draws() {
    let replace = InpaintConfig::named("replace").expect("replace");
    let meant = |config: &&SamplerConfig| config.wants() == Wants::Denoiser && !config.levels_of_its_own();
    let [_, plain, _] = inpainted(&replace, sampling("euler", 100));
    assert!(plain > 0.4, "{plain}");
    for config in SamplerConfig::all().iter().filter(meant) {
        let [worst, mean, _] = inpainted(&replace, sampling(config.name(), 100));
        println!("{}: mean {mean:.3}", config.name());
        assert_eq!(worst, 0.0, "{}: what is known should stay", config.name());
        assert!(mean > plain - 0.02, "{}: mean {mean}, Euler's {plain}", config.name());
    }
}

/// The variance that `v` grants the first number, `σ²/(1 + σ²)`, is that of independent features. With `ρ` = 0.8 it is up to 1.25 times
/// the true one at middling noise, so that the pull comes late, however many steps there are: 0.1 is the approximation's, not chance.
#[test]
fn posterior_sampling_comes_near_the_conditional_distribution() {
    for sampler in ["heun", "ddpm"] {
        let [worst, mean, var] = inpainted(&InpaintConfig::Dps(Dps::default()), sampling(sampler, 60));
        assert!(worst < 1e-4, "{sampler}: the known number is off by {worst}");
        assert!((mean - WANTED[0]).abs() < 0.1, "{sampler}: mean {mean}, wanted {}", WANTED[0]);
        assert!((var - WANTED[1]).abs() < 0.1, "{sampler}: variance {var}, wanted {}", WANTED[1]);
    }
}

/// In the limit, what is left is the noise of the last level, 0.002.
#[test]
fn the_weaker_an_edit_the_nearer_it_stays() {
    let rows = known(1000).rows * 0.1;
    let distance = |strength: f64, schedule: &str| {
        let schedule = ScheduleConfig::named(schedule).expect("a schedule");
        let sampling = Sampling { schedule, ..sampling("heun", 40) };
        let (levels, course) = (levels(&sampling), Course::from(rows.clone(), strength, 40));
        let x = end(&mut Descent::new(Box::new(ideal), sampling, levels, course, noise(1000)));
        f64::from((x - rows.clone()).square().mean().sqrt().into_scalar::<f32>())
    };
    for schedule in ["edm", "vp", "cond_ot"] {
        let [least, some, most] = [1e-6, 0.5, 1.0].map(|strength| distance(strength, schedule));
        assert!(least < 0.003 && least < some && some < most, "{schedule}: {least}, {some}, {most}");
        // A fresh sample: 1 + the square of where it started from, in the mean of both features.
        let wanted = (1.0 + f64::midpoint(0.15_f64.powi(2), 0.7_f64.powi(2))).sqrt();
        assert!((most / wanted - 1.0).abs() < 0.06, "{schedule}: {most}, wanted {wanted}");
    }
}

/// Counts how often it is told to forget.
struct Forgetful(Rc<Cell<usize>>);

impl Denoiser for Forgetful {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        ideal(x, sigma)
    }
    fn forget(&self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn whoever_remembers_forgets_at_each_jump() {
    let sampling = sampling("ddpm", 9);
    let levels = levels(&sampling);
    let route = InpaintConfig::Repaint(Repaint { jump_length: 2, resamples: 3 }).route(9);
    let jumps = route.windows(2).filter(|pair| pair[1] < pair[0]).count();
    let course = Course { route, origin: None, known: Some(known(2)) };
    let times = Rc::new(Cell::new(0));
    end(&mut Descent::new(Box::new(Forgetful(times.clone())), sampling, levels, course, noise(2)));
    assert!(jumps > 0 && times.get() == jumps, "{} of {jumps}", times.get());
}

#[test]
fn steps_are_counted_without_jumps_and_end_in_data() {
    let sampling = sampling("dpmpp_2m", 12);
    let levels = levels(&sampling);
    let route = InpaintConfig::Repaint(Repaint { jump_length: 3, resamples: 2 }).route(12);
    let course = Course { route, origin: None, known: Some(known(2)) };
    let mut descent = Descent::new(Box::new(ideal), sampling, levels, course, noise(2));
    let steps = descent.steps();
    for step in 1..=steps {
        let frame = descent.step().expect("a step").expect("a frame");
        assert_eq!((frame.step, frame.steps), (step, steps));
        assert_eq!(frame.level == 0.0, step == steps);
    }
    assert!(descent.step().is_none());
}
