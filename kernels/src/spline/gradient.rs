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

use super::{Direction, Spline, SplineOps};

#[derive(Debug)]
struct Through;

/// Input and parameters, and what else it is told.
type State = ([NodeId; 2], Spline, Direction);

impl<B: SplineOps> Backward<B, 2> for Through {
    type State = State;

    fn backward(self, ops: Ops<State, 2>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let (nodes, spline, direction) = ops.state;
        let [x, parameters] = nodes.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
        let (dx, dparameters) = B::spline_backward(x, parameters, gradient, spline, direction);
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

impl<B: SplineOps> RetroForward for Again<B> {
    fn forward(&self, states: &mut BackwardStates, node: NodeId) {
        let (nodes, spline, direction) = self.state;
        let [x, parameters] = nodes.map(|node| states.get_state::<FloatTensor<B>>(&node));
        states.save(node, B::spline(x, parameters, spline, direction));
    }
}

impl<B: Backend + SplineOps, C: CheckpointStrategy> SplineOps for Autodiff<B, C> {
    fn spline(
        x: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        spline: Spline,
        direction: Direction,
    ) -> FloatTensor<Self> {
        let state = ([x.id(), parameters.id()], spline, direction);
        let prepared = Through
            .prepare::<C>([x.node(), parameters.node()])
            .memory_bound()
            .retro_forward(Again::<B> { state, backend: PhantomData })
            .parents([&x, &parameters])
            .stateful();
        let [a, b] = [&x, &parameters].map(|tensor| tensor.primitive().clone());
        let both = B::spline(a, b, spline, direction);
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &parameters].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish((nodes, spline, direction), both)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(both),
        }
    }
}
