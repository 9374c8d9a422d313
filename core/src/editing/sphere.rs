//! Spherical interpolation: between two draws of noise lies noise of the same length, which a straight line would shorten.
//!
//! ```text
//! slerp(a, b; t) = sin((1 − t)ω)/sin ω a + sin(tω)/sin ω b,   cos ω = a·b/(‖a‖‖b‖)
//! ```
//!
//! Shoemake 1985, <https://doi.org/10.1145/325334.325242>; for latents, Song et al. 2021, Appendix D.5, <https://arxiv.org/abs/2010.02502>.

use burn::prelude::*;

use super::rows::beside;

/// Below this `sin ω`, the two point along one line, and the way between them is straight.
const FLAT: f64 = 1e-3;

/// `a` and `b` are `[1, features]`; a row for each of `times`, `[times, features]`.
pub fn slerp(a: &Tensor<2>, b: &Tensor<2>, times: &[f64]) -> Tensor<2> {
    let length = |x: &Tensor<2>| x.clone().square().sum_dim(1).sqrt();
    let cosine = (a.clone() * b.clone()).sum_dim(1) / (length(a) * length(b));
    let omega = cosine.clamp(-1.0, 1.0).acos().repeat_dim(0, times.len()); // [times, 1]
    let flat = omega.clone().sin().lower_elem(FLAT);
    let weight = |times: Vec<f64>| {
        let shape = [times.len(), 1];
        let t = beside(times, shape, a);
        let curved = (omega.clone() * t.clone()).sin() / omega.clone().sin();
        curved.mask_where(flat.clone(), t)
    };
    a.clone() * weight(times.iter().map(|t| 1.0 - t).collect()) + b.clone() * weight(times.to_vec())
}
