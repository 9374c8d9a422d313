//! Guidance rescale: a large scale makes samples too contrasty, this gives their contrast back.
//!
//! ```text
//! D ← φ (std D⁺ / std D) D + (1 − φ) D,   std over the features of a sample
//! ```
//!
//! Lin et al. 2023, Eq. 15 and 16, <https://arxiv.org/abs/2305.08891>.

use burn::prelude::*;

/// Too small to matter, but no zero: a sample of one feature has no spread.
const TINY: f64 = 1e-12;

/// `guided` with the share `phi` of the standard deviation of `towards`, sample by sample. Rows: `[batch, features]`.
pub fn rescale(guided: Tensor<2>, towards: &Tensor<2>, phi: f64) -> Tensor<2> {
    if phi == 0.0 {
        return guided;
    }
    let var = |x: &Tensor<2>| x.clone().var_bias(1) + TINY; // [batch, 1]
    let ratio = (var(towards) / var(&guided)).sqrt();
    guided * (ratio * phi + (1.0 - phi))
}
