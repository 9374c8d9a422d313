//! The same on the processor, of the slices that tensors are there.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::Shape;

use super::{Kernel, PairOps, Pairs, Search, host, reference};
use crate::flex::{all_straight, numbers, tensor};

impl PairOps for Flex {
    fn nearest_rows(x: FloatTensor<Self>, y: FloatTensor<Self>, search: Search) -> FloatTensor<Self> {
        let Some(straight) = all_straight([&x, &y]) else {
            return reference::nearest::<Self>(x, y, search);
        };
        let ([n, dim], Search { k, pairs }) = (x.shape().dims(), search);
        let [x, y] = straight.each_ref().map(numbers);
        let (mut found, numbers) = host::nearest(x, y, dim, k, pairs);
        found.extend(numbers.into_iter().map(|number| number as f32));
        tensor(found, Shape::new([2, n, k]))
    }

    fn kernel_means(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        kernel: Kernel,
        pairs: Pairs,
    ) -> FloatTensor<Self> {
        let Some(straight) = all_straight([&x, &y]) else {
            return reference::kernel_means::<Self>(x, y, &kernel, pairs);
        };
        let [n, dim] = x.shape().dims();
        let [x, y] = straight.each_ref().map(numbers);
        let means = host::kernel_mean(x, y, dim, &kernel, pairs);
        tensor(means.into_iter().map(|mean| mean as f32).collect(), Shape::new([n]))
    }
}
