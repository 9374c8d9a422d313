//! Rows: a set of samples that a metric can rely on.

use std::slice::ChunksExact;

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
}
