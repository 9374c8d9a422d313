//! Where a token stands in a picture or in a line: added sines, or rotations of queries and keys.
//!
//! ```text
//! sine:    [sin(x ωᵢ), cos(x ωᵢ), sin(y ωᵢ), cos(y ωᵢ)],   ωᵢ = 10000^(−i / (dim / 4))
//! rotary:  (uᵢ, vᵢ) ← (uᵢ cos a − vᵢ sin a, uᵢ sin a + vᵢ cos a),   a = y θᵢ or x θᵢ,   θᵢ = 100^(−i / (d / 4))
//! ```
//!
//! In a line there is no `y`: `x` has twice as many frequencies, and rotations the base of 10000 too.
//!
//! Sines: Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>, section 3.5, in the arrangement of He et al. 2022,
//! <https://arxiv.org/abs/2111.06377> (MAE), which DiT took over. Rotations: Su et al. 2021, <https://arxiv.org/abs/2104.09864>,
//! Eq. 34; along both axes of a picture: Heo et al. 2024, <https://arxiv.org/abs/2403.13298>, section 3.1, with its base of 100.
//! A rotated query times a rotated key depends on their distance alone.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::precision::like;

/// How a transformer is told where its tokens stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Positions {
    /// Fixed sines and cosines of row and column, or of the place in a line, added to the tokens.
    #[default]
    Sine,
    /// Queries and keys rotated by angles that grow with row and column, or with the place in a line.
    Rotary,
}

/// `[height width, dim]`, row by row; `dim` a multiple of 4. The first half tells the column, the second the row.
pub fn sine([height, width]: [usize; 2], dim: usize, device: &Device) -> Tensor<2> {
    sines(cells(height, width).map(|[row, column]| [column, row]), dim, device)
}

/// `[length, dim]` for tokens in a line; `dim` a multiple of 2.
pub fn sine_line(length: usize, dim: usize, device: &Device) -> Tensor<2> {
    sines(line(length), dim, device)
}

/// `[sin(p ω), cos(p ω)]` for each place `p` of a token, one after the other.
fn sines<const N: usize>(tokens: impl Iterator<Item = [f64; N]>, dim: usize, device: &Device) -> Tensor<2> {
    let omegas = frequencies(dim / (2 * N), 10_000.0);
    let mut values = Vec::new();
    for place in tokens.flatten() {
        values.extend(omegas.iter().map(|omega| libm::sin(place * omega) as f32));
        values.extend(omegas.iter().map(|omega| libm::cos(place * omega) as f32));
    }
    let rows = values.len() / dim;
    Tensor::from_data(TensorData::new(values, [rows, dim]), device)
}

/// Rotations of queries and keys: half of the pairs by the row and half by the column, or all by the place in a line.
#[derive(Module, Debug)]
pub struct Rotary {
    cos: Tensor<4>,
    sin: Tensor<4>,
}

impl Rotary {
    /// For heads of `d` channels, a multiple of 4.
    pub fn new([height, width]: [usize; 2], d: usize, device: &Device) -> Self {
        Self::by(cells(height, width), 100.0, d, device)
    }

    /// For heads of `d` channels, a multiple of 2, and tokens in a line.
    pub fn line(length: usize, d: usize, device: &Device) -> Self {
        Self::by(line(length), 10_000.0, d, device)
    }

    fn by<const N: usize>(
        tokens: impl Iterator<Item = [f64; N]>,
        base: f64,
        d: usize,
        device: &Device,
    ) -> Self {
        let thetas = frequencies(d / (2 * N), base);
        let angles: Vec<f64> =
            tokens.flatten().flat_map(|place| thetas.iter().map(move |theta| place * theta)).collect();
        let rows = angles.len() / (d / 2);
        let table = |f: fn(f64) -> f64| {
            let values: Vec<f32> = angles.iter().map(|angle| f(*angle) as f32).collect();
            Tensor::from_data(TensorData::new(values, [1, 1, rows, d / 2]), device)
        };
        Self { cos: table(libm::cos), sin: table(libm::sin) }
    }

    /// `[batch, heads, tokens, d]` to the same.
    pub fn turn(&self, x: Tensor<4>) -> Tensor<4> {
        let half = x.dims()[3] / 2;
        let (cos, sin) = (like(self.cos.clone(), x.dtype()), like(self.sin.clone(), x.dtype()));
        let (u, v) = (x.clone().narrow(3, 0, half), x.narrow(3, half, half));
        let first = u.clone() * cos.clone() - v.clone() * sin.clone();
        let second = u * sin + v * cos;
        Tensor::cat(vec![first, second], 3)
    }
}

/// `base^(−i / n)` for `i` from 0.
fn frequencies(n: usize, base: f64) -> Vec<f64> {
    (0..n).map(|i| libm::pow(base, -(i as f64) / n as f64)).collect()
}

/// Row and column of each token of a picture.
fn cells(height: usize, width: usize) -> impl Iterator<Item = [f64; 2]> {
    (0..height * width).map(move |i| [(i / width) as f64, (i % width) as f64])
}

