//! Entropic optimal transport between two batches, `min ⟨P, C⟩ + ε Σ P ln P` with uniform marginals, in logarithms.
//!
//! ```text
//! f_i ← −ε ln Σ_j exp((g_j − C_ij)/ε),   g_j ← −ε ln Σ_i exp((f_i − C_ij)/ε),   P_ij = exp((f_i + g_j − C_ij)/ε)
//! ```
//!
//! Cuturi 2013, <https://arxiv.org/abs/1306.0895>; Peyré and Cuturi 2019, section 4.4, <https://arxiv.org/abs/1803.00567>.

/// Rounds at most.
const ROUNDS: usize = 500;
/// The error of the marginals that is let pass, as a share.
const TOLERANCE: f64 = 1e-4;

/// The largest cost over `ε` whose kernel `exp(−C/ε)` is still a number to multiply with.
const STEEPEST: f64 = 300.0;

/// The plan, `[n, n]` by rows, each of which sums to 1. `share` is `ε` over the mean cost.
pub(super) fn plan(cost: &[f64], n: usize, share: f64) -> Vec<f64> {
    let epsilon = share * cost.iter().sum::<f64>() / (n * n) as f64;
    let scaled: Vec<f64> = cost.iter().map(|c| c / epsilon.max(f64::MIN_POSITIVE)).collect();
    let steepest = scaled.iter().copied().fold(0.0, f64::max);
    if steepest < STEEPEST { by_kernel(&scaled, n) } else { by_logarithm(&scaled, n) }
}

/// The same iteration in `u = exp f`, `v = exp g`: two products with the kernel a round, and not an exponential.
fn by_kernel(scaled: &[f64], n: usize) -> Vec<f64> {
    let kernel: Vec<f64> = scaled.iter().map(|c| (-c).exp()).collect();
    let (mut u, mut v) = (vec![1.0; n], vec![1.0; n]);
    for _ in 0..ROUNDS {
        rows(&kernel, &v, &mut u);
        let next = columns(&kernel, &u);
        let worst = next.iter().zip(&v).map(|(next, v)| (next / v).ln().abs()).fold(0.0, f64::max);
        v = next;
        if worst < TOLERANCE {
            break;
        }
    }
    rows(&kernel, &v, &mut u);
    (0..n * n).map(|at| u[at / n] * kernel[at] * v[at % n]).collect()
}

/// `u ← 1/(K v)`.
fn rows(kernel: &[f64], v: &[f64], u: &mut [f64]) {
    for (u, row) in u.iter_mut().zip(kernel.chunks(v.len())) {
        *u = row.iter().zip(v).map(|(k, v)| k * v).sum::<f64>().recip();
    }
}

/// `1/(Kᵀ u)`.
fn columns(kernel: &[f64], u: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; u.len()];
    for (u, row) in u.iter().zip(kernel.chunks(u.len())) {
        sums.iter_mut().zip(row).for_each(|(sum, k)| *sum += k * u);
    }
    sums.into_iter().map(f64::recip).collect()
}

fn by_logarithm(scaled: &[f64], n: usize) -> Vec<f64> {
    let (mut f, mut g) = (vec![0.0; n], vec![0.0; n]);
    for _ in 0..ROUNDS {
        for i in 0..n {
            f[i] = -log_sum((0..n).map(|j| g[j] - scaled[i * n + j]));
        }
        let mut worst = 0.0_f64;
        for j in 0..n {
            let next = -log_sum((0..n).map(|i| f[i] - scaled[i * n + j]));
            worst = worst.max((next - g[j]).abs());
            g[j] = next;
        }
        if worst < TOLERANCE {
            break;
        }
    }
    // The rows were met before the columns: meet them once more, as pairs are drawn by row.
    for i in 0..n {
        f[i] = -log_sum((0..n).map(|j| g[j] - scaled[i * n + j]));
    }
    (0..n * n).map(|at| (f[at / n] + g[at % n] - scaled[at]).exp()).collect()
}

/// `ln Σ exp(x)`.
fn log_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = values.clone().fold(f64::NEG_INFINITY, f64::max);
    top + values.map(|value| (value - top).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    #[test]
    fn kernel_and_logarithms_give_the_same_plan() {
        let mut chance = Key::new(3, Purpose::Metric, 0).stream();
        let cost: Vec<f64> = (0..400).map(|_| 20.0 * chance.uniform()).collect();
        for (a, b) in by_kernel(&cost, 20).iter().zip(by_logarithm(&cost, 20)) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn the_plan_has_uniform_marginals_and_the_gibbs_form() {
        let cost = [0.0, 1.0, 4.0, 1.0, 0.5, 1.0, 4.0, 1.0, 2.0];
        let plan = plan(&cost, 3, 0.5);
        for i in 0..3 {
            let row: f64 = plan[3 * i..3 * i + 3].iter().sum();
            let column: f64 = (0..3).map(|j| plan[3 * j + i]).sum();
            assert!((row - 1.0).abs() < 1e-9 && (column - 1.0).abs() < 1e-3, "{row} {column}");
        }
        // P = diag(u) K diag(v): cross ratios are those of the kernel.
        let epsilon = 0.5 * cost.iter().sum::<f64>() / 9.0;
        let ratio = plan[0] * plan[4] / (plan[1] * plan[3]);
        let kernel = ((cost[1] + cost[3] - cost[0] - cost[4]) / epsilon).exp();
        assert!((ratio / kernel - 1.0).abs() < 1e-9);
    }
}
