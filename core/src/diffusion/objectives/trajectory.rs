//! Steps along the probability-flow ODE, with levels of its own for each row, in the frame `x/α`, where `dx/dσ = (x − D)/σ`.

use burn::prelude::*;

use super::super::column;

/// `n` levels rising through the range in equal steps of `σ^{1/ρ}` (Karras et al. 2022, Eq. 5, <https://arxiv.org/abs/2206.00364>).
pub(super) fn levels([bottom, top]: [f64; 2], n: usize, rho: f64) -> Vec<f64> {
    let [low, high] = [bottom, top].map(|sigma| sigma.powf(1.0 / rho));
    (0..n).map(|i| (low + (high - low) * i as f64 / (n.max(2) - 1) as f64).powf(rho)).collect()
}

/// Heun's step: the mean of the slopes at both ends, neither of which is data.
pub(super) fn heun(
    denoise: impl Fn(Tensor<2>, &[f64]) -> Tensor<2>,
    x: Tensor<2>,
    [from, to]: [&[f64]; 2],
) -> Tensor<2> {
    let device = x.device();
    let h: Vec<f64> = from.iter().zip(to).map(|(from, to)| to - from).collect();
    let h = column(&h, |h| h, &device);
    let slope = |x: Tensor<2>, sigma: &[f64]| {
        let denoised = denoise(x.clone(), sigma);
        (x - denoised) * column(sigma, f64::recip, &device)
    };
    let d = slope(x.clone(), from);
    let d_prime = slope(x.clone() + d.clone() * h.clone(), to);
    x + (d + d_prime) * (h / 2.0)
}

/// The one estimate `x̃` whose DDIM step from `σ` to `σ″` ends where two steps by way of `σ′` do.
///
/// ```text
/// x′ = D + k (x − D),  x″ = D′ + k′ (x′ − D′),  x̃ = (x″ − k k′ x)/(1 − k k′) = D + (1 − k′)/(1 − k k′) (D′ − D)
/// ```
///
/// with `k = σ′/σ`, `k′ = σ″/σ′`: Salimans and Ho 2022, Algorithm 2 and appendix G, <https://arxiv.org/abs/2202.00512>, in the frame
/// `x/α`. As a mean of two estimates nothing cancels, however short the step. Data (`σ″ = 0`) may be the end.
pub(super) fn two_steps(
    denoise: impl Fn(Tensor<2>, [&[f64]; 2]) -> Tensor<2>,
    x: Tensor<2>,
    [from, middle, to]: [&[f64]; 3],
) -> Tensor<2> {
    let device = x.device();
    let ratios = |from: &[f64], to: &[f64]| -> Vec<f64> { from.iter().zip(to).map(|(a, b)| b / a).collect() };
    let (k, k_prime) = (ratios(from, middle), ratios(middle, to));
    let share: Vec<f64> =
        k.iter().zip(&k_prime).map(|(k, k_prime)| (1.0 - k_prime) / (1.0 - k * k_prime)).collect();
    let d = denoise(x.clone(), [from, middle]);
    let x_prime = d.clone() + (x - d.clone()) * column(&k, |k| k, &device);
    let d_prime = denoise(x_prime, [middle, to]);
    d.clone() + (d_prime - d) * column(&share, |share| share, &device)
}
