//! Noise levels from a table, their logarithm linear in between.

/// `n` levels of the table's, from its first to its last; the table itself where it has that many.
pub(super) fn log_linear(table: &[f64], n: usize) -> Vec<f64> {
    if table.len() == n {
        return table.to_vec();
    }
    let last = table.len() - 1;
    let level = |i: usize| {
        let place = i as f64 * last as f64 / (n.max(2) - 1) as f64;
        let low = (place as usize).min(last.saturating_sub(1));
        let part = place - low as f64;
        // An end is the table's own number.
        if part == 0.0 { table[low] } else { table[low].powf(1.0 - part) * table[low + 1].powf(part) }
    };
    (0..n).map(level).collect()
}
