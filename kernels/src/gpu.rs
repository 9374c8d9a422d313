//! Tensors of graphics adapters, and what their kernels share.
//!
//! WebGPU promises little, and every kernel keeps to it: seven tensors, 256 invocations, 16 KiB of shared memory, and no operation across a
//! subgroup.

use burn::tensor::{DType, Shape};
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

/// Invocations of a workgroup that sums together.
pub(crate) const UNITS: u32 = 256;
/// Workgroups that one axis may have.
const MOST: usize = 65_535;

/// Rounds of all loops of an invocation, about: software adapters leave a loop when there have been 65,535 in all, without a word, and
/// browsers end what takes seconds. What takes more is done in several launches.
pub(crate) const ROUNDS: usize = 1 << 15;

/// All of them as they are numbered; nothing where one is not in single precision, is empty, or has more numbers than a kernel can count,
/// which the reference has to deal with.
pub(crate) fn straight<const N: usize>(tensors: [&CubeTensor; N]) -> Option<[CubeTensor; N]> {
    let fit = |x: &&CubeTensor| {
        x.dtype == DType::F32 && x.meta.num_elements() > 0 && counted(x.meta.num_elements())
    };
    tensors.iter().all(fit).then(|| tensors.map(|x| into_contiguous(x.clone())))
}

/// Whether kernels, whose places are numbers of 32 bits, can count so many numbers.
pub(crate) fn counted(numbers: usize) -> bool {
    u32::try_from(numbers).is_ok()
}

/// New memory where `on` lies.
pub(crate) fn fresh(on: &CubeTensor, shape: Shape) -> CubeTensor {
    empty_device_contiguous_dtype(on.client.clone(), on.device.clone(), shape, DType::F32)
}

/// So many workgroups, or a few more: a kernel has to ask whether it is one too many.
pub(crate) fn workgroups(count: usize) -> CubeCount {
    let rows = count.div_ceil(MOST).max(1);
    CubeCount::Static(count.div_ceil(rows) as u32, rows as u32, 1)
}

/// Workgroups of `UNITS` for so many invocations.
pub(crate) fn invocations(count: usize) -> (CubeCount, CubeDim) {
    (workgroups(count.div_ceil(UNITS as usize)), CubeDim::new_1d(UNITS))
}

/// The sum of a number of each of a workgroup's `UNITS` invocations, known to all of them.
#[cube]
pub(crate) fn sum_of_units(x: f32, shared: &mut Shared<[f32]>) -> f32 {
    reduced(x, shared, UNITS, false)
}

/// The same among so many neighbours, a power of two.
#[cube]
pub(crate) fn sum_of_team(x: f32, shared: &mut Shared<[f32]>, #[comptime] team: u32) -> f32 {
    reduced(x, shared, team, false)
}

/// The greatest of them.
#[cube]
pub(crate) fn most_of_units(x: f32, shared: &mut Shared<[f32]>) -> f32 {
    reduced(x, shared, UNITS, true)
}

#[cube]
fn reduced(x: f32, shared: &mut Shared<[f32]>, #[comptime] team: u32, #[comptime] most: bool) -> f32 {
    let unit = UNIT_POS as usize;
    let place = (UNIT_POS % team) as usize;
    // Who still reads the last one is waited for.
    sync_cube();
    shared[unit] = x;
    sync_cube();
    #[unroll]
    for i in 0..comptime!(team.ilog2()) {
        let half = comptime!((team >> (i + 1)) as usize);
        if place < half {
            let (own, other) = (shared[unit], shared[unit + half]);
            if comptime!(most) {
                shared[unit] = max(own, other);
            } else {
                shared[unit] = own + other;
            }
        }
        sync_cube();
    }
    shared[unit - place]
}

/// `tanh x`, as on the processor: what drivers call so may overflow, or miss by more.
#[cube]
pub(crate) fn tanh(x: f32) -> f32 {
    let square = x * x;
    let p = (-5.704_988_7e-3f32 * square + 2.063_908_8e-2f32) * square - 5.373_971_6e-2f32;
    let p = (p * square + 0.133_314_42f32) * square - 0.333_332_8f32;
    let small = (-2.0f32 * x.abs()).exp();
    let far = (1.0f32 - small) / (1.0f32 + small);
    let far = select(x < 0.0f32, -far, far);
    select(x.abs() < 0.625f32, x + x * (square * p), far)
}

/// Numbers of a row of a product's factor that lie in shared memory at a time.
pub(crate) const DEEP: u32 = 16;
/// From one row to the next there: one more, so that rows begin in different banks.
pub(crate) const LINE: u32 = DEEP + 1;

/// Numbers of `[.., dim]` from `deep` on, of `height` rows from `first` on, into shared memory by all `units` of a workgroup; zero is what
/// there is not.
#[cube]
pub(crate) fn load_rows(
    from: &Tensor<f32>,
    first: u32,
    rows: u32,
    deep: u32,
    dim: u32,
    to: &mut Shared<[f32]>,
    #[comptime] height: u32,
    #[comptime] units: u32,
) {
    let mut i = UNIT_POS;
    while i < comptime!(height * DEEP) {
        let (row, at) = (first + i / DEEP, deep + i % DEEP);
        let inside = row < rows && at < dim;
        let place = select(inside, row * dim + at, 0u32);
        to[(i / DEEP * LINE + i % DEEP) as usize] = select(inside, from[place as usize], 0.0f32);
        i += comptime!(units);
    }
}

/// `1 / (1 + e^−x)`.
#[cube]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0f32 / (1.0f32 + (-x).exp())
}
