//! Sample moments: `m = Σ x / n` and `S = Σ (x − m)(x − m)ᵀ / (n − 1)`.

use super::rows::Rows;

/// Mean and covariance of a set of rows.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    /// `m`.
    pub(super) mean: Vec<f64>,
    /// `S`, symmetric to the last bit, row by row.
    pub(super) covariance: Vec<f64>,
}

impl Moments {
    /// In two passes, as the difference of `E x xᵀ` and `m mᵀ` loses what a far mean leaves of the digits.
    pub(super) fn of(rows: Rows) -> Self {
        let mean = mean(rows);
        let covariance = covariance(rows, &mean);
        Self { mean, covariance }
    }
}

fn mean(rows: Rows) -> Vec<f64> {
    let mut mean = vec![0.0; rows.dim()];
    for row in rows.iter() {
        for (sum, &x) in mean.iter_mut().zip(row) {
            *sum += f64::from(x);
        }
    }
    let n = rows.count() as f64;
    mean.into_iter().map(|sum| sum / n).collect()
}

fn covariance(rows: Rows, mean: &[f64]) -> Vec<f64> {
    let d = rows.dim();
    let mut upper = vec![0.0; d * d];
    for row in rows.iter() {
        let centred: Vec<f64> = row.iter().zip(mean).map(|(&x, m)| f64::from(x) - m).collect();
        for (i, sums) in upper.chunks_exact_mut(d).enumerate() {
            for (sum, y) in sums[i..].iter_mut().zip(&centred[i..]) {
                *sum += centred[i] * y;
            }
        }
    }
    let degrees = (rows.count() - 1) as f64;
    (0..d * d).map(|k| (k / d, k % d)).map(|(i, j)| upper[i.min(j) * d + i.max(j)] / degrees).collect()
}
