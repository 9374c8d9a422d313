//! Running lines: a straight line fitted around each point (Cleveland 1979, <https://doi.org/10.1080/01621459.1979.10481038>,
//! with equal weights). In the middle of a curve that is the running mean; at its ends a slope stays where it is.

/// Smoothed values of a series in order, over a fiftieth of it to each side, twice.
pub(super) fn smooth(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let reach = points.len() / 50;
    let values: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    let values = running_line(&running_line(&values, reach), reach);
    points.iter().zip(values).map(|((x, _), y)| (*x, y)).collect()
}

/// Least squares over `i - reach ..= i + reach`, as far as there are values; sums are differences of running sums.
fn running_line(values: &[f64], reach: usize) -> Vec<f64> {
    let sums = running_sums(values.iter().copied());
    let moments = running_sums(values.iter().enumerate().map(|(index, value)| index as f64 * value));
    let fitted = |index: usize| {
        let (from, to) = (index.saturating_sub(reach), (index + reach + 1).min(values.len()));
        let n = (to - from) as f64;
        let centre = 0.5 * (from + to - 1) as f64;
        let sum = sums[to] - sums[from];
        // sum (i - c) y  /  sum (i - c)^2, the latter n (n^2 - 1) / 12
        let slope = 12.0 * (moments[to] - moments[from] - centre * sum) / (n * (n * n - 1.0)).max(1.0);
        sum / n + slope * (index as f64 - centre)
    };
    (0..values.len()).map(fitted).collect()
}

/// `[0, v0, v0 + v1, ...]`.
fn running_sums(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let sums = values.scan(0.0, |sum, value| {
        *sum += value;
        Some(*sum)
    });
    std::iter::once(0.0).chain(sums).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(n: i32, value: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..n).map(|i| (f64::from(i), value(f64::from(i)))).collect()
    }

    #[test]
    fn a_straight_line_stays_itself_to_its_ends() {
        for n in [1, 2, 49, 50, 51, 500] {
            let line = series(n, |x| 3.0 - 0.5 * x);
            for ((_, y), (_, smooth)) in line.iter().zip(smooth(&line)) {
                assert!((y - smooth).abs() < 1e-9);
            }
        }
        assert!(smooth(&[]).is_empty());
    }

    #[test]
    fn noise_goes_away() {
        let smooth = smooth(&series(500, |x| if x % 2.0 == 0.0 { 1.0 } else { -1.0 }));
        assert!(smooth.iter().all(|(_, y)| y.abs() < 0.3));
        assert!(smooth[50..450].iter().all(|(_, y)| y.abs() < 0.01));
    }
}
