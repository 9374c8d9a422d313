//! Tensors of the processor as slices of numbers.

use std::mem::MaybeUninit;

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::prelude::*;
use burn::tensor::DType;

use crate::threads;

pub(crate) type Primitive = FloatTensor<Flex>;

/// Its numbers in their order; `None` where they are not in single precision or lie otherwise.
pub(crate) fn floats(x: &Primitive) -> Option<&[f32]> {
    x.as_slice()
}

/// All of them as they are numbered; `None` where one is not in single precision.
pub(crate) fn all_straight<const N: usize>(tensors: [&Primitive; N]) -> Option<[Primitive; N]> {
    let single = tensors.iter().all(|x| x.dtype() == DType::F32);
    single.then(|| tensors.map(Primitive::to_contiguous))
}

/// The numbers of what lies as it is numbered.
pub(crate) fn numbers(x: &Primitive) -> &[f32] {
    floats(x).expect("what lies as it is numbered should be a slice")
}

/// A tensor of these numbers.
pub(crate) fn tensor(values: Vec<f32>, shape: Shape) -> Primitive {
    Primitive::from_data(TensorData::new(values, shape))
}

/// New memory, each part of which `work` writes to the last number, told where it begins.
pub(crate) fn fresh<T: Copy + Send>(
    size: usize,
    part: usize,
    work: impl Fn(usize, &mut [MaybeUninit<T>]) + Sync,
) -> Vec<T> {
    let mut nothing = vec![(); size.div_ceil(part.max(1))];
    fresh_beside(size, part, &mut nothing, 1, |from, out, _| work(from, out))
}

/// The same, with parts of a second slice beside.
#[expect(unsafe_code, reason = "memory that is about to be written need not be cleared first")]
pub(crate) fn fresh_beside<T: Copy + Send, U: Send>(
    size: usize,
    part: usize,
    beside: &mut [U],
    each: usize,
    work: impl Fn(usize, &mut [MaybeUninit<T>], &mut [U]) + Sync,
) -> Vec<T> {
    let mut all = Vec::with_capacity(size);
    threads::parts_beside(&mut all.spare_capacity_mut()[..size], part, beside, each, work);
    // SAFETY: there is room for `size` numbers, and every part of it has been written.
    unsafe {
        all.set_len(size);
    }
    all
}
