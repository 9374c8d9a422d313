//! Standard normals by counter: many blocks of Philox and many pairs of Box and Muller at a time.
//!
//! ```text
//! (a, b, c, d) = philox4x32_10(counter, seed),   n_0, n_1 = sqrt(−2 ln u) (cos 2πv, sin 2πv),   u = (a + ½)/2³²,  v = (b + ½)/2³²
//! ```
//!
//! Box and Muller 1958, <https://doi.org/10.1214/aoms/1177706645>. The meaning is [`pair`]: logarithm, sine and cosine are `libm`'s, so
//! that the same bits come out on every platform. [`lanes`] does the same operations in the same order without a branch, which a
//! compiler turns into vector instructions; the few angles for which `libm` takes another way are left to it.

mod philox;
mod lanes;

pub use philox::philox4x32_10;

use crate::threads;

/// Blocks that are worked on at a time.
const LANES: usize = 16;
/// Fewer are quicker one by one.
const FEWEST: usize = 4;
/// Numbers that are worth another thread.
const PART: usize = 1 << 13;

/// Where the numbers of a row come from: the counter's words above the number of the block.
pub type Stream = [u32; 3];

/// Fills rows of `features` numbers: those of row `i` from the stream that `stream` has for it.
///
/// A row begins with a block of its own, so that it does not depend on which rows are drawn with it.
pub fn fill(out: &mut [f32], features: usize, seed: [u32; 2], stream: impl Fn(usize) -> Stream + Sync) {
    let rows = (PART / features).max(1);
    threads::parts(out, rows * features, |from, out| {
        fast(out, features, seed, |row| stream(from / features + row));
    });
}

/// Two independent standard normals from two words.
pub fn pair(a: u32, b: u32) -> (f64, f64) {
    let u = (f64::from(a) + 0.5) / 4_294_967_296.0;
    let v = (f64::from(b) + 0.5) / 4_294_967_296.0;
    let radius = libm::sqrt(-2.0 * libm::log(u));
    let (sin, cos) = libm::sincos(std::f64::consts::TAU * v);
    (radius * cos, radius * sin)
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

/// Whole rows, `LANES` blocks at a time, whichever rows they belong to.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
fn rows(out: &mut [f32], features: usize, seed: [u32; 2], stream: impl Fn(usize) -> Stream) {
    let (mut row, mut block) = (0, 0);
    let blocks = features.div_ceil(4);
    let mut left = out.len() / features * blocks;
    while left > 0 {
        let lanes = left.min(LANES);
        let (mut counters, mut slots) = ([[0; LANES]; 4], [(0, 0); LANES]);
        for lane in 0..lanes {
            let [draw, index, high] = stream(row);
            (counters[0][lane], counters[1][lane]) = (block as u32, draw);
            (counters[2][lane], counters[3][lane]) = (index, high);
            slots[lane] = (row * features + 4 * block, (features - 4 * block).min(4));
            block += 1;
            if block == blocks {
                (row, block) = (row + 1, 0);
            }
        }
        left -= lanes;
        // A block or two do not fill a vector.
        let normals =
            if lanes < FEWEST { alone(&counters, seed, lanes) } else { lanes::normals(&counters, seed) };
        for (lane, (at, width)) in slots[..lanes].iter().enumerate() {
            let numbers: [f32; 4] = std::array::from_fn(|word| normals[word][lane]);
            match width {
                4 => out[*at..at + 4].copy_from_slice(&numbers),
                _ => out[*at..].iter_mut().zip(numbers).take(*width).for_each(|(out, n)| *out = n),
            }
        }
    }
}

/// The counters' words by lane, and the normals that they become.
type Counters = [[u32; LANES]; 4];
type Normals = [[f32; LANES]; 4];

/// One block after the other.
fn alone(counters: &Counters, seed: [u32; 2], lanes: usize) -> Normals {
    let mut normals = [[0.0; LANES]; 4];
    for lane in 0..lanes {
        let [a, b, c, d] = philox4x32_10(std::array::from_fn(|word| counters[word][lane]), seed);
        let ((n0, n1), (n2, n3)) = (pair(a, b), pair(c, d));
        for (normals, n) in normals.iter_mut().zip([n0, n1, n2, n3]) {
            normals[lane] = n as f32;
        }
    }
    normals
}

#[cfg(test)]
mod tests;
