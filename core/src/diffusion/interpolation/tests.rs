//! There and back again, on the Gaussian of `descent`'s tests.

use super::super::descent::tests::{end, ideal, levels, noise, sampling};
use super::*;
use crate::editing::Course;

fn begin(sampler: &str, steps: usize, frames: usize, rows: usize) -> Result<Interpolation> {
    let sampling = sampling(sampler, steps);
    let levels = levels(&sampling);
    let down = Descent::new(Box::new(ideal), sampling, levels, Course::plain(steps), noise(rows));
    let ends = Tensor::from_floats([[1.2, 0.7], [-0.4, 0.9]], &Device::flex());
    Interpolation::new(Box::new(ideal), down, ends, frames)
}

/// How far the two ends come back from where they started.
fn missed(sampler: &str, steps: usize) -> f64 {
    let x = end(&mut begin(sampler, steps, 2, 2).expect("a walk"));
    let ends = Tensor::from_floats([[1.2, 0.7], [-0.4, 0.9]], &Device::flex());
    f64::from((x - ends).abs().max().into_scalar::<f32>())
}

#[test]
fn both_ends_come_back_and_the_error_falls_with_steps() {
    for (sampler, order) in [("heun", 2), ("dpmpp_2m", 2), ("ddim", 1)] {
        let [few, more] = [20, 80].map(|steps| missed(sampler, steps));
        // A quarter of the step: a quarter of the error, and a sixteenth; a half of the gain is asked for.
        let gain = 4_f64.powi(order) / 2.0;
        assert!(more < few / gain || more < 2e-4, "{sampler}: {few} in 20 steps, {more} in 80");
        assert!(more < 0.05, "{sampler}: {more}");
    }
}

/// Of a Gaussian the ODE is linear, so that a walk of the mixed latents is known: `Σ^½ (Σ + σ²)^-½` of them.
#[test]
fn the_middle_is_the_walk_of_the_mixed_noise() {
    let x = end(&mut begin("heun", 100, 3, 3).expect("a walk"));
    let middle: Vec<f64> = x.narrow(0, 1, 1).into_data().iter::<f64>().collect();
    // In the eigenbasis (u, v): z = 80 y/sqrt(λ) for both, λ = 1.8 and 0.2.
    let basis = |[a, b]: [f64; 2]| [(a + b) / 2_f64.sqrt(), (a - b) / 2_f64.sqrt()];
    let factor = [1.8_f64, 0.2].map(|value| ((value + 6400.0) / value).sqrt());
    let latent = |y: [f64; 2]| std::array::from_fn::<f64, 2, _>(|i| basis(y)[i] * factor[i]);
    let (a, b) = (latent([1.2, 0.7]), latent([-0.4, 0.9]));
    let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
    let omega = (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).acos();
    let weight = (omega / 2.0).sin() / omega.sin();
    let wanted = basis(std::array::from_fn(|i| weight * (a[i] + b[i]) / factor[i]));
    for i in 0..2 {
        assert!((middle[i] - wanted[i]).abs() < 5e-3, "{middle:?}, wanted {wanted:?}");
    }
}

#[test]
fn frames_are_the_batch_all_the_way() {
    let mut walk = begin("heun", 5, 9, 4).expect("a walk");
    assert_eq!(walk.steps(), 4 + 5);
    for step in 1..=9 {
        let frame = walk.step().expect("a step").expect("a frame");
        assert_eq!((frame.step, frame.steps, frame.x.dims()), (step, 9, [4, 2]));
    }
    assert!(walk.step().is_none());
    // Heun up is 2 a step, and down too but for the last.
    assert_eq!(walk.evaluations(), 4 * 2 + 4 * 2 + 1);
}

#[test]
fn what_cannot_be_walked_both_ways_is_refused() {
    let said = |walk: Result<Interpolation>| walk.err().expect("this should be refused").to_string();
    assert!(said(begin("ddpm", 5, 2, 2)).contains("ddpm adds noise"));
    assert!(said(begin("heun", 1, 2, 2)).contains("steps: between two samples wanted 2 or more"));
    assert!(said(begin("heun", 5, 3, 4)).contains("there are 3 frames"));
}
