//! What splines mean, in plain operations.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::prelude::*;

use super::{Direction, LEAST, Spline, UNIT};
use crate::numbers::Numbers;

/// Output and logarithm of the slope, `[2, rows, features]`.
pub(super) fn spline<B: Backend>(
    x: FloatTensor<B>,
    parameters: FloatTensor<B>,
    spline: Spline,
    direction: Direction,
) -> FloatTensor<B> {
    let [rows, features] = x.shape().dims();
    let shape = Shape::new([2, rows, features]);
    if rows * features == 0 {
        return B::float_zeros(shape, &x.device(), x.dtype().into());
    }
    let x = Numbers::<B>(x).shaped(rows * features, 1);
    let found = Found::of(&x, Numbers(parameters), spline, direction);
    let piece = &found.piece;
    let (out, log) = match direction {
        Direction::Forward => (&piece.y + &piece.h * piece.part(), piece.slope().log()),
        Direction::Inverse => (&piece.x + &piece.w * &piece.theta, piece.slope().log() * -1.0),
    };
    let y = found.either(out + &found.turns, x);
    let both = Numbers::beside(vec![y, &found.inside * log]).0;
    B::float_reshape(B::float_swap_dims(both, 0, 1), shape)
}

/// The gradients of input and parameters.
///
/// Of the inverse, `f(x, φ) = y` gives `dx = (dy − ∂f/∂φ dφ)/f′`: whatever the output's gradient `g` and that of `−ln f′` give for `x`,
/// `−1/f′` times as much is what `f`'s adjoint is to be given for `y`, beside the gradient of `ln f′`.
pub(super) fn backward<B: Backend>(
    [x, parameters, gradient]: [FloatTensor<B>; 3],
    spline: Spline,
    direction: Direction,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [shape, whole] = [x.shape(), parameters.shape()];
    let elements = shape.num_elements();
    if elements == 0 {
        return (x, parameters);
    }
    let x = Numbers::<B>(x).shaped(elements, 1);
    let found = Found::of(&x, Numbers(parameters), spline, direction);
    let gradient = Numbers(B::float_swap_dims(Numbers::<B>(gradient).shaped(2, elements).0, 0, 1));
    let [out, log] = [0, 1].map(|i| gradient.columns(i, i + 1));
    let adjoint = &found.piece.adjoint([&out, &log], direction);
    let dx = found.either(adjoint.input.clone(), out);
    let dparameters = found.expand(&found.inside) * found.to_parameters(adjoint);
    (B::float_reshape(dx.0, shape), B::float_reshape(dparameters.0, whole))
}

/// Where the numbers lie. Everything is a column, `[numbers, 1]`, or has a column for each bin.
struct Found<B: Backend> {
    spline: Spline,
    /// One where a number is within the bounds, zero elsewhere.
    inside: Numbers<B>,
    /// What turns of the circle come to.
    turns: Numbers<B>,
    /// Of widths and of heights.
    shares: [Numbers<B>; 2],
    /// One in the column of the number's bin.
    chosen: Numbers<B>,
    /// One in those of the bins before.
    before: Numbers<B>,
    /// Parameters of the slopes at the bin's ends.
    ends: [Numbers<B>; 2],
    piece: Piece<B>,
}

impl<B: Backend> Found<B> {
    fn of(x: &Numbers<B>, parameters: Numbers<B>, spline: Spline, direction: Direction) -> Self {
        let (bins, bound) = (spline.bins, spline.bound);
        let parameters = parameters.shaped(x.0.shape()[0], spline.parameters());
        let (inside, turns) = if spline.circular {
            (x.like(1.0), ((x + bound) * (0.5 / bound)).floor() * (2.0 * bound))
        } else {
            ((x.abs() * -1.0 + bound).reached(), x.like(0.0))
        };
        let at = (x - &turns).clamp(-bound, bound);

        let shares = [0, bins].map(|from| parameters.columns(from, from + bins).softmax());
        let [share, least] = spline.sizes();
        let sizes = shares.each_ref().map(|shares| shares * share + least);
        let edges = sizes.each_ref().map(|sizes| sizes.sums_before() - bound);
        let edge = match direction {
            Direction::Forward => &edges[0],
            Direction::Inverse => &edges[1],
        };
        let reached = (at.expand(bins) - edge).reached();
        let after = Numbers::beside(vec![reached.columns(1, bins), x.like(0.0)]);
        let chosen = &reached - &after;

        let slopes = parameters.columns(2 * bins, spline.parameters());
        let slopes = if spline.circular {
            Numbers::beside(vec![slopes.clone(), slopes.columns(0, 1)])
        } else {
            Numbers::beside(vec![x.like(0.0), slopes, x.like(0.0)])
        };
        let pick = |all: &Numbers<B>, from: usize| (all.columns(from, from + bins) * &chosen).sum();
        let ends = [0, 1].map(|end| pick(&slopes, end));
        let [[x, y], [w, h]] = [&edges, &sizes].map(|both| both.each_ref().map(|all| pick(all, 0)));
        let slopes = ends.each_ref().map(|end| (end + UNIT).softplus() + LEAST);
        let piece = Piece::of(&at, [x, y, w, h], slopes, direction);
        Self { spline, inside, turns, shares, before: reached - &chosen, chosen, ends, piece }
    }

    /// The one within the bounds, the other without.
    fn either(&self, within: Numbers<B>, without: Numbers<B>) -> Numbers<B> {
        &self.inside * within + (&self.inside * -1.0 + 1.0) * without
    }

