//! Keys and values of what came before, and room for more.

use burn::prelude::*;
use burn::tensor::DType;

/// Keys and values `[batch, heads, length, d]` at the beginning of tensors with more room, which new ones are written into in place.
#[derive(Clone, Debug)]
pub struct Cache {
    keys: Tensor<4>,
    values: Tensor<4>,
    length: usize,
}

impl Cache {
    /// Nothing yet, and room for what is told: `[batch, heads, capacity, d]`.
    pub fn new(shape: [usize; 4], (device, dtype): (&Device, DType)) -> Self {
        let [keys, values] = [0, 1].map(|_| Tensor::zeros(shape, (device, dtype)));
        Self { keys, values, length: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Forgets all of them, and keeps the room.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// How many there may be before the tensors have to grow.
    pub fn capacity(&self) -> usize {
        self.keys.dims()[2]
    }

    /// Keys with the room behind them: `[batch, heads, capacity, d]`.
    pub(super) fn keys(&self) -> &Tensor<4> {
        &self.keys
    }

    /// Values with the room behind them: `[batch, heads, capacity, d]`.
    pub(super) fn values(&self) -> &Tensor<4> {
        &self.values
    }

    /// Keys and values alone: `[batch, heads, length, d]`.
    pub fn entries(&self) -> [Tensor<4>; 2] {
        [&self.keys, &self.values].map(|x| x.clone().narrow(2, 0, self.length))
    }

    /// Writes keys and values behind those that are there, both `[batch, heads, new, d]`. Twice the room is taken where it is not enough.
    ///
    /// Nothing else is copied, unless a clone of the cache is kept elsewhere.
    pub fn append(&mut self, k: Tensor<4>, v: Tensor<4>) {
        let from = self.length;
        self.length += k.dims()[2];
        self.reserve(self.length);
        self.keys.inplace(|keys| written(keys, k, from));
        self.values.inplace(|values| written(values, v, from));
    }

    /// Room for so many, by doubling.
    fn reserve(&mut self, length: usize) {
        let mut capacity = self.capacity().max(1);
        while capacity < length {
            capacity *= 2;
        }
        if capacity > self.capacity() {
            self.keys.inplace(|keys| grown(keys, capacity));
            self.values.inplace(|values| grown(values, capacity));
        }
    }
}

fn grown(x: Tensor<4>, capacity: usize) -> Tensor<4> {
    let [batch, heads, _, width] = x.dims();
    let room = Tensor::zeros([batch, heads, capacity, width], (&x.device(), x.dtype()));
    written(room, x, 0)
}

/// `new` in the place of what is there from `from` on.
fn written(whole: Tensor<4>, new: Tensor<4>, from: usize) -> Tensor<4> {
    let [batch, heads, length, width] = new.dims();
    whole.slice_assign([0..batch, 0..heads, from..from + length, 0..width], new.detach())
}
