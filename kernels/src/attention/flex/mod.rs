//! The same on the processor: some queries at a time, whose scores lie in the nearest cache.

use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::prelude::*;

use super::{AttentionOps, Looking, reference};
use crate::flex::{Primitive, all_straight, numbers, tensor};
use crate::threads;
use crate::vectors::widest;

mod backward;
mod forward;
mod inputs;
mod rows;

use backward::{Backward, Found};
use forward::Forward;
pub(super) use forward::exponentials;
pub(super) use inputs::{Inputs, Sizes};

impl AttentionOps for Flex {
    fn attend(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        looking: Looking,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let Some(straight) = all_straight([&q, &k, &v, &bias, &seen]) else {
            return reference::attention::<Self>([q, k, v, bias, seen], looking);
        };
        let sizes = Sizes::of([&q, &k, &v, &bias, &seen], looking);
        let [q, k, v, bias, seen] = straight.each_ref().map(numbers);
        let inputs = Inputs { sizes: &sizes, q, k, v, bias, seen };
        let mut output = vec![0.0; sizes.batch * sizes.heads * sizes.queries * sizes.width];
        let mut logarithms = vec![0.0; sizes.batch * sizes.heads * sizes.queries];
        let [rows, each] = [sizes.queries * sizes.width, sizes.queries];
        threads::parts_beside(&mut output, rows, &mut logarithms, each, |from, output, logarithms| {
            let heads = output.chunks_exact_mut(rows).zip(logarithms.chunks_exact_mut(each));
            for (i, (output, logarithms)) in heads.enumerate() {
                widest(Forward { inputs: &inputs, head: from / rows + i, output, logarithms });
            }
        });
        let Sizes { batch, heads, queries, width, .. } = sizes;
        let output = tensor(output, Shape::new([batch, heads, queries, width]));
        (output, tensor(logarithms, Shape::new([batch, heads, queries])))
    }

    fn attend_backward(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        output: FloatTensor<Self>,
        logarithms: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        looking: Looking,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let all = [&q, &k, &v, &bias, &seen, &logarithms, &gradient];
        let Some(straight) = all_straight(all) else {
            return reference::backward::<Self>(
                [q, k, v, bias, seen],
                [output, logarithms, gradient],
                looking,
            );
        };
        let sizes = Sizes::of([&q, &k, &v, &bias, &seen], looking);
        let shapes = [&q, &k, &v].map(TensorMetadata::shape);
        let [q, k, v, bias, seen, logarithms, gradient] = straight.each_ref().map(numbers);
        let inputs = Inputs { sizes: &sizes, q, k, v, bias, seen };
        let found = threads::map(sizes.batch * sizes.few, |shared| {
            widest(Backward { inputs: &inputs, shared, logarithms, gradient })
        });
        let joined = |of: fn(&Found) -> &[f32]| found.iter().map(of).collect::<Vec<_>>().concat();
        let [dq, dk, dv] = shapes;
        (
            tensor(joined(|found| &found.dq), dq),
            tensor(joined(|found| &found.dk), dk),
            tensor(joined(|found| &found.dv), dv),
            narrowed(joined(|found| &found.dbias), &sizes),
        )
    }
}

/// Sums of slopes, `[batch, heads, queries | 1, keys | 1]`, to the bias's shape.
fn narrowed(sums: Vec<f32>, sizes: &Sizes) -> Primitive {
    let [b, h, t, s] = sizes.bias;
    let whole = tensor(sums, Shape::new([sizes.batch, sizes.heads, t, s]));
    let over = |sum, (dim, few): (usize, bool)| if few { Flex::float_sum_dim(sum, dim) } else { sum };
    [(0, b < sizes.batch), (1, h < sizes.heads)].into_iter().fold(whole, over)
}
