//! Splines in plain operations, by the paper's own formulas.

use burn::prelude::*;
use burn::tensor::activation;

use super::super::{Direction, Spline};

/// Bin by bin, with the paper's own formulas, differentiated by Burn.
pub fn plain(x: Tensor<2>, parameters: Tensor<2>, spline: &Spline, direction: Direction) -> [Tensor<2>; 2] {
    let ([rows, features], bins, bound) = (x.dims(), spline.bins, spline.bound);
    let parameters = parameters.reshape([rows, features, spline.parameters()]);
    let column = |x: &Tensor<3>, i| x.clone().narrow(2, i, 1).reshape([rows, features]);
    let sizes = |from| {
        let shares = activation::softmax(parameters.clone().narrow(2, from, bins), 2);
        (shares * (1.0 - 1e-3 * bins as f64) + 1e-3) * (2.0 * bound)
    };
    let slope = |knot: usize| match (spline.circular, knot % bins) {
        (false, 0) => x.ones_like(),
        (circular, knot) => {
            let raw = column(&parameters, 2 * bins + knot - usize::from(!circular));
            activation::softplus(raw + (1.0_f64 - 1e-3).exp_m1().ln(), 1.0) + 1e-3
        }
    };
    let turns = ((x.clone() + bound) / (2.0 * bound)).floor() * (2.0 * bound);
    let turns = if spline.circular { turns.detach() } else { x.zeros_like() };
    let at = x.clone() - turns.clone();
    let inside = at.clone().abs().lower_equal_elem(bound);
    let (widths, heights) = (sizes(0), sizes(bins));
    let [mut left, mut low] = [(); 2].map(|()| x.zeros_like() - bound);
    let (mut y, mut log) = (x.clone(), x.zeros_like());
    for k in 0..bins {
        let (w, h, d0, d1) = (column(&widths, k), column(&heights, k), slope(k), slope(k + 1));
        let (s, edge) = (h.clone() / w.clone(), if direction == Direction::Forward { &left } else { &low });
        let reached = at.clone().detach().greater_equal(edge.clone().detach()).bool_and(inside.clone());
        let bend = d0.clone() + d1.clone() - s.clone() * 2.0;
        let theta = if direction == Direction::Forward {
            ((at.clone() - left.clone()) / w.clone()).clamp(0.0, 1.0)
        } else {
            let up = ((at.clone() - low.clone()) / h.clone()).clamp(0.0, 1.0) * h.clone();
            let a = h.clone() * (s.clone() - d0.clone()) + up.clone() * bend.clone();
            let b = h.clone() * d0.clone() - up.clone() * bend.clone();
            let c = s.clone() * up * -1.0;
            c.clone() * 2.0 / ((b.clone() * b.clone() - a * c * 4.0).sqrt() + b) * -1.0
        };
        let q = theta.clone() - theta.clone().square();
        let below = s.clone() + bend * q.clone();
        let above = h.clone() * (s.clone() * theta.clone().square() + d0.clone() * q.clone());
        let ends = d1 * theta.clone().square() + d0 * (theta.clone() - 1.0).square();
        let steep = (s.clone().square() * (ends + s * q * 2.0)).log() - below.clone().log() * 2.0;
        let (out, steep) = if direction == Direction::Forward {
            (low.clone() + above / below, steep)
        } else {
            (left.clone() + theta * w.clone(), steep * -1.0)
        };
        y = y.mask_where(reached.clone(), out + turns.clone());
        log = log.mask_where(reached, steep);
        (left, low) = (left + w, low + h);
    }
    [y, log]
}
