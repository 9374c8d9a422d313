//! Eigenvalues of a symmetric matrix, by cyclic Jacobi rotations: each zeroes one pair `a_pq`, until all are zero.
//!
//! Jacobi 1846, <https://doi.org/10.1515/crll.1846.30.51>; Golub and Van Loan, Matrix Computations, 4th edition, section 8.5.

/// Sweeps over all pairs. Convergence is quadratic at the end: six to twelve do, even for hundreds of rows.
const SWEEPS: usize = 50;

/// `A = Σ λ_i v_i v_iᵀ`.
#[derive(Clone, Debug)]
pub(super) struct Eigen {
    /// `λ_i`, in no particular order.
    pub(super) values: Vec<f64>,
    /// `v_i`, of unit length and orthogonal, row by row.
    pub(super) vectors: Vec<f64>,
}

/// Eigenvalues and eigenvectors of the symmetric `d x d` matrix `a`.
pub(super) fn eigen(a: Vec<f64>, d: usize) -> Eigen {
    let mut vectors = vec![0.0; d * d];
    vectors.iter_mut().step_by(d + 1).for_each(|v| *v = 1.0);
    let values = diagonalise(a, d, &mut vectors);
    Eigen { values, vectors }
}

/// The eigenvalues alone, in half the time.
pub(super) fn eigenvalues(a: Vec<f64>, d: usize) -> Vec<f64> {
    diagonalise(a, d, &mut [])
}

/// Turns `a` until it is diagonal, and the rows of `vectors`, if there are any, with it.
fn diagonalise(mut a: Vec<f64>, d: usize, vectors: &mut [f64]) -> Vec<f64> {
    // Scaled, the squares below neither overflow nor vanish.
    let scale = a.iter().fold(0.0_f64, |scale, x| scale.max(x.abs()));
    if scale == 0.0 {
        return vec![0.0; d];
    }
    for x in &mut a {
        *x /= scale;
    }
    let norm = a.iter().map(|x| x * x).sum::<f64>().sqrt();
    // Pairs this small, all of them together, move no eigenvalue by more than the rounding of the largest.
    let negligible = f64::EPSILON * norm / d as f64;
    for _ in 0..SWEEPS {
        if !sweep(&mut a, d, vectors, negligible) {
            break;
        }
    }
    a.into_iter().step_by(d + 1).map(|x| x * scale).collect()
}

/// Zeroes each pair once; whether there was one to zero.
fn sweep(a: &mut [f64], d: usize, vectors: &mut [f64], negligible: f64) -> bool {
    let mut turned = false;
    for p in 0..d {
        for q in p + 1..d {
            if a[p * d + q].abs() > negligible {
                let (c, s) = zero(a, d, p, q);
                if !vectors.is_empty() {
                    turn(vectors, d, (p, q), (c, s));
                }
                turned = true;
            }
        }
    }
    turned
}

/// Zeroes `a_pq` by `Jᵀ A J`; the cosine and sine of `J`.
fn zero(a: &mut [f64], d: usize, p: usize, q: usize) -> (f64, f64) {
    let (a_pp, a_qq, a_pq) = (a[p * d + p], a[q * d + q], a[p * d + q]);
    // The smaller of the two angles that do it: t = tan is the smaller root of t² + 2 τ t − 1 = 0.
    let tau = (a_qq - a_pp) / (2.0 * a_pq);
    let t = 1.0_f64.copysign(tau) / (tau.abs() + (1.0 + tau * tau).sqrt());
    let c = 1.0 / (1.0 + t * t).sqrt();
    let s = t * c;
    turn(a, d, (p, q), (c, s));
    a[p * d + p] = a_pp - t * a_pq;
    a[q * d + q] = a_qq + t * a_pq;
    a[p * d + q] = 0.0;
    a[q * d + p] = 0.0;
    mirror(a, d, p, q);
    (c, s)
}

/// Rotates rows `p < q` into `c x − s y` and `s x + c y`.
fn turn(rows: &mut [f64], d: usize, (p, q): (usize, usize), (c, s): (f64, f64)) {
    let (head, tail) = rows.split_at_mut(q * d);
    for (x, y) in head[p * d..][..d].iter_mut().zip(&mut tail[..d]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

/// Copies rows `p` and `q` to the columns of the same numbers, which symmetry makes equal.
fn mirror(a: &mut [f64], d: usize, p: usize, q: usize) {
    for k in 0..d {
        a[k * d + p] = a[p * d + k];
        a[k * d + q] = a[q * d + k];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    /// A symmetric matrix of normals, neither positive nor negative.
    fn random(d: usize) -> Vec<f64> {
        let mut stream = Key::new(1, Purpose::Metric, d as u64).stream();
        let g: Vec<f64> = (0..d * d).map(|_| stream.normal()).collect();
        (0..d * d).map(|k| g[k] + g[k % d * d + k / d]).collect()
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_by(f64::total_cmp);
        values
    }

    fn dot(x: &[f64], y: &[f64]) -> f64 {
        x.iter().zip(y).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn each_vector_is_only_stretched_and_together_they_are_a_basis() {
        for d in [1, 2, 3, 8, 33] {
            let a = random(d);
            let Eigen { values, vectors } = eigen(a.clone(), d);
            for (v, lambda) in vectors.chunks(d).zip(&values) {
                for (row, v_i) in a.chunks(d).zip(v) {
                    assert!((dot(row, v) - lambda * v_i).abs() < 1e-12 * d as f64, "A v = λ v, d = {d}");
                }
            }
            for (i, v) in vectors.chunks(d).enumerate() {
                for (j, w) in vectors.chunks(d).enumerate() {
                    assert!((dot(v, w) - f64::from(u8::from(i == j))).abs() < 1e-13, "d = {d}");
                }
            }
        }
    }

    #[test]
    fn trace_and_frobenius_norm_are_those_of_the_eigenvalues() {
        let (a, d) = (random(20), 20);
        let values = eigenvalues(a.clone(), d);
        let trace: f64 = a.iter().step_by(d + 1).sum();
        assert!((values.iter().sum::<f64>() - trace).abs() < 1e-12);
        assert!((dot(&values, &values) - dot(&a, &a)).abs() < 1e-10);
    }

    #[test]
    fn known_matrices_have_their_known_eigenvalues() {
        let two = sorted(eigenvalues(vec![2.0, 1.0, 1.0, 2.0], 2));
        assert!((two[0] - 1.0).abs() < 1e-15 && (two[1] - 3.0).abs() < 1e-15);

        // The second difference with fixed ends: 2 − 2 cos(k π / (d + 1)).
        let d = 12_usize;
        let difference = (0..d * d).map(|k| match (k / d).abs_diff(k % d) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        for (i, value) in sorted(eigenvalues(difference.collect(), d)).into_iter().enumerate() {
            let angle = (i + 1) as f64 * std::f64::consts::PI / (d + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-14);
        }

        // All ones: one eigenvalue d, the rest zero.
        let ones = sorted(eigenvalues(vec![1.0; d * d], d));
        assert!(ones[..d - 1].iter().all(|value| value.abs() < 1e-14) && (ones[d - 1] - 12.0).abs() < 1e-13);
    }

    #[test]
    fn nothing_is_lost_to_the_size_of_the_entries() {
        let plain = sorted(eigenvalues(random(6), 6));
        for scale in [0.0, 1e-300, 1e300] {
            let scaled = eigenvalues(random(6).iter().map(|x| x * scale).collect(), 6);
            for (value, plain) in sorted(scaled).into_iter().zip(&plain) {
                assert!((value - plain * scale).abs() <= 1e-13 * scale);
            }
        }
    }
}
