//! Numbers to sample with: uniforms and normals of streams, in the precision and on the device of a distribution's parameters.

use burn::prelude::*;

use crate::random::Key;

/// `[rows, columns]` uniforms above 0 and below 1, symmetric about ½, in steps of 2⁻²³: each row from the stream of its own index.
pub(super) fn uniforms(key: Key, [rows, columns]: [usize; 2], like: &Tensor<2>) -> Tensor<2> {
    let row = |row: usize| {
        let key = Key { index: key.index + row as u64, ..key };
        key.words().take(columns).map(|word| ((word >> 9) as f32 + 0.5) / 8_388_608.0)
    };
    let values: Vec<f32> = (0..rows).flat_map(row).collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), (&like.device(), like.dtype()))
}

/// `[rows, columns]` standard normals: each row from the stream of its own index.
pub(super) fn normals(key: Key, [rows, columns]: [usize; 2], like: &Tensor<2>) -> Tensor<2> {
    key.normal_rows(rows, columns, &like.device()).cast(like.dtype())
}

/// `[rows, columns]` of Gumbel's distribution, `−ln(−ln u)`: the greatest of `ln p_k + g_k` is that of class `k` with probability `p_k`.
pub(super) fn gumbels(key: Key, dims: [usize; 2], like: &Tensor<2>) -> Tensor<2> {
    -(-uniforms(key, dims, like).log()).log()
}

/// The streams of a part of what is drawn: another for each `part`, and none of them the whole's own.
pub(super) fn part(key: Key, part: usize) -> Key {
    let name = Key { index: 0, ..key }.words().nth(part).expect("a stream should not end");
    key.draw(name)
}

/// The first of several proposals that is accepted, element by element; the last resort where none is.
pub(super) fn first_accepted(
    proposals: impl DoubleEndedIterator<Item = (Tensor<2>, Tensor<2, Bool>)>,
    last_resort: Tensor<2>,
) -> Tensor<2> {
    proposals.rev().fold(last_resort, |kept, (proposal, accepted)| kept.mask_where(accepted, proposal))
}
