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

use super::{CouplingOps, Direction};

#[derive(Debug)]
struct Through;

/// Input and parameters, and what else it is told.
type State = ([NodeId; 2], f64, Direction);

impl<B: CouplingOps> Backward<B, 2> for Through {
    type State = State;

    fn backward(self, ops: Ops<State, 2>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let (nodes, bound, direction) = ops.state;
        let [x, parameters] = nodes.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
        let (dx, dparameters) = B::coupling_backward(x, parameters, gradient, bound, direction);
        for (parent, gradient) in ops.parents.into_iter().zip([dx, dparameters]) {
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

impl<B: CouplingOps> RetroForward for Again<B> {
    fn forward(&self, states: &mut BackwardStates, node: NodeId) {
        let (nodes, bound, direction) = self.state;
        let [x, parameters] = nodes.map(|node| states.get_state::<FloatTensor<B>>(&node));
        states.save(node, B::coupling(x, parameters, bound, direction));
    }
}

impl<B: Backend + CouplingOps, C: CheckpointStrategy> CouplingOps for Autodiff<B, C> {
    fn coupling(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        bound: f64,
        direction: Direction,
    ) -> FloatTensor<Self> {
        let state = ([x.id(), parameters.id()], bound, direction);
        let prepared = Through
            .prepare::<C>([x.node(), parameters.node()])
            .memory_bound()
            .retro_forward(Again::<B> { state, backend: PhantomData })
            .parents([&x, &parameters])
            .stateful();
        let [a, b] = [&x, &parameters].map(|tensor| tensor.primitive().clone());
        let both = B::coupling(a, b, bound, direction);
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &parameters].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish((nodes, bound, direction), both)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(both),
        }
    }
}
