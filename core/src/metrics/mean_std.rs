//! Mean and standard deviation: `m = Σ x / n`, `s² = Σ (x − m)² / (n − 1)`.

/// The mean of `values` and their sample standard deviation: NaN and 0 for none, 0 for a single one.
pub fn mean_std(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_counts_one_degree_less_than_values() {
        let (mean, std) = mean_std(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert!((mean - 5.0).abs() < 1e-15 && (std - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15);
        // Far from the origin nothing is lost, as the mean comes off first.
        let (mean, std) = mean_std(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0]);
        assert!((mean - (1e9 + 2.0)).abs() < 1e-6 && (std - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_single_value_deviates_from_nothing() {
        assert_eq!(mean_std(&[3.0]), (3.0, 0.0));
        assert!(mean_std(&[]).0.is_nan());
    }
}
