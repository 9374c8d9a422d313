//! What the kernels are told, and what they are made of.

use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::super::{Direction, LEAST, Spline, UNIT};

/// What a kernel is told.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
pub struct Told {
    pub bins: u32,
    pub bound: f32,
    pub share: f32,
    pub least: f32,
}

/// What a kernel is built for.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Built {
    pub circular: bool,
    pub inverse: bool,
}

impl Spline {
    pub(super) fn told(&self) -> ToldLaunch {
        let [share, least] = self.sizes().map(|size| size as f32);
        ToldLaunch::new(self.bins as u32, self.bound as f32, share, least)
    }

    pub(super) fn built(&self, direction: Direction) -> Built {
        Built { circular: self.circular, inverse: direction == Direction::Inverse }
    }
}

/// The number of this invocation, and what turns of the circle come to.
#[derive(CubeType)]
pub struct Place {
    pub at: f32,
    pub turns: f32,
    pub inside: bool,
}

/// A bin of one number, with the letters of the formulas.
#[derive(CubeType)]
pub struct Piece {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
    /// Parameters of the slopes at either end, `d + c`.
    pub left: f32,
    pub right: f32,
    pub index: u32,
    /// Shares of the softmax: of the bins before, and of this one.
    pub before_w: f32,
    pub before_h: f32,
    pub own_w: f32,
    pub own_h: f32,
}

/// Where in its bin the number is, and what follows from it; `d` is `1/D`.
#[derive(CubeType)]
pub struct Part {
    pub theta: f32,
    pub tau: f32,
    pub d: f32,
    pub m: f32,
    pub slope: f32,
    /// `(s θ² + δ₀ θτ)/D`.
    pub risen: f32,
}

#[cube]
pub fn each(told: &Told, #[comptime] built: Built) -> u32 {
    let mut each = 3u32 * told.bins;
    if comptime!(!built.circular) {
        each -= 1u32;
    }
    each
}

#[cube]
pub fn place_of(x: f32, told: &Told, #[comptime] built: Built) -> Place {
    let bound = told.bound;
    let mut turns = 0.0f32;
    let mut inside = true;
    if comptime!(built.circular) {
        turns = ((x + bound) * (0.5f32 / bound)).floor() * (2.0f32 * bound);
    } else {
        inside = x.abs() <= bound;
    }
    Place { at: min(max(x - turns, -bound), bound), turns, inside }
}

/// The greatest of as many, and one by what their exponentials beside it come to.
#[cube]
pub fn weight(parameters: &Tensor<f32>, begin: usize, bins: u32) -> (f32, f32) {
    let mut most = parameters[begin];
    for k in 1..bins {
        most = max(most, parameters[begin + k as usize]);
    }
    let mut sum = 0.0f32;
    for k in 0..bins {
        sum += (parameters[begin + k as usize] - most).exp();
    }
    (most, 1.0f32 / sum)
}

/// The parameter of the slope at a knot, `d + c`.
#[cube]
pub fn end(parameters: &Tensor<f32>, begin: usize, k: u32, bins: u32, #[comptime] built: Built) -> f32 {
    let unit = comptime!(UNIT as f32).runtime();
    if comptime!(built.circular) {
        parameters[begin + (2u32 * bins + k % bins) as usize] + unit
    } else {
        let within = k > 0u32 && k < bins;
        let place = select(within, 2u32 * bins + k - 1u32, 0u32);
        select(within, parameters[begin + place as usize], 0.0f32) + unit
    }
}

/// The last bin whose edge has been reached.
#[cube]
pub fn find(at: f32, parameters: &Tensor<f32>, begin: usize, told: &Told, #[comptime] built: Built) -> Piece {
    let bins = told.bins;
    let (most_w, by_w) = weight(parameters, begin, bins);
    let (most_h, by_h) = weight(parameters, begin + bins as usize, bins);
    let mut x = -told.bound;
    let mut y = -told.bound;
    let mut sum_w = 0.0f32;
    let mut sum_h = 0.0f32;
    let mut piece = Piece {
        x: 0.0f32,
        y: 0.0f32,
        w: 0.0f32,
        h: 0.0f32,
        left: 0.0f32,
        right: 0.0f32,
        index: 0u32,
        before_w: 0.0f32,
        before_h: 0.0f32,
        own_w: 0.0f32,
        own_h: 0.0f32,
    };
    for k in 0..bins {
        let own_w = (parameters[begin + k as usize] - most_w).exp() * by_w;
        let own_h = (parameters[begin + (bins + k) as usize] - most_h).exp() * by_h;
        let w = own_w * told.share + told.least;
        let h = own_h * told.share + told.least;
        let mut edge = x;
        if comptime!(built.inverse) {
            edge = y;
        }
        if at >= edge {
            piece.x = x;
            piece.y = y;
            piece.w = w;
            piece.h = h;
            piece.index = k;
            piece.before_w = sum_w;
            piece.before_h = sum_h;
            piece.own_w = own_w;
            piece.own_h = own_h;
        }
        x += w;
        y += h;
        sum_w += own_w;
        sum_h += own_h;
    }
    piece.left = end(parameters, begin, piece.index, bins, built);
    piece.right = end(parameters, begin, piece.index + 1u32, bins, built);
    piece
}

/// The slope at a knot, `10⁻³ + ln(1 + e^x)`, the logarithm by `2 (z + z³/3 + z⁵/5 + …)`: an adapter's own is not good enough near 1.
#[cube]
pub fn knot(x: f32) -> f32 {
    let small = (-x.abs()).exp();
    let z = small / (2.0f32 + small);
    let square = z * z;
    let mut p = 0.0f32;
    #[unroll]
    for i in 0..8u32 {
        p = p * square + comptime!(2.0f32 / (15 - 2 * i) as f32);
    }
    comptime!(LEAST as f32) + (max(x, 0.0f32) + p * z)
}

#[cube]
pub fn part_of(at: f32, piece: &Piece, d0: f32, d1: f32, #[comptime] built: Built) -> Part {
    let s = piece.h / piece.w;
    let mut theta = min(max((at - piece.x) / piece.w, 0.0f32), 1.0f32);
    let mut tau = 1.0f32 - theta;
    if comptime!(built.inverse) {
        let xi = min(max((at - piece.y) / piece.h, 0.0f32), 1.0f32);
        let low = 2.0f32 * s * xi;
        let high = 2.0f32 * s * (1.0f32 - xi);
        let e = d0 * (1.0f32 - xi) - d1 * xi;
        let root = e.abs() + (e * e + low * high).sqrt();
        theta = select(e >= 0.0f32, low, root);
        tau = select(e >= 0.0f32, root, high);
        let whole = 1.0f32 / (theta + tau);
        theta *= whole;
        tau *= whole;
    }
    let q = theta * tau;
    let d = 1.0f32 / (s * (theta * theta + tau * tau) + (d0 + d1) * q);
    let m = d1 * theta * theta + 2.0f32 * s * q + d0 * tau * tau;
    let risen = theta * (s * theta + d0 * tau) * d;
    Part { theta, tau, d, m, slope: s * (s * d) * (m * d), risen }
}
