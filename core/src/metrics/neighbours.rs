//! Balls about the rows of a set, each as wide as its row is far from its `k`-th nearest neighbour: where the set lies.

use kiln_kernels::pairs::{MOST, Pairs, host};

use super::rows::Rows;
use crate::config::check::{at_least, at_most};
use crate::{Error, Result};

/// Rows of a set that are looked at.
pub(super) const LIMIT: usize = super::pairs::LIMIT;

/// The squared radius of the ball about each row.
pub(super) fn radii(rows: &[f32], dim: usize, k: usize) -> Vec<f32> {
    let (distances, _) = host::nearest(rows, rows, dim, k, Pairs::Distinct);
    distances.into_iter().skip(k - 1).step_by(k).collect()
}

/// In how many of the balls about the rows of `set` each row of `x` lies.
pub(super) fn balls(x: &[f32], set: &[f32], dim: usize, k: usize) -> Vec<u32> {
    host::within(x, set, dim, &radii(set, dim, k))
}

/// The share for which it holds.
pub(super) fn share<T>(of: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    of.iter().filter(|x| holds(x)).count() as f64 / of.len() as f64
}

/// Refuses a `k` that nobody looks for, and sets in which a row has not as many neighbours.
pub(super) fn check(metric: &str, k: usize, rows: [usize; 2]) -> Result<()> {
    at_least("k", k, 1)?;
    at_most("k", k, MOST)?;
    match rows.into_iter().find(|rows| *rows <= k) {
        None => Ok(()),
        Some(rows) => Err(Error::argument(format!(
            "{metric}: of {rows} rows none has {k} neighbours; give {} or more of each",
            k + 1
        ))),
    }
}

/// Both sets, of which each row has `k` neighbours.
pub(super) fn both<'a>(
    metric: &str,
    [a, b]: [&'a [f32]; 2],
    dim: usize,
    k: usize,
) -> Result<[std::borrow::Cow<'a, [f32]>; 2]> {
    check(metric, k, [usize::MAX; 2])?;
    let (a, b) = Rows::both(metric, a, b, dim, k + 1)?;
    Ok([a, b].map(|rows| rows.thinned(metric, LIMIT)))
}
