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

use super::LayerNormOps;

#[derive(Debug)]
struct LayerNorm;

/// Input and scale.
type State = [NodeId; 2];

impl<B: LayerNormOps> Backward<B, 3> for LayerNorm {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let [x, gamma] = ops.state.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
        let (dx, dgamma, dbeta) = B::layer_norm_of_rows_backward(x, gamma, gradient);
        for (parent, gradient) in ops.parents.into_iter().zip([dx, dgamma, dbeta]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

/// The output once more, from input, scale and shift.
#[derive(Debug)]
struct Again<B> {
    nodes: [NodeId; 3],
    backend: PhantomData<B>,
}

impl<B: LayerNormOps> RetroForward for Again<B> {
    fn forward(&self, states: &mut BackwardStates, node: NodeId) {
        let [x, gamma, beta] = self.nodes.map(|node| states.get_state::<FloatTensor<B>>(&node));
        states.save(node, B::layer_norm_of_rows(x, gamma, beta));
    }
}

impl<B: Backend + LayerNormOps, C: CheckpointStrategy> LayerNormOps for Autodiff<B, C> {
    fn layer_norm_of_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let again = Again::<B> { nodes: [x.id(), gamma.id(), beta.id()], backend: PhantomData };
        let prepared = LayerNorm
            .prepare::<C>([x.node(), gamma.node(), beta.node()])
            .memory_bound()
            .retro_forward(again)
            .parents([&x, &gamma, &beta])
            .stateful();
        let [a, b, c] = [&x, &gamma, &beta].map(|tensor| tensor.primitive().clone());
        let y = B::layer_norm_of_rows(a, b, c);
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &gamma].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish(nodes, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
