//! Structural similarity of pictures, place by place.
//!
//! ```text
//! l = (2 μ_x μ_y + C₁)/(μ_x² + μ_y² + C₁),   cs = (2 σ_xy + C₂)/(σ_x² + σ_y² + C₂)
//! ```
//!
//! Means and covariances under a Gaussian window of 11 by 11 and deviation 1.5, wherever it lies within the picture; `C₁ = (0.01 L)²`, `C₂ = (0.03 L)²`
//! with `L` the range of values. Wang et al. 2004, <https://doi.org/10.1109/TIP.2003.819861>.

use burn::prelude::*;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use crate::{Error, Result};

/// Width of the window.
pub(super) const WINDOW: usize = 11;
const DEVIATION: f64 = 1.5;
/// Values are from −1 to 1.
const RANGE: f64 = 2.0;

/// `[batch · channels, 1, height, width]` of rows of pictures.
pub(super) fn planes(x: Tensor<2>, shape: &[usize]) -> Tensor<4> {
    let [height, width] = [shape[1], shape[2]];
    x.reshape([-1, 1, height as i32, width as i32])
}

/// Pictures of half the height and width, by means over squares of four; an odd row or column is left out.
pub(super) fn halved(x: Tensor<4>) -> Tensor<4> {
    let [planes, _, height, width] = x.dims();
    let (height, width) = (height / 2, width / 2);
    let squares = x.narrow(2, 0, 2 * height).narrow(3, 0, 2 * width).reshape([planes, height, 2, width, 2]);
    squares.mean_dim(2).mean_dim(4).reshape([planes, 1, height, width])
}

/// The mean over places of `l · cs` and of `cs`, for each plane: `[planes, 1]` each.
pub(super) fn similarity(x: Tensor<4>, y: Tensor<4>) -> [Tensor<2>; 2] {
    let [c1, c2] = [0.01, 0.03].map(|k| (k * RANGE) * (k * RANGE));
    let [mean_x, mean_y] = [&x, &y].map(|x| blurred(x.clone()));
    let [square_x, square_y, product] =
        [(&x, &x), (&y, &y), (&x, &y)].map(|(x, y)| blurred(x.clone() * y.clone()));
    let [mean_xx, mean_yy, mean_xy] =
        [(&mean_x, &mean_x), (&mean_y, &mean_y), (&mean_x, &mean_y)].map(|(x, y)| x.clone() * y.clone());
    let covariance = product - mean_xy.clone();
    let variances = square_x - mean_xx.clone() + square_y - mean_yy.clone();
    let luminance = (mean_xy * 2.0 + c1) / (mean_xx + mean_yy + c1);
    let structure = (covariance * 2.0 + c2) / (variances + c2);
    [luminance * structure.clone(), structure].map(|map| map.flatten::<2>(1, 3).mean_dim(1))
}

/// The window's mean, by rows and by columns.
fn blurred(x: Tensor<4>) -> Tensor<4> {
    let weight = |i: usize| {
        let off = i as f64 - (WINDOW / 2) as f64;
        libm::exp(-off * off / (2.0 * DEVIATION * DEVIATION))
    };
    let whole: f64 = (0..WINDOW).map(weight).sum();
    let weights: Vec<f64> = (0..WINDOW).map(|i| weight(i) / whole).collect();
    let window = |dims: [usize; 4]| {
        let data = TensorData::new(weights.clone(), dims);
        Tensor::<4>::from_data(data, (&x.device(), x.dtype()))
    };
    let options = || ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let down = conv2d(x.clone(), window([1, 1, WINDOW, 1]), None, options());
    conv2d(down, window([1, 1, 1, WINDOW]), None, options())
}

/// Pictures whose sides are at least that long.
pub(super) fn check(shape: &[usize], name: &str, least: usize) -> Result<()> {
    match shape {
        [_, height, width] if *height >= least && *width >= least => Ok(()),
        [_, height, width] => {
            let message = format!(
                "`{name}` looks at windows of {WINDOW} and takes pictures of {least}x{least} or more, not of {height}x{width}"
            );
            Err(Error::config(".", message))
        }
        _ => {
            let message = format!(
                "`{name}` takes pictures [channels, height, width], not {shape:?}; `l2` takes any shape"
            );
            Err(Error::config(".", message))
        }
    }
}
