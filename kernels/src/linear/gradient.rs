//! Its adjoints. Dear: the output is kept. Where it is rectified, it says itself where it is.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::LinearOps;

#[derive(Debug)]
struct Affine;

/// Input and weight, and the output of a rectified one.
#[derive(Clone, Debug)]
struct State<T> {
    nodes: [NodeId; 2],
    rectified: Option<T>,
}

impl<B: LinearOps> Backward<B, 3> for Affine {
    type State = State<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let State { nodes, rectified } = ops.state;
        let gradient = match rectified {
            Some(y) => B::rectifier_backward(y, gradient),
            None => gradient,
        };
        let [x, weight] = nodes.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
        let [x_node, weight_node, bias_node] = ops.parents;
        if let Some(node) = x_node {
            gradients.register::<B>(node.id, B::affine_x_backward(weight, gradient.clone()));
        }
        if let Some(node) = weight_node {
            gradients.register::<B>(node.id, B::affine_weight_backward(x, gradient.clone()));
        }
        if let Some(node) = bias_node {
            gradients.register::<B>(node.id, B::affine_bias_backward(gradient));
        }
    }
}

impl<B: Backend + LinearOps, C: CheckpointStrategy> LinearOps for Autodiff<B, C> {
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let parents = [x.node(), weight.node(), bias.node()];
        let [known, kernel, shift] = [&x, &weight, &bias].map(|tensor| tensor.primitive().clone());
        let y = B::affine(known, kernel, shift, rectified);
        match Affine.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &weight].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish(State { nodes, rectified: rectified.then(|| y.clone()) }, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
