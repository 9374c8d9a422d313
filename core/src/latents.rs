//! What latents say: Gaussians of them, walks between and along them, and the direction of an attribute.
//!
//! Everything is rows of latents, `[rows, latents]`; what they stand for is a [`Codec`]'s to say.

use burn::prelude::*;

use crate::codec::Codec;
use crate::distributions::log_normal_pairs;
use crate::distributions::special::log_sum_exp;

/// Independent normals, one for each number of a latent.
#[derive(Clone, Debug)]
pub struct Gaussian {
    /// `μ`, `[rows, latents]`.
    pub mean: Tensor<2>,
    /// `ln s²`, `[rows, latents]`.
    pub log_variance: Tensor<2>,
}

impl Gaussian {
    /// `μ + s n`.
    pub fn draw(&self, noise: Tensor<2>) -> Tensor<2> {
        self.mean.clone() + (self.log_variance.clone() * 0.5).exp() * noise
    }

    /// `ln N(z; μ, s²)` of each number, `[rows, latents]`.
    pub fn log_densities(&self, z: Tensor<2>) -> Tensor<2> {
        let away = (z - self.mean.clone()).square() * (-self.log_variance.clone()).exp();
        (away + self.log_variance.clone() + std::f64::consts::TAU.ln()) * -0.5
    }

    /// `ln Σ_k w_k N(z; μ_k, s_k²)`, `[rows of z, 1]`, with these rows as components and `ln w`, `[1, components]`.
    pub fn log_mixture(&self, z: Tensor<2>, log_weights: Tensor<2>) -> Tensor<2> {
        let pairs = log_normal_pairs(z, self.mean.clone(), self.log_variance.clone());
        log_sum_exp(pairs.sum_dim(2).squeeze_dim::<2>(2) + log_weights, 1)
    }

    /// `KL(N(μ, s²) ‖ N(0, 1)) = ½ (μ² + s² − 1 − ln s²)` of each number, `[rows, latents]` (Kingma and Welling 2014, Appendix B,
    /// <https://arxiv.org/abs/1312.6114>).
    pub fn divergences(&self) -> Tensor<2> {
        let variance = self.log_variance.clone().exp();
        (self.mean.clone().square() + variance - 1.0 - self.log_variance.clone()) * 0.5
    }

    /// The same rows, so many times over, one round after the other.
    pub fn repeated(&self, times: usize) -> Self {
        let [mean, log_variance] = [&self.mean, &self.log_variance].map(|x| x.clone().repeat_dim(0, times));
        Self { mean, log_variance }
    }
}

/// A model whose latents are random given a sample.
pub trait LatentSpace {
    /// What the model thinks of each row's latent, told the rows' classes where it knows some: one-hot, `[rows, classes]`; rows of zeros,
    /// or nothing, are no class. Where a flow follows the Gaussian, the mean is where the Gaussian's flows to, and the variance the one
    /// before; of levels, the variance is what the encoder says of each.
    fn posterior(&self, x: Tensor<2>, classes: Option<Tensor<2>>) -> Gaussian;

    /// The mean of the samples that latents stand for, told classes in the same way.
    fn mean(&self, z: Tensor<2>, classes: Option<Tensor<2>>) -> Tensor<2>;
}

/// The variance over rows of each number of a latent's mean, `[1, latents]`: Burda et al. 2016, section 5.2,
/// <https://arxiv.org/abs/1509.00519>, call a number active where it is above [`ACTIVE`].
pub fn activity(means: Tensor<2>) -> Tensor<2> {
    let away = means.clone() - means.mean_dim(0);
    away.square().mean_dim(0)
}

/// Above this variance of its mean a number is in use.
pub const ACTIVE: f64 = 0.01;

/// How to walk from one latent to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// `(1 − t) a + t b`.
    Linear,
    /// Along the great circle, the length going from the one's to the other's (Shoemake 1985, <https://doi.org/10.1145/325165.325242>;
    /// White 2016, <https://arxiv.org/abs/1609.04468>): the latents of a normal prior lie near a sphere.
    Spherical,
}

/// The samples on the way between two, `[frames, features]`, both ends included; `a` and `b` are rows `[1, features]`.
pub fn interpolate(codec: &dyn Codec, [a, b]: [Tensor<2>; 2], frames: usize, path: Path) -> Tensor<2> {
    codec.decode(between([codec.encode(a), codec.encode(b)], frames, path))
}

/// The latents on the way between two of one row each, `[frames, latents]`, both ends included.
pub fn between([a, b]: [Tensor<2>; 2], frames: usize, path: Path) -> Tensor<2> {
    let last = frames.max(2) - 1;
    let at = (0..frames).map(|frame| frame as f64 / last as f64);
    let t = crate::nn::column(at, &a); // [frames, 1]
    let rest = t.clone().neg() + 1.0;
    match path {
        Path::Linear => rest * a + t * b,
        Path::Spherical => spherical([a, b], t, rest),
    }
}

fn spherical(ends: [Tensor<2>; 2], t: Tensor<2>, rest: Tensor<2>) -> Tensor<2> {
    let lengths = ends.clone().map(|end| end.square().sum_dim(1).sqrt().clamp_min(1e-12));
    let [a, b] = [0, 1].map(|i| ends[i].clone() / lengths[i].clone());
    // Half the angle by its tangent: exact where the ends nearly meet or oppose each other, where a cosine is not.
    let [apart, along] = [a.clone() - b.clone(), a.clone() + b.clone()];
    let [apart, along] = [apart, along].map(|x| x.square().sum_dim(1).sqrt());
    let angle = apart.atan2(along) * 2.0;
    // sin(tθ)/sin θ is t where the angle vanishes.
    let angle = angle.clamp(1e-4, std::f64::consts::PI - 1e-4);
    let weight = |share: Tensor<2>| (share * angle.clone()).sin() / angle.clone().sin();
    let length = rest.clone() * lengths[0].clone() + t.clone() * lengths[1].clone();
    (weight(rest) * a + weight(t) * b) * length
}

/// The samples that `z`, `[1, latents]`, stands for where one of its numbers takes each of `values` in turn: `[values, features]`.
pub fn traverse(codec: &dyn Codec, z: &Tensor<2>, dimension: usize, values: &[f64]) -> Tensor<2> {
    let latents = z.dims()[1];
    assert!(dimension < latents, "a latent has numbers 0 to {}, not {dimension}", latents - 1);
    let rows = z.clone().repeat_dim(0, values.len());
    let column = crate::nn::column(values.iter().copied(), z);
    codec.decode(rows.slice_assign([0..values.len(), dimension..dimension + 1], column))
}

/// The direction of an attribute, `[1, latents]`: the mean of the latents that have it less the mean of those that have not (Larsen et al.
/// 2016, section 4.2, <https://arxiv.org/abs/1512.09300>).
pub fn attribute(with: Tensor<2>, without: Tensor<2>) -> Tensor<2> {
    with.mean_dim(0) - without.mean_dim(0)
}

/// Samples with more of an attribute, or less: each row decoded at `z + strength · direction`.
pub fn edited(codec: &dyn Codec, x: Tensor<2>, direction: Tensor<2>, strength: f64) -> Tensor<2> {
    codec.decode(codec.encode(x) + direction * strength)
}

#[cfg(test)]
mod tests;
