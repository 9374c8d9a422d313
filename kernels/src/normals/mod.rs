//! Standard normals by counter: a word of Philox to a number, by the inverse distribution function in whole numbers.
//!
//! ```text
//! (a, b, c, d) = philox4x32_10(counter, seed),   n = ±Φ⁻¹(1 − p),   p = (m + ½)/2³²,   m the lower 31 bits of a word, ± its highest
//! ```
//!
//! Weighted sums of draws, `Σ w_i n_i`, are drawn in one pass: an increment of a Brownian path is one of some thirty.
//!
//! Nothing is rounded but whole numbers, by shifts: processors, graphics adapters and browsers draw the same bits, which logarithms and
//! cosines do not promise. Inversion by piecewise polynomials: Hörmann and Leydold 2003, <https://doi.org/10.1145/945511.945517>; cut by
//! octaves for fixed-point numbers: Lee, Cheung, Villasenor and Luk 2006, <https://doi.org/10.1109/TVLSI.2006.878350>.

#[cfg(feature = "gpu")]
pub(crate) mod cube;
mod philox;
pub(crate) mod table;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::prelude::*;
use burn::tensor::DType;

pub use philox::philox4x32_10;
pub use table::exceeded;

use crate::threads;
use table::{FINE, POINT, ROWS, Row, TABLE};

/// Blocks that are worked on at a time.
const LANES: usize = 16;
/// Numbers that are worth another thread.
const PART: usize = 1 << 14;
/// Numbers of a draw that are added at a time: they stay in the nearest cache.
const TILE: usize = 1 << 12;

/// Where the numbers of a row come from: the counter's words above the number of the block.
pub type Stream = [u32; 3];

/// A draw, and what its numbers are weighed with.
pub type Weighted = (u32, f64);

/// Numbers that are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    /// Philox's key.
    pub seed: [u32; 2],
    /// The stream of the first row; the index of those that follow counts up through its last two words.
    pub first: Stream,
    /// Rows.
    pub rows: usize,
    /// Numbers in a row.
    pub features: usize,
}

impl Draws {
    /// The stream of a row.
    pub fn stream(&self, row: usize) -> Stream {
        let [draw, low, high] = self.first;
        let index = (u64::from(high) << 32 | u64::from(low)) + row as u64;
        [draw, index as u32, (index >> 32) as u32]
    }

    /// Into memory: `rows × features` numbers.
    pub fn fill(&self, out: &mut [f32]) {
        if out.is_empty() {
            return;
        }
        fill(out, self.features, self.seed, |row| self.stream(row));
    }

    /// On a device, where they are drawn: `[rows, features]` in single precision.
    pub fn tensor(&self, device: &Device) -> Tensor<2> {
        self.sum(vec![(self.first[0], 1.0)], device)
    }

    /// `Σ w_i n_i` of other draws of the same rows in the same way, added in their order; at least one.
    pub fn sum(&self, draws: Vec<Weighted>, device: &Device) -> Tensor<2> {
        let on = Tensor::<1>::empty([1], (device, DType::F32)).into_dispatch();
        Tensor::from_dispatch(<Dispatch as NormalOps>::normals_by_counter(on, *self, draws))
    }

    /// The same into memory.
    fn fill_sum(&self, draws: &[Weighted], out: &mut [f32]) {
        if let [(draw, 1.0)] = *draws {
            return self.of(draw).fill(out);
        }
        let features = self.features.max(1);
        let rows = (TILE / features).max(1);
        threads::parts(out, rows * features, |from, out| {
            let mut tile = vec![0.0; out.len().min(rows * features)];
            for (i, out) in out.chunks_mut(rows * features).enumerate() {
                let tile = &mut tile[..out.len()];
                out.fill(0.0);
                for (draw, weight) in draws {
                    let of = self.of(*draw);
                    fast(tile, features, self.seed, |row| of.stream(from / features + i * rows + row));
                    let weight = *weight as f32;
                    out.iter_mut().zip(&*tile).for_each(|(sum, n)| *sum += weight * n);
                }
            }
        });
    }

