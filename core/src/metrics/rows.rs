//! Rows: a set of samples that a metric can rely on.

use std::borrow::Cow;
use std::slice::ChunksExact;

use crate::random::{Key, Purpose, name_index};
use crate::{Error, Result};

/// At least as many rows as the metric needs, each of `dim` finite numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    values: &'a [f32],
    dim: usize,
}

impl<'a> Rows<'a> {
    /// Both sets that `metric` compares, or what is wrong with one of them.
    pub(super) fn both(
        metric: &str,
        a: &'a [f32],
        b: &'a [f32],
        dim: usize,
        least: usize,
    ) -> Result<(Self, Self)> {
        let set = |which, values| Self::new(&format!("{metric}, {which} set"), values, dim, least);
        Ok((set("first", a)?, set("second", b)?))
    }

    fn new(place: &str, values: &'a [f32], dim: usize, least: usize) -> Result<Self> {
        if dim == 0 {
            return Err(Error::argument(format!(
                "{place}: rows of 0 numbers cannot be compared; give dim 1 or more"
            )));
        }
        let (count, rest) = (values.len() / dim, values.len() % dim);
        if rest != 0 {
            return Err(Error::argument(format!(
                "{place}: {} numbers are no whole rows of {dim} ({rest} are left over); give the dim they were made with",
                values.len()
            )));
        }
        if count < least {
            return Err(Error::argument(format!("{place}: needs {least} rows or more; there are {count}")));
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(i) => Err(Error::NotFinite(format!(
                "{place}: row {}, column {} is {}; leave out rows that are not finite, and count them",
                i / dim,
                i % dim,
                values[i]
            ))),
            None => Ok(Self { values, dim }),
        }
    }

    /// How many rows.
    pub(super) fn count(self) -> usize {
        self.values.len() / self.dim
    }

    /// Numbers in a row.
    pub(super) fn dim(self) -> usize {
        self.dim
    }

    /// The rows, in order.
    pub(super) fn iter(self) -> ChunksExact<'a, f32> {
        self.values.chunks_exact(self.dim)
    }

    /// Row `i`.
    pub(super) fn row(self, i: usize) -> &'a [f32] {
        &self.values[i * self.dim..(i + 1) * self.dim]
    }

    /// All rows, one after another, or `limit` of them, drawn without replacement: for a metric always the same of as many.
    pub(super) fn thinned(self, metric: &str, limit: usize) -> Cow<'a, [f32]> {
        if self.count() <= limit {
            return Cow::Borrowed(self.values);
        }
        let order = Key::new(0, Purpose::Metric, name_index(metric)).permutation(self.count());
        Cow::Owned(order[..limit].iter().flat_map(|&i| self.row(i as usize)).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_set_is_thinned_to_distinct_rows_the_same_each_time() {
        let values: Vec<f32> = (0..200).map(|k| k as f32).collect();
        let (rows, _) = Rows::both("test", &values, &values, 2, 1).unwrap();
        assert_eq!(rows.thinned("test", 100), values);
        let few = rows.thinned("test", 30);
        let distinct: std::collections::BTreeSet<u32> = few.chunks(2).map(|row| row[0] as u32).collect();
        assert_eq!((few.len(), distinct.len()), (60, 30));
        assert!(few.chunks(2).all(|row| rows.iter().any(|whole| whole == row)), "whole rows");
        assert_eq!(few, rows.thinned("test", 30));
        assert_ne!(few, rows.thinned("other", 30));
    }
}
