//! What is computed in registers: some rows of a product at some consecutive places.

use pulp::{Simd, WithSimd};

/// Rows that are computed together, at two vectors of places: eight sums are as many as the units for them have under way, and with what
/// they are made of they fit into sixteen registers (with twelve, one was kept in memory, at half the speed).
pub(crate) const ROWS: usize = 4;

/// Where the taps' numbers lie.
pub(crate) struct Taps {
    offsets: Vec<usize>,
    furthest: usize,
}

impl Taps {
    pub fn at(offsets: impl IntoIterator<Item = usize>) -> Self {
        let offsets: Vec<usize> = offsets.into_iter().collect();
        let furthest = offsets.iter().max().copied().unwrap_or(0);
        Self { offsets, furthest }
    }
}

/// What one block of rows reads.
pub(crate) struct Block<'a> {
    /// `[channels, taps, ROWS]`.
    pub weights: &'a [f32],
    pub x: &'a [f32],
    /// Numbers from one channel to the next.
    pub channel: usize,
    pub taps: &'a Taps,
}

impl Block<'_> {
    /// `out[r, p] = Σ_c Σ_t w[c, t, r] x[c, offset_t + p]` for `places` of p, rounded up to whole vectors, beside what is there already if
    /// it is to be added; `out` is `[ROWS, width]`.
    #[inline(always)]
    pub fn compute<S: Simd>(&self, simd: S, places: usize, add: bool, out: &mut [f32], width: usize) {
        let vectors = places.div_ceil(S::F32_LANES);
        self.check(vectors * S::F32_LANES, out.len(), width);
        // A function of its own, of which there is one, not one wherever it is called.
        Simd::vectorize(simd, Tiles { block: self, vectors, add, out, width });
    }

    /// What the reads and writes below rely on.
    fn check(&self, places: usize, out: usize, width: usize) {
        let taps = self.taps.offsets.len() * ROWS;
        let channels = self.weights.len().checked_div(taps).unwrap_or(0);
        assert_eq!(channels * taps, self.weights.len());
        let last = channels.saturating_sub(1) * self.channel + self.taps.furthest;
        assert!(channels == 0 || last + places <= self.x.len());
        assert!(places <= width && ROWS * width <= out);
    }

    #[inline(always)]
    #[expect(unsafe_code, reason = "a check of each of the reads would cost as much as the sums")]
    fn tile<S: Simd, const V: usize>(
        &self,
        simd: S,
        from: usize,
        add: bool,
        out: &mut [f32],
        width: usize,
    ) -> usize {
        let mut sums = [[simd.splat_f32s(0.0); V]; ROWS];
        if add {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: `check` has seen that a row holds all places.
                    *sum = unsafe { load::<S>(out, r * width + from + v * S::F32_LANES) };
                }
            }
        }
        let taps = self.taps.offsets.len() * ROWS;
        for (c, weights) in self.weights.chunks_exact(taps.max(1)).enumerate() {
            let base = c * self.channel + from;
            for (weights, offset) in weights.chunks_exact(ROWS).zip(&self.taps.offsets) {
                // SAFETY: `check` has seen that the last place of the last channel lies within.
                let x: [S::f32s; V] =
                    std::array::from_fn(|v| unsafe { load::<S>(self.x, base + offset + v * S::F32_LANES) });
                for (sums, weight) in sums.iter_mut().zip(weights) {
                    let weight = simd.splat_f32s(*weight);
                    for (sum, x) in sums.iter_mut().zip(x) {
                        *sum = simd.mul_add_e_f32s(weight, x, *sum);
                    }
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                // SAFETY: `check` has seen that a row holds all places.
                unsafe { store::<S>(out, r * width + from + v * S::F32_LANES, *sum) }
            }
        }
        V
    }
}

/// All tiles of a block.
struct Tiles<'a> {
    block: &'a Block<'a>,
    vectors: usize,
    add: bool,
    out: &'a mut [f32],
    width: usize,
}

impl WithSimd for Tiles<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { block, vectors, add, out, width } = self;
        let mut from = 0;
        while from < vectors {
            let place = from * S::F32_LANES;
            from += match vectors - from {
                1 => block.tile::<S, 1>(simd, place, add, out, width),
                _ => block.tile::<S, 2>(simd, place, add, out, width),
            };
        }
    }
}

/// Columns of a gradient of weights that are computed together.
pub(crate) const COLUMNS: usize = 3;

/// What one block of rows of the weights' gradient reads.
pub(crate) struct Products<'a> {
    /// `[samples, ROWS, places]`, `sample` numbers apart.
    pub rows: &'a [f32],
    pub row_sample: usize,
    pub places: usize,
    /// `[samples, ..]`, `sample` numbers apart.
    pub x: &'a [f32],
    pub x_sample: usize,
    pub samples: usize,
}

impl Products<'_> {
    /// `Σ_n Σ_p rows[n, r, p] x[n, offset_k + p]` for each row and each of the columns.
    #[inline(always)]
    #[expect(unsafe_code, reason = "a check of each of the reads would cost as much as the sums")]
    pub fn compute<S: Simd>(&self, simd: S, offsets: [usize; COLUMNS]) -> [[f32; COLUMNS]; ROWS] {
        let furthest = offsets.iter().max().copied().unwrap_or(0);
        let last = self.samples - 1;
        assert!(self.places.is_multiple_of(S::F32_LANES));
        assert!(last * self.row_sample + ROWS * self.places <= self.rows.len());
        assert!(last * self.x_sample + furthest + self.places <= self.x.len());
        let mut sums = [[simd.splat_f32s(0.0); COLUMNS]; ROWS];
        for n in 0..self.samples {
            for p in (0..self.places).step_by(S::F32_LANES) {
                // SAFETY: the last place of the last sample has been seen to lie within.
                let x: [S::f32s; COLUMNS] =
                    offsets.map(|offset| unsafe { load::<S>(self.x, n * self.x_sample + offset + p) });
                for (r, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: the same.
                    let row = unsafe { load::<S>(self.rows, n * self.row_sample + r * self.places + p) };
                    for (sum, x) in sums.iter_mut().zip(x) {
                        *sum = simd.mul_add_e_f32s(row, x, *sum);
                    }
                }
            }
        }
        sums.map(|sums| sums.map(|sum| simd.reduce_sum_f32s(sum)))
    }
}

/// SAFETY: a vector from `at` on must lie within.
#[inline(always)]
#[expect(unsafe_code, reason = "vectors lie at any place")]
unsafe fn load<S: Simd>(x: &[f32], at: usize) -> S::f32s {
    // SAFETY: as above; any bits are numbers.
    unsafe { x.as_ptr().add(at).cast::<S::f32s>().read_unaligned() }
}

/// SAFETY: a vector from `at` on must lie within.
#[inline(always)]
#[expect(unsafe_code, reason = "vectors lie at any place")]
unsafe fn store<S: Simd>(out: &mut [f32], at: usize, value: S::f32s) {
    // SAFETY: as above.
    unsafe { out.as_mut_ptr().add(at).cast::<S::f32s>().write_unaligned(value) }
}
