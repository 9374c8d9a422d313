//! Clusters of vectors: what falls to each code, and k-means.

use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;
use kiln_kernels::pairs::{Pairs, nearest};

use crate::random::Key;

/// The number of the nearest code of each vector, `[vectors]`.
pub(super) fn numbers(z: Tensor<2>, codes: Tensor<2>) -> Tensor<1, Int> {
    nearest(z, codes, 1, Pairs::All).1.squeeze_dim(1)
}

/// How many vectors fall to each of so many codes, `[codes]`, and their sums, `[codes, dimensions]`.
pub(super) fn gathered(z: Tensor<2>, numbers: Tensor<1, Int>, codes: usize) -> (Tensor<1>, Tensor<2>) {
    let ([rows, dimensions], device) = (z.dims(), z.device());
    let ones = Tensor::<1>::ones([rows], &device);
    let none = Tensor::<1>::zeros([codes], &device);
    let counts = none.select_assign(0, numbers.clone(), ones, IndexingUpdateOp::Add);
    let none = Tensor::<2>::zeros([codes, dimensions], &device);
    (counts, none.select_assign(0, numbers, z, IndexingUpdateOp::Add))
}

/// So many of the vectors, in an order drawn from the key; from the first again where there are fewer.
pub(super) fn chosen(z: &Tensor<2>, count: usize, key: Key) -> Tensor<2> {
    let order = key.permutation(z.dims()[0]);
    let order: Vec<i32> = order.iter().cycle().take(count).map(|row| *row as i32).collect();
    z.clone().select(0, Tensor::from_data(TensorData::new(order, [count]), &z.device()))
}

/// Codes moved so many times to the mean of what falls to them (Lloyd 1982, <https://doi.org/10.1109/TIT.1982.1056489>); those to which
/// nothing falls stay.
pub(super) fn k_means(
    z: &Tensor<2>,
    codes: Tensor<2>,
    rounds: usize,
    place: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Tensor<2> {
    (0..rounds).fold(codes, |codes, _| {
        let [count, dimensions] = codes.dims();
        let (counts, sums) = gathered(z.clone(), numbers(z.clone(), codes.clone()), count);
        let empty = counts.clone().lower_elem(0.5).unsqueeze_dim::<2>(1).expand([count, dimensions]);
        let means = place(sums / counts.clamp_min(1.0).unsqueeze_dim::<2>(1));
        means.mask_where(empty, codes)
    })
}
