//! Its adjoint. Cheap: where memory is scarce the output is computed again.

use std::marker::PhantomData;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::retro_forward::RetroForward;
use burn::backend::autodiff::checkpoint::state::BackwardStates;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::{ActivationOps, Gate};

#[derive(Debug)]
struct Gated;

impl<B: ActivationOps> Backward<B, 1> for Gated {
    type State = (NodeId, Gate);

    fn backward(
        self,
        ops: Ops<(NodeId, Gate), 1>,
        gradients: &mut Gradients,
        checkpoints: &mut Checkpointer,
    ) {
        let (node, gate) = ops.state;
        let x = checkpoints.retrieve_node_output(node);
        unary::<B, _>(ops.parents, ops.node, gradients, |gradient| B::gated_backward(x, gradient, gate));
    }
}

#[derive(Debug)]
struct Again<B> {
    x: NodeId,
    gate: Gate,
    backend: PhantomData<B>,
}

impl<B: ActivationOps> RetroForward for Again<B> {
    fn forward(&self, states: &mut BackwardStates, node: NodeId) {
        let x = states.get_state::<FloatTensor<B>>(&self.x);
        states.save(node, B::gated(x, self.gate));
    }
}

impl<B: Backend + ActivationOps, C: CheckpointStrategy> ActivationOps for Autodiff<B, C> {
    fn gated(x: FloatTensor<Self>, gate: Gate) -> FloatTensor<Self> {
        let again = Again::<B> { x: x.id(), gate, backend: PhantomData };
        let prepared =
            Gated.prepare::<C>([x.node()]).memory_bound().retro_forward(again).parents([&x]).stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = prepared.checkpoint(&x);
                prepared.finish((state, gate), B::gated(x.into_primitive(), gate))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::gated(x.into_primitive(), gate)),
        }
    }
}