    /// As many columns as there are parameters.
    fn expand(&self, column: &Numbers<B>) -> Numbers<B> {
        column.expand(self.spline.parameters())
    }

    /// From a piece's place, size and slopes to what they were made of.
    fn to_parameters(&self, adjoint: &Adjoint<B>) -> Numbers<B> {
        let (bins, [share, _]) = (self.spline.bins, self.spline.sizes());
        let logits = |axis: usize| {
            let each = &self.before * adjoint.place[axis].expand(bins)
                + &self.chosen * adjoint.size[axis].expand(bins);
            let mean = (&self.shares[axis] * &each).sum().expand(bins);
            &self.shares[axis] * (each - mean) * share
        };
        let end = |end: usize| {
            let slope = (&self.ends[end] + UNIT).sigmoid() * &adjoint.slopes[end];
            &self.chosen * slope.expand(bins)
        };
        let nothing = adjoint.input.like(0.0);
        let slopes = Numbers::beside(vec![end(0), nothing.clone()]) + Numbers::beside(vec![nothing, end(1)]);
        let slopes = if self.spline.circular {
            let first = slopes.columns(0, 1) + slopes.columns(bins, bins + 1);
            Numbers::beside(vec![first, slopes.columns(1, bins)])
        } else {
            slopes.columns(1, bins)
        };
        Numbers::beside(vec![logits(0), logits(1), slopes])
    }
}

/// The bin of each number, `[numbers, 1]`, with the letters of the formulas.
struct Piece<B: Backend> {
    x: Numbers<B>,
    y: Numbers<B>,
    w: Numbers<B>,
    h: Numbers<B>,
    s: Numbers<B>,
    slopes: [Numbers<B>; 2],
    theta: Numbers<B>,
    tau: Numbers<B>,
    d: Numbers<B>,
    m: Numbers<B>,
}

/// What the gradients of a piece's input, of its place, of its size and of its slopes are.
struct Adjoint<B: Backend> {
    input: Numbers<B>,
    place: [Numbers<B>; 2],
    size: [Numbers<B>; 2],
    slopes: [Numbers<B>; 2],
}

impl<B: Backend> Piece<B> {
    fn of(
        at: &Numbers<B>,
        [x, y, w, h]: [Numbers<B>; 4],
        slopes: [Numbers<B>; 2],
        direction: Direction,
    ) -> Self {
        let s = &h / &w;
        let [d0, d1] = &slopes;
        let theta = match direction {
            Direction::Forward => ((at - &x) / &w).clamp(0.0, 1.0),
            Direction::Inverse => {
                let xi = ((at - &y) / &h).clamp(0.0, 1.0);
                let upsilon = xi.less();
                let e = d0 * &upsilon - d1 * &xi;
                let root = (&e * &e + &s * &s * &xi * &upsilon * 4.0).sqrt() + e.abs();
                let (left, right) = (&s * xi * 2.0, &s * upsilon * 2.0);
                let [low, high] = [&left / (&left + &root), &root / (right + &root)];
                let rising = e.reached();
                &rising * low + rising.less() * high
            }
        };
        let tau = theta.less();
        let q = &theta * &tau;
        let [left, right] = [&tau * &tau, &theta * &theta];
        let d = &s * (&left + &right) + (d0 + d1) * &q;
        let m = d1 * right + &s * q * 2.0 + d0 * left;
        Self { x, y, w, h, s, slopes, theta, tau, d, m }
    }

    /// `(s θ² + δ₀ θτ)/D`.
    fn part(&self) -> Numbers<B> {
        &self.theta * (&self.s * &self.theta + &self.slopes[0] * &self.tau) / &self.d
    }

    /// `dy/dx`.
    fn slope(&self) -> Numbers<B> {
        &self.s / &self.d * &self.s * (&self.m / &self.d)
    }

    /// From the gradients of `y` and `ln dy/dx`; of the inverse, from those of `x` and `ln dx/dy`.
    fn adjoint(&self, [out, log]: [&Numbers<B>; 2], direction: Direction) -> Adjoint<B> {
        let Self { w, h, s, slopes: [d0, d1], theta, tau, d, m, .. } = self;
        let q = &(theta * tau);
        let [left, right] = [&(tau * tau), &(theta * theta)];
        // Of the logarithm, by θ, s, δ₀ and δ₁.
        let bent = (d1 * theta - d0 * tau + s * (tau - theta)) / m - (d0 + d1 - s * 2.0) * (tau - theta) / d;
        let bent = &(bent * 2.0 / w);
        let log_s = (q / m + s.recip() - (left + right) / d) * 2.0;
        let log_slopes = [left, right].map(|end| end / m - q * 2.0 / d);
        // Of y, in the same way.
        let common = &(h * q / d);
        let y_s = common * ((d1 * right - d0 * left) / d);
        let y_slopes = [common * ((s * left + d1 * q) / d), common * (s * right + d0 * q) / d * -1.0];

        let (out, log) = match direction {
            Direction::Forward => (out.clone(), log.clone()),
            Direction::Inverse => ((log * bent - out) / self.slope(), log * -1.0),
        };
        let by_x = &out * self.slope() + &log * bent;
        let by_s = &((&out * y_s + &log * log_s) / w);
        let input = match direction {
            Direction::Forward => by_x.clone(),
            Direction::Inverse => &out * -1.0,
        };
        let size = [(&by_x * theta + by_s * s) * -1.0, &out * self.part() + by_s];
        let [a, b] = y_slopes;
        let [c, e] = log_slopes;
        let slopes = [&out * a + &log * c, &out * b + log * e];
        Adjoint { input, place: [by_x * -1.0, out], size, slopes }
    }
}
