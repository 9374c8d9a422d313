//! Which numbers of a row stay, and which change by what those say.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::{Error, Result};

/// How a coupling divides the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// The first half of a point's numbers or of a picture's channels, and the second.
    #[default]
    Halves,
    /// The black fields of a chessboard laid on each channel, and the white ones; of pictures.
    Checkerboard,
}

/// Numbers of a row by their indices.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Shape of the row.
    pub shape: Vec<usize>,
    stays: Vec<usize>,
    changes: Vec<usize>,
}

impl Partition {
    /// What this mask makes of a row; places of odd number change what the others leave.
    pub(super) fn of(mask: Mask, place: &Place) -> Result<Self> {
        let features = place.features();
        if features < 2 {
            let message = format!(
                "a coupling splits the numbers of a row in two, and there is {features} here: take `autoregressive`"
            );
            return Err(Error::config(".", message));
        }
        let black: Box<dyn Fn(usize) -> bool> = match mask {
            Mask::Halves => {
                let first = half(place);
                Box::new(move |i| i < first)
            }
            Mask::Checkerboard => {
                let [_, height, width] = crate::config::check::under("mask", place.picture())?;
                Box::new(move |i| (i / width % height + i % width).is_multiple_of(2))
            }
        };
        let (first, second): (Vec<_>, Vec<_>) = (0..features).partition(|i| black(*i));
        if second.is_empty() {
            return Err(Error::config("mask", "a board of one field has no white ones; take `halves`"));
        }
        let (stays, changes) = if place.number.is_multiple_of(2) { (first, second) } else { (second, first) };
        Ok(Self { shape: place.shape.clone(), stays, changes })
    }

    /// The first so many numbers stay and the others change.
    pub(super) fn after(shape: &[usize], first: usize) -> Self {
        let features = shape.iter().product();
        Self { shape: shape.to_vec(), stays: (0..first).collect(), changes: (first..features).collect() }
    }

    /// All numbers are seen, and all of another row of this shape change.
    pub(super) fn all(shape: &[usize]) -> Self {
        let all: Vec<usize> = (0..shape.iter().product()).collect();
        Self { shape: shape.to_vec(), stays: all.clone(), changes: all }
    }

    /// The same where the numbers that stay are seen as two each, all of the first before all of the second.
    pub(super) fn doubled(&self) -> Self {
        let features: usize = self.shape.iter().product();
        let mut shape = self.shape.clone();
        shape[0] *= 2;
        let second = self.stays.iter().map(|number| number + features);
        let stays = self.stays.iter().copied().chain(second).collect();
        Self { shape, stays, changes: self.changes.clone() }
    }

    /// Those that stay.
    pub fn stays(&self) -> &[usize] {
        &self.stays
    }

    /// Those that change.
    pub fn changes(&self) -> &[usize] {
        &self.changes
    }

    /// The numbers that stay, and those that change.
    pub(super) fn split(&self, x: &Tensor<2>) -> [Tensor<2>; 2] {
        [&self.stays, &self.changes].map(|numbers| taken(x.clone(), 1, numbers))
    }

    /// The row of these numbers: the inverse of [`Partition::split`].
    pub(super) fn join(&self, stays: Tensor<2>, changes: Tensor<2>) -> Tensor<2> {
        let mut parts = [(&self.stays, stays), (&self.changes, changes)];
        parts.sort_by_key(|(numbers, _)| numbers[0]);
        let mut place = vec![0; self.stays.len() + self.changes.len()];
        let order = parts.iter().flat_map(|(numbers, _)| numbers.iter());
        order.enumerate().for_each(|(at, number)| place[*number] = at);
        taken(Tensor::cat(parts.map(|(_, numbers)| numbers).to_vec(), 1), 1, &place)
    }
}

/// Numbers in the first half: whole channels, where there are several.
fn half(place: &Place) -> usize {
    match place.channels() {
        [1, numbers] => numbers.div_ceil(2),
        [channels, numbers] => channels.div_ceil(2) * numbers,
    }
}

/// These indices along an axis.
pub(super) fn taken<const D: usize>(x: Tensor<D>, axis: usize, indices: &[usize]) -> Tensor<D> {
    let first = indices[0];
    if indices.iter().enumerate().all(|(i, index)| *index == first + i) {
        return x.narrow(axis, first, indices.len());
    }
    let numbers: Vec<i64> = indices.iter().map(|i| *i as i64).collect();
    let indices = Tensor::<1, Int>::from_data(TensorData::new(numbers, [indices.len()]), &x.device());
    x.select(axis, indices)
}
