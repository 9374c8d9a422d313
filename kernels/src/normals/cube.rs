//! The same on graphics adapters: an invocation draws a block of each draw and adds them up.

use std::cell::RefCell;

use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Shape};
use burn_cubecl::cubecl::prelude::*;
use burn_cubecl::cubecl::{self, calculate_cube_count_elemwise};
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{CubeBackend, CubeDevice};

use super::table::{FINE, POINT};
use super::{Draws, NormalOps, ROWS, TABLE, Weighted};

impl NormalOps for CubeBackend {
    fn normals_by_counter(on: FloatTensor<Self>, draws: Draws, weighted: Vec<Weighted>) -> FloatTensor<Self> {
        let CubeTensor { client, device, .. } = on;
        let table = table(&client, &device);
        let shape = Shape::new([draws.rows, draws.features]);
        let out = empty_device_contiguous_dtype(client.clone(), device, shape, DType::F32);
        let blocks = draws.features.div_ceil(4);
        let count = draws.rows * blocks;
        if count == 0 {
            return out;
        }
        let (names, weights): (Vec<u32>, Vec<f32>) =
            weighted.iter().map(|(draw, weight)| (*draw, *weight as f32)).unzip();
        let list = |bytes: &[u8], dtype| {
            let (handle, shape) = (client.create_from_slice(bytes), Shape::new([weighted.len()]));
            CubeTensor::new_contiguous(client.clone(), out.device.clone(), shape, handle, dtype)
        };
        let names = list(u32::as_bytes(&names), DType::U32);
        let weights = list(f32::as_bytes(&weights), DType::F32);
        let dim = CubeDim::new(&client, count);
        normals_kernel::launch(
            &client,
            calculate_cube_count_elemwise(&client, count, dim),
            dim,
            table.into_tensor_arg(),
            names.into_tensor_arg(),
            weights.into_tensor_arg(),
            out.clone().into_tensor_arg(),
            draws.launch(),
            draws.features as u32,
            blocks as u32,
        );
        out
    }
}

impl Draws {
    /// What a kernel is told of them.
    pub(crate) fn launch(&self) -> StreamLaunch {
        let ([seed_low, seed_high], [draw, low, high]) = (self.seed, self.first);
        StreamLaunch::new(seed_low, seed_high, draw, low, high)
    }
}

/// The table in a device's memory, where it stays.
pub(crate) fn table(client: &Client, device: &CubeDevice) -> CubeTensor {
    thread_local! {
        static TABLES: RefCell<Vec<CubeTensor>> = const { RefCell::new(Vec::new()) };
    }
    TABLES.with_borrow_mut(|tables| {
        if let Some(table) = tables.iter().find(|table| table.device == *device) {
            return table.clone();
        }
        let words: Vec<u32> = TABLE.iter().flatten().copied().collect();
        let handle = client.create_from_slice(u32::as_bytes(&words));
        let shape = Shape::new([4 * ROWS]);
        let table = CubeTensor::new_contiguous(client.clone(), device.clone(), shape, handle, DType::U32);
        tables.push(table.clone());
        table
    })
}

/// Where a row's numbers come from: seed, draw, and the index of the first row.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
pub(crate) struct Stream {
    pub seed_low: u32,
    pub seed_high: u32,
    pub draw: u32,
    pub low: u32,
    pub high: u32,
}

#[cube(launch)]
fn normals_kernel(
    table: &Tensor<u32>,
    draws: &Tensor<u32>,
    weights: &Tensor<f32>,
    out: &mut Tensor<f32>,
    stream: Stream,
    features: u32,
    blocks: u32,
) {
    let at = ABSOLUTE_POS as u32;
    let row = at / blocks;
    let block = at % blocks;
    let begin = (row * features + 4u32 * block) as usize;
    if begin >= out.len() {
        terminate!();
    }
    let width = min(features - 4u32 * block, 4u32);
    let mut sums = Array::<f32>::new(4usize);
    #[unroll]
    for word in 0..4usize {
        sums[word] = 0.0f32;
    }
    for i in 0..draws.len() {
        let words = block_of_words(&stream, draws[i], row, block);
        #[unroll]
        for word in 0..4usize {
            sums[word] += weights[i] * normal(table, words[word]);
        }
    }
    for word in 0..width {
        out[begin + word as usize] = sums[word as usize];
    }
}

/// The four words of a block of a row.
#[cube]
pub(crate) fn block_of_words(stream: &Stream, draw: u32, row: u32, block: u32) -> Array<u32> {
    let mut counter = Array::<u32>::new(4usize);
    let low = stream.low + row;
    counter[0] = block;
    counter[1] = draw;
    counter[2] = low;
    counter[3] = stream.high + u32::cast_from(low < row);
    #[unroll]
    for round in 0..10u32 {
        let low = stream.seed_low + round * 0x9E37_79B9u32;
        let high = stream.seed_high + round * 0xBB67_AE85u32;
        philox_round(&mut counter, low, high);
    }
    counter
}

#[cube]
fn philox_round(c: &mut Array<u32>, low: u32, high: u32) {
    let m0 = 0xD251_1F53u32;
    let m1 = 0xCD9E_8D57u32;
    let a = c[0];
    let b = c[2];
    let first = b.mul_hi(m1) ^ c[1] ^ low;
    let third = a.mul_hi(m0) ^ c[3] ^ high;
    c[0] = first;
    c[1] = b * m1;
    c[2] = third;
    c[3] = a * m0;
}

/// [`super::normal`].
#[cube]
pub(crate) fn normal(table: &Tensor<u32>, word: u32) -> f32 {
    let unit = comptime!(1u32 << 24);
    let m = max(word & 0x7FFF_FFFFu32, 1u32);
    let m = select(m < 0x1000_0000u32, m, m & 0xFFFF_FF80u32);
    let m = select(m < unit, m, m & 0xFFFF_FFF0u32);
    let zeros = m.leading_zeros();
    // The highest bit falls off; octave, then interval.
    let rest = (m << zeros) << 1u32;
    let fine = comptime!(FINE);
    let row = ((31u32 - zeros) << fine) + (rest >> comptime!(32 - FINE));
    // As many bits as the processor's way has.
    let u = (rest << fine) & 0xFFFF_C000u32;
    let at = (row * 4u32) as usize;
    let c0 = table[at];
    let down = u.mul_hi(table[at + 1] - u.mul_hi(table[at + 2]));
    let z = select(c0 > down, c0 - down, 0u32);
    let z = (z + comptime!(1u32 << (POINT - 25))) >> comptime!(POINT - 24);
    let z = select(z < unit, z, (z + 4u32) & 0xFFFF_FFF8u32);
    let size = f32::cast_from(z) * comptime!(1.0f32 / 16_777_216.0f32);
    select(word < 0x8000_0000u32, size, -size)
}
