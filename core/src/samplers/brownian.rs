//! A Brownian path that any number of steps reads alike: a tree of midpoints, each drawn by its own key.
//!
//! ```text
//! W(2ᵏ⁺¹) − W(2ᵏ) = sqrt(2ᵏ) z_k,   W((a + b)/2) = (W(a) + W(b))/2 + sqrt(b − a)/2 z_(a,b) within an octave
//! ```
//!
//! Lévy's construction; as a tree that is not stored, Li et al. 2020, section 4, <https://arxiv.org/abs/2001.01328>. Octaves give
//! every time the same relative resolution, and the part of the path that two times share is never drawn.

use std::collections::BTreeMap;

use burn::prelude::*;

use super::Noise;
use crate::random::{Key, Purpose};

/// Times are told apart down to `2^-DEPTH` of themselves; the path is straight in between.
const DEPTH: u32 = 16;
/// The first octave begins at `2^FIRST`; below it the path rests.
const FIRST: i32 = -24;
/// Octaves that a key can name.
const OCTAVES: u32 = 1 << (32 - DEPTH - 1);

/// `(W(b) − W(a))/sqrt(|b − a|)`, `[rows, features]`.
///
/// An increment is a sum of draws, whose weights are the same in every row.
pub(super) fn increment(noise: &Noise, a: f64, b: f64) -> Tensor<2> {
    let scale = (b - a).signum() / (b - a).abs().sqrt();
    let draws: Vec<_> =
        between(a.min(b), a.max(b)).into_iter().map(|(draw, weight)| (draw, weight * scale)).collect();
    // Where the path rests there is nothing to draw.
    if draws.is_empty() {
        return Tensor::zeros([noise.rows, noise.features], &noise.device);
    }
    Key::new(noise.seed, Purpose::Brownian, noise.first)
        .draws(noise.rows, noise.features)
        .sum(draws, &noise.device)
}

/// A weighted sum of draws: their weights.
type Sum = BTreeMap<u32, f64>;

/// `W(high) − W(low)`.
fn between(low: f64, high: f64) -> Sum {
    let ((first, from), (last, to)) = (place(low), place(high));
    let mut sum = within(last, to);
    for octave in first..last {
        add(&mut sum, &root(octave), 1.0);
    }
    add(&mut sum, &within(first, from), -1.0);
    sum.retain(|_, weight| *weight != 0.0);
    sum
}

/// `W(2ᵏ⁺¹) − W(2ᵏ)` of an octave.
fn root(octave: u32) -> Sum {
    Sum::from([(name(octave, 0), length(octave).sqrt())])
}

/// `W(2ᵏ (1 + u)) − W(2ᵏ)`, by halving the octave until `u` is met.
fn within(octave: u32, u: f64) -> Sum {
    let (mut left, mut right) = (Sum::new(), root(octave));
    let (mut low, mut width, mut node) = (0.0, 1.0, 1);
    for _ in 0..DEPTH {
        if u == low {
            return left;
        }
        let mut mid = Sum::from([(name(octave, node), (length(octave) * width).sqrt() / 2.0)]);
        add(&mut mid, &left, 0.5);
        add(&mut mid, &right, 0.5);
        width /= 2.0;
        if u < low + width {
            (right, node) = (mid, 2 * node);
        } else {
            (left, low, node) = (mid, low + width, 2 * node + 1);
        }
    }
    let share = (u - low) / width;
    let mut sum = Sum::new();
    add(&mut sum, &left, 1.0 - share);
    add(&mut sum, &right, share);
    sum
}

fn add(sum: &mut Sum, other: &Sum, share: f64) {
    for (draw, weight) in other {
        *sum.entry(*draw).or_default() += share * weight;
    }
}

/// The draw of a node of an octave's tree.
fn name(octave: u32, node: u32) -> u32 {
    octave << (DEPTH + 1) | node
}

/// Which octave a time lies in, and where within it, from 0 to 1.
fn place(t: f64) -> (u32, f64) {
    let t = t.max(f64::from(FIRST).exp2());
    let octave = (t.log2().floor() as i32 - FIRST).clamp(0, OCTAVES as i32 - 1) as u32;
    // Rounding in the logarithm may put a time just outside of its octave.
    (octave, (t / length(octave) - 1.0).clamp(0.0, 1.0))
}

/// `2ᵏ`, where an octave begins and how long it is.
fn length(octave: u32) -> f64 {
    f64::from(octave as i32 + FIRST).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(rows: usize) -> Noise {
        Noise { seed: 5, first: 0, rows, features: 4, device: Device::flex() }
    }

    fn path(rows: usize, a: f64, b: f64) -> Vec<f64> {
        let scaled = increment(&noise(rows), a, b).into_data().try_to_vec::<f32>().expect("floats");
        scaled.into_iter().map(|z| f64::from(z) * (b - a).abs().sqrt()).collect()
    }

    /// However the way is divided, the sum of its increments is the same.
    #[test]
    fn the_path_does_not_change_with_the_number_of_steps() {
        let whole = path(3, 0.02, 80.0);
        let times: Vec<f64> = (0..=37).map(|i| 0.02 + 79.98 * (f64::from(i) / 37.0).powi(3)).collect();
        let mut sum = vec![0.0; whole.len()];
        for pair in times.windows(2) {
            sum.iter_mut().zip(path(3, pair[0], pair[1])).for_each(|(sum, part)| *sum += part);
        }
        assert!(whole.iter().zip(&sum).all(|(a, b)| (a - b).abs() < 1e-4), "{whole:?} {sum:?}");
        let back = path(3, 80.0, 0.02);
        assert!(whole.iter().zip(&back).all(|(a, b)| (a + b).abs() < 1e-6));
    }

    #[test]
    fn where_no_time_passes_or_the_path_rests_it_does_not_move() {
        for (a, b) in [(0.0, 1e-9), (1.0, 1.0)] {
            assert_eq!(path(2, a, b), [0.0; 8]);
        }
    }

    /// Increments have unit variance and those of neighbouring intervals do not know of each other.
    #[test]
    fn increments_are_standard_normal_and_independent() {
        for (a, b, c) in [(0.1, 0.13, 0.21), (1.0, 4.0, 4.5), (3.9, 17.3, 80.0), (0.003, 1.7, 2.0)] {
            let rows = 5000;
            let [first, second] = [path(rows, a, b), path(rows, b, c)];
            let n = first.len() as f64;
            let var = first.iter().map(|x| x * x).sum::<f64>() / n / (b - a);
            let cov: f64 = first.iter().zip(&second).map(|(x, y)| x * y).sum::<f64>() / n;
            let correlation = cov / ((b - a) * (c - b)).sqrt();
            // Five standard errors of 20,000 numbers.
            assert!((var - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "{a} to {b}: variance {var}");
            assert!(correlation.abs() < 5.0 / n.sqrt(), "{a}, {b}, {c}: correlation {correlation}");
        }
    }
}
