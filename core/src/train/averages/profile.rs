//! Profiles of power-function averages, and the best sum of some of them for another: post-hoc EMA.
//!
//! ```text
//! p_γ(τ; t) = (γ + 1) τ^γ / t^(γ + 1) for τ ≤ t, else 0,   σ_rel = (γ + 1)^½ (γ + 2)⁻¹ (γ + 3)^−½
//! min_x ∫ (p_r(τ) − Σᵢ xᵢ pᵢ(τ))² dτ   ⟺   Σⱼ ⟨pᵢ, pⱼ⟩ xⱼ = ⟨pᵢ, p_r⟩
//! ```
//!
//! Karras et al. 2024, <https://arxiv.org/abs/2312.02696>, section 3.2 and appendix C: `sigma_rel_to_gamma` is Algorithm 2,
//! `p_dot_p` and `solve_weights` are Algorithm 3. All of it is done on the host in double precision.

/// Below this share of its length, what a profile adds to those before it is rounding.
const DEPENDENT: f64 = 1e-13;

/// How much each moment of training counts in an average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// The step after which the average was taken.
    pub t: f64,
    /// Its exponent.
    pub gamma: f64,
}

impl Profile {
    /// The average of relative width `sigma_rel` after `step` steps.
    pub fn new(step: u64, sigma_rel: f64) -> Self {
        Self { t: step as f64, gamma: sigma_rel_to_gamma(sigma_rel) }
    }
}

/// The exponent whose profile has this standard deviation, as a share of training: 16.97 for 0.05, 6.94 for 0.10. It is sought by
/// bisection, as the relation falls with `γ ≥ 0`; wider than the plain mean's `1/√12` none is, and 0 is given.
pub fn sigma_rel_to_gamma(sigma_rel: f64) -> f64 {
    let variance = |gamma: f64| (gamma + 1.0) / ((gamma + 2.0) * (gamma + 2.0) * (gamma + 3.0));
    // σ² < 1/(γ + 2)² bounds γ from above.
    let (mut low, mut high) = (0.0, 1.0 / sigma_rel);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if variance(middle) > sigma_rel * sigma_rel { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// `∫ p_a(τ) p_b(τ) dτ`.
pub fn p_dot_p(a: Profile, b: Profile) -> f64 {
    let ratio = a.t / b.t;
    let exponent = if a.t < b.t { b.gamma } else { -a.gamma };
    let above = (a.gamma + 1.0) * (b.gamma + 1.0) * libm::pow(ratio, exponent);
    above / ((a.gamma + b.gamma + 1.0) * a.t.max(b.t))
}

/// How much of each of the `kept` averages makes the best `wanted` one.
///
/// By Cholesky's method with pivots on unit-length profiles; one that the others already hold gets the weight 0.
pub fn solve_weights(kept: &[Profile], wanted: Profile) -> Vec<f64> {
    let lengths: Vec<f64> = kept.iter().map(|p| p_dot_p(*p, *p).sqrt()).collect();
    let gram = |i: usize, j: usize| p_dot_p(kept[i], kept[j]) / (lengths[i] * lengths[j]);
    let right: Vec<f64> = kept.iter().zip(&lengths).map(|(p, length)| p_dot_p(*p, wanted) / length).collect();
    let factor = Factor::of(kept.len(), &gram);
    let mut x = factor.solve(&right);
    // Refined once: what the first solution left is solved for again.
    let left: Vec<f64> =
        (0..kept.len()).map(|i| right[i] - (0..kept.len()).map(|j| gram(i, j) * x[j]).sum::<f64>()).collect();
    x.iter_mut().zip(factor.solve(&left)).for_each(|(x, more)| *x += more);
    x.iter().zip(&lengths).map(|(x, length)| x / length).collect()
}

/// `‖p_r − Σ xᵢ pᵢ‖ / ‖p_r‖`: how far the sum is from the profile that was wanted.
pub fn mismatch(kept: &[Profile], weights: &[f64], wanted: Profile) -> f64 {
    let own = p_dot_p(wanted, wanted);
    let mut squared = own;
    for (p, x) in kept.iter().zip(weights) {
        squared -= 2.0 * x * p_dot_p(*p, wanted);
        squared += kept.iter().zip(weights).map(|(q, y)| x * y * p_dot_p(*p, *q)).sum::<f64>();
    }
    (squared.max(0.0) / own).sqrt()
}

/// `G = L Lᵀ` over as many rows, the most telling first, as are independent.
struct Factor {
    /// Which row of `G` each row of `L` is.
    order: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl Factor {
    fn of(n: usize, gram: &impl Fn(usize, usize) -> f64) -> Self {
        let mut left: Vec<f64> = (0..n).map(|i| gram(i, i)).collect();
        // `L`, a row for each of `G`'s; those that were never chosen stay out of `order`.
        let mut all: Vec<Vec<f64>> = vec![Vec::new(); n];
        let mut order: Vec<usize> = Vec::new();
        while order.len() < n {
            let open = (0..n).filter(|i| !order.contains(i));
            let pivot = open.max_by(|i, j| left[*i].total_cmp(&left[*j])).expect("a row should be left");
            if left[pivot] < DEPENDENT {
                break;
            }
            let root = left[pivot].sqrt();
            let chosen = all[pivot].clone();
            for i in (0..n).filter(|i| *i != pivot && !order.contains(i)) {
                let entry = (gram(i, pivot) - dot(&all[i], &chosen)) / root;
                all[i].push(entry);
                left[i] -= entry * entry;
            }
            all[pivot].push(root);
            order.push(pivot);
        }
        let rows = order.iter().map(|i| all[*i].clone()).collect();
        Self { order, rows }
    }

    /// `G x = right` over the independent rows; 0 elsewhere.
    fn solve(&self, right: &[f64]) -> Vec<f64> {
        let n = self.order.len();
        let mut y: Vec<f64> = Vec::with_capacity(n);
        for (row, i) in self.rows.iter().zip(&self.order) {
            y.push((right[*i] - dot(row, &y)) / row[y.len()]);
        }
        for k in (0..n).rev() {
            let above: f64 = (k + 1..n).map(|m| self.rows[m][k] * y[m]).sum();
            y[k] = (y[k] - above) / self.rows[k][k];
        }
        let mut x = vec![0.0; right.len()];
        self.order.iter().zip(y).for_each(|(i, value)| x[*i] = value);
        x
    }
}

/// Over as many entries as the shorter has.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