    fn of(&self, draw: u32) -> Self {
        Self { first: [draw, self.first[1], self.first[2]], ..*self }
    }
}

/// What a backend has to offer; the body here is what it means.
#[backend_extension(Flex: cfg(feature = "flex"), Cube: cfg(feature = "gpu"), Fusion: cfg(feature = "fusion"), Autodiff)]
pub trait NormalOps: Backend {
    /// [`Draws::sum`], on the device of `on`.
    #[fusion(dtype = DType::F32, shape = Shape::new([draws.rows, draws.features]))]
    fn normals_by_counter(on: FloatTensor<Self>, draws: Draws, weighted: Vec<Weighted>) -> FloatTensor<Self> {
        let mut values = vec![0.0; draws.rows * draws.features];
        draws.fill_sum(&weighted, &mut values);
        Self::float_from_data(TensorData::new(values, [draws.rows, draws.features]), &on.device())
    }
}

#[cfg(feature = "flex")]
impl NormalOps for burn::backend::Flex {}

impl<B: Backend + NormalOps, C: CheckpointStrategy> NormalOps for Autodiff<B, C> {
    fn normals_by_counter(on: FloatTensor<Self>, draws: Draws, weighted: Vec<Weighted>) -> FloatTensor<Self> {
        use burn::backend::AutodiffBackend;
        Self::from_inner(B::normals_by_counter(Self::inner(on), draws, weighted))
    }
}

/// Fills rows of `features` numbers: those of row `i` from the stream that `stream` has for it.
///
/// A row begins with a block of its own, so that it does not depend on which rows are drawn with it.
fn fill(out: &mut [f32], features: usize, seed: [u32; 2], stream: impl Fn(usize) -> Stream + Sync) {
    let rows = (PART / features).max(1);
    threads::parts(out, rows * features, |from, out| {
        fast(out, features, seed, |row| stream(from / features + row));
    });
}

/// The standard normal of a word: with the precision of single precision from 1 on, below it with 24 bits behind the point.
pub fn normal(word: u32) -> f32 {
    let (row, u) = place(word);
    value(word, u, TABLE[row])
}

const SIGN: u32 = 1 << 31;
const UNIT: u32 = 1 << 24;

/// Where a word lies: its row of the table, and where between the row's ends, in units of 2⁻³².
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn place(word: u32) -> (usize, u32) {
    let m = (word & !SIGN).max(1);
    // As many bits as single precision has, so that the number's own bits tell octave, interval and place.
    let m = if m < 1 << 28 { m } else { m & !0x7F };
    let m = if m < UNIT { m } else { m & !0xF };
    let bits = (m as i32 as f32).to_bits();
    let row = (bits >> (23 - FINE)).wrapping_sub(127 << FINE);
    (row as usize % ROWS, bits << (9 + FINE))
}

/// The number of a word at a place of a row.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn value(word: u32, u: u32, [c0, c1, c2, _]: Row) -> f32 {
    let z = (c0 as i32 - high(u, c1 - high(u, c2)) as i32).max(0) as u32;
    // From 2⁻²⁸ to what single precision holds.
    let z = (z + (1 << (POINT - 25))) >> (POINT - 24);
    let z = if z < UNIT { z } else { (z + 4) & !7 };
    f32::from_bits((z as i32 as f32 * (1.0 / UNIT as f32)).to_bits() | (word & SIGN))
}

/// The higher word of a product.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn high(a: u32, b: u32) -> u32 {
    ((u64::from(a) * u64::from(b)) >> 32) as u32
}

