//! The mutual information gap: how much more one number of a code knows of a factor than the next best.
//!
//! ```text
//! MIG = 1/K Σ_k (I(z_1st; v_k) − I(z_2nd; v_k)) / H(v_k)
//! ```
//!
//! Chen et al. 2018, <https://arxiv.org/abs/1802.04942>, Eq. 6, with codes cut into 20 bins (Locatello et al. 2019,
//! <https://arxiv.org/abs/1811.12359>).

use super::{CLASSES, Codes, binned, gap, mean};

/// The gap, from 0 to 1; NaN where no factor varies.
pub fn mutual_information_gap(codes: &Codes) -> f64 {
    let latents: Vec<Vec<usize>> = codes.latents.iter().map(|latent| binned(latent)).collect();
    let of_factor = |bins: &[usize]| {
        let known = latents.iter().map(|latent| information(latent, bins));
        gap(known) / entropy(&counts(bins.iter().copied()))
    };
    let gaps: Vec<f64> = codes.varied().map(|factor| of_factor(&factor.bins)).collect();
    mean(&gaps)
}

/// `I(a; b) = H(a) + H(b) − H(a, b)`, 0 at least.
fn information(a: &[usize], b: &[usize]) -> f64 {
    let both = a.iter().zip(b).map(|(a, b)| a * CLASSES + b);
    let alone = [a, b].map(|bins| entropy(&counts(bins.iter().copied())));
    (alone[0] + alone[1] - entropy(&counts(both))).max(0.0)
}

fn counts(bins: impl Iterator<Item = usize>) -> Vec<u64> {
    let mut counts = vec![0; CLASSES * CLASSES];
    bins.for_each(|bin| counts[bin] += 1);
    counts
}

/// In nats.
fn entropy(counts: &[u64]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    let share = |count: &u64| *count as f64 / total;
    -counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| share(count) * libm::log(share(count)))
        .sum::<f64>()
}
