//! Its adjoint. Cheap: where memory is scarce the output is computed again.

use std::marker::PhantomData;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::retro_forward::RetroForward;
use burn::backend::autodiff::checkpoint::state::BackwardStates;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::GroupNormOps;
use crate::activation::After;

#[derive(Debug)]
struct GroupNorm;

/// Input, scale and shift, and what else it is told.
type State = ([NodeId; 3], usize, After);

impl<B: GroupNormOps> Backward<B, 3> for GroupNorm {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let (nodes, groups, after) = ops.state;
        let [x, gamma, beta] = nodes.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
        let (dx, dgamma, dbeta) = B::group_norm_backward(x, gamma, beta, gradient, groups, after);
        for (parent, gradient) in ops.parents.into_iter().zip([dx, dgamma, dbeta]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct Again<B> {
    state: State,
    backend: PhantomData<B>,
}

impl<B: GroupNormOps> RetroForward for Again<B> {
    fn forward(&self, states: &mut BackwardStates, node: NodeId) {
        let (nodes, groups, after) = self.state;
        let [x, gamma, beta] = nodes.map(|node| states.get_state::<FloatTensor<B>>(&node));
        states.save(node, B::group_norm(x, gamma, beta, groups, after));
    }
}

impl<B: Backend + GroupNormOps, C: CheckpointStrategy> GroupNormOps for Autodiff<B, C> {
    fn group_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        groups: usize,
        after: After,
    ) -> FloatTensor<Self> {
        let state = ([x.id(), gamma.id(), beta.id()], groups, after);
        let again = Again::<B> { state, backend: PhantomData };
        let prepared = GroupNorm
            .prepare::<C>([x.node(), gamma.node(), beta.node()])
            .memory_bound()
            .retro_forward(again)
            .parents([&x, &gamma, &beta])
            .stateful();
        let known = [&x, &gamma, &beta].map(|tensor| tensor.primitive().clone());
        let forward = |[x, gamma, beta]: [FloatTensor<B>; 3]| B::group_norm(x, gamma, beta, groups, after);
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &gamma, &beta].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish((nodes, groups, after), forward(known))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(forward(known)),
        }
    }
}
