//! Rotations and their factors, on the host, in double precision.

use crate::random::Key;

/// `P L (U + diag s)` of a matrix.
pub(super) struct Factors {
    /// Row `i` of `L U` is this row of the matrix.
    pub(super) rows: Vec<usize>,
    /// Below the diagonal `L`, above it `U`, on it `ln |s|`.
    pub(super) lu: Vec<Vec<f64>>,
    /// Of `s`.
    pub(super) signs: Vec<f64>,
}

/// A matrix of orthonormal rows: normals, each orthogonalised to those before it (Gram and Schmidt, twice for the rounding).
pub(super) fn rotation(size: usize, key: Key) -> Vec<Vec<f64>> {
    let mut stream = key.stream();
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for _ in 0..size {
        let mut row: Vec<f64> = (0..size).map(|_| stream.normal()).collect();
        for before in rows.iter().chain(&rows) {
            let along: f64 = before.iter().zip(&row).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(before).for_each(|(x, b)| *x -= along * b);
        }
        let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
        rows.push(row);
    }
    rows
}

impl Factors {
    /// Gaussian elimination with the greatest pivot of each column (Golub and Van Loan 2013, algorithm 3.4.1).
    pub(super) fn of(mut matrix: Vec<Vec<f64>>) -> Self {
        let size = matrix.len();
        let mut rows: Vec<usize> = (0..size).collect();
        for k in 0..size {
            let greater = |a: &usize, b: &usize| matrix[*a][k].abs().total_cmp(&matrix[*b][k].abs());
            let pivot = (k..size).max_by(greater).unwrap_or(k);
            matrix.swap(k, pivot);
            rows.swap(k, pivot);
            let (above, below) = matrix.split_at_mut(k + 1);
            let line = &above[k];
            for row in below {
                let factor = row[k] / line[k];
                row[k] = factor;
                (k + 1..size).for_each(|j| row[j] -= factor * line[j]);
            }
        }
        let signs = (0..size).map(|i| matrix[i][i].signum()).collect();
        (0..size).for_each(|i| matrix[i][i] = libm::log(matrix[i][i].abs()));
        Self { rows, lu: matrix, signs }
    }
}
