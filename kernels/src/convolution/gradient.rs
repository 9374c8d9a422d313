//! Its adjoints. Dear: the output is kept.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::ConvolutionOps;

#[derive(Debug)]
struct Convolution;

/// Input, weight and bias, and the stride.
type State = ([NodeId; 3], [usize; 2]);

impl<B: ConvolutionOps> Backward<B, 3> for Convolution {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let (nodes, stride) = ops.state;
        let [x, weight, bias] = nodes.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
        let [x_node, weight_node, bias_node] = ops.parents;
        if let Some(node) = x_node {
            let dx = B::convolution_x_backward(x.clone(), weight.clone(), gradient.clone(), stride);
            gradients.register::<B>(node.id, dx);
        }
        if let Some(node) = weight_node {
            let dw = B::convolution_weight_backward(x.clone(), weight, gradient.clone(), stride);
            gradients.register::<B>(node.id, dw);
        }
        if let Some(node) = bias_node {
            gradients.register::<B>(node.id, B::convolution_bias_backward(x, bias, gradient));
        }
    }
}

impl<B: Backend + ConvolutionOps, C: CheckpointStrategy> ConvolutionOps for Autodiff<B, C> {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        stride: [usize; 2],
    ) -> FloatTensor<Self> {
        let parents = [x.node(), weight.node(), bias.node()];
        let [known, kernel, shift] = [&x, &weight, &bias].map(|tensor| tensor.primitive().clone());
        let y = B::convolution(known, kernel, shift, stride);
        match Convolution.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &weight, &bias].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish((nodes, stride), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