/// The place of each token of a line.
fn line(length: usize) -> impl Iterator<Item = [f64; 1]> {
    (0..length).map(|i| [i as f64])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::attention::attend;
    use crate::nn::tests::rows;

    /// Worked out by hand from `get_2d_sincos_pos_embed(8, 2)` of DiT's models.py: frequencies 1 and 0.01, the column first.
    #[test]
    fn the_sine_table_is_that_of_mae_and_dit() {
        let (zero, one) = ([0.0, 0.0, 1.0, 1.0], [0.841_471, 0.009_999_83, 0.540_302_3, 0.999_95]);
        let expected = [[zero, zero], [one, zero], [zero, one], [one, one]];
        let table: Vec<f32> = sine([2, 2], 8, &Device::flex()).into_data().try_to_vec().expect("floats");
        for (value, expected) in table.iter().zip(expected.as_flattened().as_flattened()) {
            assert!((value - expected).abs() < 1e-6, "{value} {expected}");
        }
        let wide: Vec<f32> = sine([1, 3], 4, &Device::flex()).into_data().try_to_vec().expect("floats");
        assert!((wide[8] - 2f32.sin()).abs() < 1e-6, "the last column of a single row");
    }

    /// Vaswani et al. 2017, section 3.5: `sin(p / 10000^(2i/d))` and its cosine, sines first.
    #[test]
    fn a_lines_sines_use_every_channel() {
        let table: Vec<f32> = sine_line(4, 6, &Device::flex()).into_data().try_to_vec().expect("floats");
        for (at, value) in table.iter().enumerate() {
            let (place, channel) = (at / 6, at % 6);
            let angle = place as f64 / 10_000_f64.powf(2.0 * (channel % 3) as f64 / 6.0);
            let wanted = if channel < 3 { angle.sin() } else { angle.cos() };
            assert!((f64::from(*value) - wanted).abs() < 1e-6, "{at}: {value} {wanted}");
        }
    }

    /// Su et al. 2021, Eq. 34 and section 3.2.2: every pair turns, the `i`-th by `p / 10000^(2i/d)`.
    #[test]
    fn a_lines_rotation_turns_every_pair() {
        let (device, [n, d]) = (Device::flex(), [500, 8]);
        let rotary = Rotary::line(n, d, &device);
        for pair in 0..d / 2 {
            let mut unit = vec![0.0_f32; d];
            unit[pair] = 1.0;
            let x = Tensor::<1>::from_floats(unit.as_slice(), &device).reshape([1, 1, 1, d]);
            let turned = rotary.turn(x.expand([1, 1, n, d])).into_data();
            let turned: Vec<f32> = turned.try_to_vec().expect("floats");
            for (place, row) in turned.chunks(d).enumerate() {
                let angle = place as f64 / 10_000_f64.powf(2.0 * pair as f64 / d as f64);
                let mut wanted = vec![0.0; d];
                (wanted[pair], wanted[pair + d / 2]) = (angle.cos(), angle.sin());
                let off = row.iter().zip(&wanted).map(|(value, wanted)| (f64::from(*value) - wanted).abs());
                assert!(off.fold(0.0, f64::max) < 1e-6, "pair {pair}, place {place}");
            }
        }
    }

    /// `score(i, j)` for every token with the same query and the same key.
    fn scores([height, width]: [usize; 2]) -> Vec<f32> {
        let device = Device::flex();
        let n = height * width;
        let rotary = Rotary::new([height, width], 8, &device);
        let same =
            |index| rotary.turn(rows([1, 8], index, &device).reshape([1, 1, 1, 8]).expand([1, 1, n, 8]));
        same(1).matmul(same(2).swap_dims(2, 3)).into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn rotated_scores_depend_on_the_distance_alone_and_do_depend_on_it() {
        let [height, width] = [3, 4];
        let (scores, n) = (scores([height, width]), height * width);
        let mut by_distance = std::collections::BTreeMap::new();
        for (i, j) in (0..n * n).map(|at| (at / n, at % n)) {
            let distance = ((j / width + height - i / width), (j % width + width - i % width));
            let score = scores[i * n + j];
            let first = *by_distance.entry(distance).or_insert(score);
            assert!((score - first).abs() < 1e-4, "{i} {j}: {score} {first}");
        }
        let mut values: Vec<f32> = by_distance.into_values().collect();
        values.sort_by(f32::total_cmp);
        assert!(values.windows(2).all(|pair| pair[1] - pair[0] > 1e-5), "{values:?}");
    }

    #[test]
    fn a_rotation_keeps_lengths_and_leaves_the_first_token_alone() {
        let device = Device::flex();
        let x = rows([6, 8], 4, &device).reshape([1, 1, 6, 8]);
        let turned = Rotary::new([2, 3], 8, &device).turn(x.clone());
        let length = |x: Tensor<4>| x.powi_scalar(2).sum_dim(3);
        let change = (length(turned.clone()) - length(x.clone())).abs().max().into_scalar::<f32>();
        assert!(change < 1e-5, "{change}");
        assert_eq!(turned.narrow(2, 0, 1).into_data(), x.narrow(2, 0, 1).into_data());
    }

    #[test]
    fn attention_without_rotation_cannot_tell_places_apart() {
        let device = Device::flex();
        let x = rows([6, 8], 4, &device).reshape([1, 1, 6, 8]);
        let rotary = Rotary::new([2, 3], 8, &device);
        let flipped = |x: Tensor<4>| x.flip([2]);
        let change = |a: Tensor<4>, b: Tensor<4>| (a - b).abs().max().into_scalar::<f32>();
        let plain = |x: Tensor<4>| attend(x.clone(), x.clone(), x, None);
        let turned = |x: Tensor<4>| attend(rotary.turn(x.clone()), rotary.turn(x.clone()), x, None);
        assert!(change(plain(flipped(x.clone())), flipped(plain(x.clone()))) < 1e-5);
        // Turned end to end, a picture's distances only change their sign, which a generic query notices.
        assert!(change(turned(flipped(x.clone())), flipped(turned(x))) > 1e-3);
    }
}
