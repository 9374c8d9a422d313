//! The methods of textbooks as courses, of a step of `h`.

use super::super::{Evaluation, REGISTERS};

/// Asks with these weights, and goes on with those.
fn evaluation<const N: usize, const M: usize>(ask: [f64; N], then: [f64; M]) -> Evaluation {
    let padded = |weights: &[f64]| {
        let mut all = [0.0; REGISTERS];
        all[..weights.len()].copy_from_slice(weights);
        all
    };
    Evaluation { ask: padded(&ask), scale: 1.0, skip: 0.0, out: 1.0, then: padded(&then), noise: None }
}

pub fn euler(steps: usize, h: f64) -> Vec<Evaluation> {
    vec![evaluation([1.0], [1.0, h]); steps]
}

pub fn heun(steps: usize, h: f64) -> Vec<Evaluation> {
    [evaluation([1.0], [1.0]), evaluation([1.0, h], [1.0, h / 2.0, h / 2.0])].repeat(steps)
}

pub fn runge_kutta(steps: usize, h: f64) -> Vec<Evaluation> {
    let half = evaluation([1.0, h / 2.0], [1.0]);
    let last = evaluation([1.0, h], [1.0, h / 6.0, h / 3.0, h / 3.0, h / 6.0]);
    [evaluation([1.0], [1.0]), half, half, last].repeat(steps)
}

/// Adams and Bashforth's of two steps, of which the first is Euler's.
pub fn adams(steps: usize, h: f64) -> Vec<Evaluation> {
    let mut course = vec![evaluation([1.0], [1.0, 1.5 * h, -0.5 * h]); steps];
    course[0] = euler(1, h)[0];
    course
}

/// Euler and Maruyama's, of the noise `√2 dW`.
pub fn maruyama(steps: usize, h: f64) -> Vec<Evaluation> {
    let mut course = euler(steps, h);
    for (i, evaluation) in course.iter_mut().enumerate() {
        evaluation.noise = Some((100 + i as u32, (2.0 * h).sqrt()));
    }
    course
}
