//! Accuracy: how often the largest logit is that of the right class.

/// The share of rows, each of `count` logits, whose first largest is at its entry of `classes`; NaN without a row.
/// A row with a NaN is wrong.
pub fn accuracy(logits: &[f32], classes: &[u32], count: usize) -> f64 {
    assert_eq!(logits.len(), classes.len() * count, "there should be {count} logits for each class");
    let rows = logits.chunks_exact(count.max(1)).zip(classes);
    let right = rows.filter(|(row, class)| largest(row) == Some(**class as usize)).count();
    right as f64 / classes.len() as f64
}

/// Where the first largest is; nowhere if one is NaN.
fn largest(row: &[f32]) -> Option<usize> {
    if row.iter().any(|x| x.is_nan()) {
        return None;
    }
    (0..row.len()).reduce(|best, i| if row[i] > row[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_right_where_its_first_largest_logit_is() {
        let logits = [0.0, 2.0, 1.0, 5.0, -1.0, 5.0, -3.0, -2.0, -1.0, f32::NAN, 1.0, 0.0];
        for (classes, right) in [([1, 0, 2, 1], 3.0), ([1, 2, 2, 0], 2.0), ([0, 1, 7, 1], 0.0)] {
            assert_eq!(accuracy(&logits, &classes, 3).to_bits(), f64::to_bits(right / 4.0));
        }
        assert!(accuracy(&[], &[], 3).is_nan());
    }
}