/// With the widest vectors that the processor has.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "what the processor has is known only when the program runs")]
fn fast(out: &mut [f32], features: usize, seed: [u32; 2], stream: impl Fn(usize) -> Stream) {
    if !std::arch::is_x86_feature_detected!("avx2") {
        return rows(out, features, seed, stream);
    }
    // SAFETY: the processor has just said that it has AVX2.
    unsafe {
        avx2(out, features, seed, stream);
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn fast(out: &mut [f32], features: usize, seed: [u32; 2], stream: impl Fn(usize) -> Stream) {
    rows(out, features, seed, stream);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(out: &mut [f32], features: usize, seed: [u32; 2], stream: impl Fn(usize) -> Stream) {
    rows(out, features, seed, stream);
}

/// Whole rows, `LANES` blocks at a time: of one row where it is as long as that, otherwise whichever rows they belong to.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn rows(out: &mut [f32], features: usize, seed: [u32; 2], stream: impl Fn(usize) -> Stream) {
    let table: &[Row; ROWS] = &TABLE;
    for (row, out) in out.chunks_exact_mut(features).enumerate() {
        let stream = stream(row);
        for (part, out) in out.as_chunks_mut::<{ 4 * LANES }>().0.iter_mut().enumerate() {
            let block = (part * LANES) as u32;
            let blocks = std::array::from_fn(|lane| block + lane as u32);
            let normals = normals(
                table,
                &[blocks, [stream[0]; LANES], [stream[1]; LANES], [stream[2]; LANES]],
                seed,
                4,
            );
            for (lane, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *out = std::array::from_fn(|word| normals[word][lane]);
            }
        }
    }
    rests(table, out, features, seed, stream);
}

/// What is left of each row, `LANES` blocks at a time.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn rests(
    table: &[Row; ROWS],
    out: &mut [f32],
    features: usize,
    seed: [u32; 2],
    stream: impl Fn(usize) -> Stream,
) {
    let first = features / (4 * LANES) * LANES;
    let blocks = features.div_ceil(4) - first;
    let count = out.len() / features * blocks;
    let (mut row, mut block) = (0, 0);
    for from in (0..count).step_by(LANES) {
        let lanes = LANES.min(count - from);
        let mut counters = [[0; LANES]; 4];
        let mut slots = [(0, 0); LANES];
        for lane in 0..lanes {
            let at = 4 * (first + block);
            let [draw, low, high] = stream(row);
            counters
                .iter_mut()
                .zip([at as u32 / 4, draw, low, high])
                .for_each(|(words, word)| words[lane] = word);
            slots[lane] = (row * features + at, (features - at).min(4));
            block += 1;
            if block == blocks {
                (row, block) = (row + 1, 0);
            }
        }
        let normals = normals(table, &counters, seed, features.min(4));
        for (lane, (at, width)) in slots[..lanes].iter().enumerate() {
            for (word, out) in out[*at..at + width].iter_mut().enumerate() {
                *out = normals[word][lane];
            }
        }
    }
}

/// The numbers of `LANES` blocks, of the first words of each.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn normals(
    table: &[Row; ROWS],
    counters: &[[u32; LANES]; 4],
    seed: [u32; 2],
    used: usize,
) -> [[f32; LANES]; 4] {
    let mut words = [[0; LANES]; 4];
    for lane in 0..LANES {
        let [a, b, c, d] = philox4x32_10(std::array::from_fn(|word| counters[word][lane]), seed);
        (words[0][lane], words[1][lane], words[2][lane], words[3][lane]) = (a, b, c, d);
    }
    let mut normals = [[0.0; LANES]; 4];
    for (normals, words) in normals.iter_mut().zip(words).take(used) {
        *normals = inverted(table, words);
    }
    normals
}

/// [`normal`] of each word, in three passes, of which only the reads are one by one.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn inverted(table: &[Row; ROWS], words: [u32; LANES]) -> [f32; LANES] {
    let (mut rows, mut places) = ([0; LANES], [0; LANES]);
    for lane in 0..LANES {
        let (row, u) = place(words[lane]);
        (rows[lane], places[lane]) = (row as u32, u);
    }
    let mut read = [[0; LANES]; 3];
    for lane in 0..LANES {
        let [c0, c1, c2, _] = table[rows[lane] as usize % ROWS];
        (read[0][lane], read[1][lane], read[2][lane]) = (c0, c1, c2);
    }
    std::array::from_fn(|lane| {
        value(words[lane], places[lane], [read[0][lane], read[1][lane], read[2][lane], 0])
    })
}

#[cfg(test)]
mod tests;
