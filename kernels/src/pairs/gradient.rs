//! Gradients: of what is found there are none, and what is quantised passes them straight through.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend};

use super::{Kernel, PairOps, Pairs, Search};

#[derive(Debug)]
struct Through;

impl<B: PairOps> Backward<B, 1> for Through {
    type State = ();

    fn backward(self, ops: Ops<(), 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let [x] = ops.parents;
        if let Some(x) = x {
            gradients.register::<B>(x.id, gradient);
        }
    }
}

impl<B: Backend + PairOps, C: CheckpointStrategy> PairOps for Autodiff<B, C> {
    fn nearest_rows(x: FloatTensor<Self>, y: FloatTensor<Self>, search: Search) -> FloatTensor<Self> {
        Self::from_inner(B::nearest_rows(Self::inner(x), Self::inner(y), search))
    }

    fn kernel_means(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        kernel: Kernel,
        pairs: Pairs,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::kernel_means(Self::inner(x), Self::inner(y), kernel, pairs))
    }

    fn straight_through(x: FloatTensor<Self>, value: FloatTensor<Self>) -> FloatTensor<Self> {
        let prepared = Through.prepare::<C>([x.node()]).compute_bound();
        prepared.stateless(B::straight_through(x.into_primitive(), Self::inner(value)))
    }
}
