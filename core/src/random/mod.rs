//! Randomness that is the same on every device and for every batch size.
//!
//! All of it comes from Philox4x32-10 (Salmon et al. 2011, <https://doi.org/10.1145/2063384.2063405>), keyed by seed,
//! purpose and index. A backend's own generator is never asked. Normals are the inverse distribution function of a word, in whole
//! numbers, so that the same bits come out on every processor, on every graphics adapter and in the browser.

use burn::prelude::*;
use kiln_kernels::normals::{self, Draws};

pub use kiln_kernels::normals::philox4x32_10;

/// What a random number is for. Streams of different purposes never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Initial weights; the index is a hash of the parameter's path.
    Weights = 1,
    /// The order in which a dataset is walked; the index is the epoch.
    Order = 2,
    /// The noise added in training and the noise that sampling starts from; the index is the sample's.
    Noise = 3,
    /// The noise that stochastic samplers add on their way; the index is the sample's, the draw is the step.
    SamplerNoise = 4,
    /// Noise levels (times) in training; the index is the sample's.
    Level = 5,
    /// Dropped activations; the index is the sample's.
    Dropout = 6,
    /// Samples of procedural data; the index is the sample's.
    Data = 7,
    /// Changes made to training data: shifts, dequantisation, hidden labels; the index is the sample's.
    Augment = 8,
    /// Directions, subsets and probes of metrics.
    Metric = 9,
    /// The Brownian path of stochastic samplers; the index is the sample's, the draw is the node of its tree.
    Brownian = 10,
    /// Which noise goes with which example, where that is drawn; the index is the batch's first sample.
    Coupling = 11,
}

/// Names one stream of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The run's or the request's seed.
    pub seed: u64,
    /// What the numbers are for.
    pub purpose: Purpose,
    /// Which sample, epoch or parameter; 56 bits are used.
    pub index: u64,
    /// Which of several draws for that index.
    pub draw: u32,
}

impl Key {
    /// The first draw of `index`.
    pub const fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        Self { seed, purpose, index, draw: 0 }
    }

    /// Another draw of the same index.
    pub const fn draw(self, draw: u32) -> Self {
        Self { draw, ..self }
    }

    /// What Philox turns into four words of the stream.
    fn counter(self, block: u32) -> [u32; 4] {
        let high = ((self.purpose as u32) << 24) | ((self.index >> 32) as u32 & 0x00FF_FFFF);
        [block, self.draw, self.index as u32, high]
    }

    /// Four words of the stream.
    fn block(self, block: u32) -> [u32; 4] {
        philox4x32_10(self.counter(block), [self.seed as u32, (self.seed >> 32) as u32])
    }

    /// The stream's words, in order.
    pub fn words(self) -> impl Iterator<Item = u32> {
        (0..=u32::MAX).flat_map(move |block| self.block(block))
    }

    /// A generator that hands out the stream's numbers one by one.
    pub fn stream(self) -> Stream {
        Stream { key: self, block: 0, words: [0; 4], used: 4 }
    }

    /// Fills `out` with standard normals: one word each, by inversion.
    pub fn fill_normal(self, out: &mut [f32]) {
        let features = out.len().max(1);
        self.fill_normal_rows(out, features);
    }

    /// Fills rows of `features` numbers with standard normals, each row as [`Key::fill_normal`] does of its own index: the first has
    /// this key's, the others those that follow.
    pub fn fill_normal_rows(self, out: &mut [f32], features: usize) {
        let features = features.max(1);
        self.draws(out.len() / features, features).fill(out);
    }

    /// The same numbers as a tensor, `[rows, features]` in single precision, drawn where the device computes.
    pub fn normal_rows(self, rows: usize, features: usize, device: &Device) -> Tensor<2> {
        self.draws(rows, features).tensor(device)
    }

    /// Words or numbers of rows, which a kernel draws.
    pub(crate) fn draws(self, rows: usize, features: usize) -> Draws {
        let [_, draw, low, high] = self.counter(0);
        let seed = [self.seed as u32, (self.seed >> 32) as u32];
        Draws { seed, first: [draw, low, high], rows, features }
    }

    /// Fills `out` with uniforms in `[0, 1)`: multiples of 2^-24.
    pub fn fill_uniform(self, out: &mut [f32]) {
        for (slot, word) in out.iter_mut().zip(self.words()) {
            *slot = (word >> 8) as f32 * (1.0 / 16_777_216.0);
        }
    }

    /// A permutation of `0..n` (Fisher and Yates).
    pub fn permutation(self, n: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut stream = self.stream();
        for i in (1..n).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        order
    }
}

/// A stream read number by number.
#[derive(Clone, Debug)]
pub struct Stream {
    key: Key,
    block: u32,
    words: [u32; 4],
    used: usize,
}

impl Stream {
    /// The next 32 bits.
    pub fn word(&mut self) -> u32 {
        if self.used == 4 {
            self.words = self.key.block(self.block);
            self.block = self.block.wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// Uniform in the open interval `(0, 1)`, 52 bits.
    pub fn uniform(&mut self) -> f64 {
        let bits = (u64::from(self.word()) << 20) | u64::from(self.word() >> 12);
        (bits as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        f64::from(normals::normal(self.word()))
    }

    /// Uniform in `0..n`, without the bias of a remainder to speak of (64 bits times `n`, the high word).
    pub fn below(&mut self, n: u64) -> u64 {
        let bits = (u64::from(self.word()) << 32) | u64::from(self.word());
        ((u128::from(bits) * u128::from(n)) >> 64) as u64
    }
}

/// A 56-bit index for a name (FNV-1a), for streams that belong to a path rather than to a number.
pub fn name_index(name: &str) -> u64 {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    (hash ^ (hash >> 56)) & 0x00FF_FFFF_FFFF_FFFF
}

#[cfg(test)]
mod tests;
