//! Its adjoints. Dear: the output is kept. A residual's gradient is the output's own; an activation's is asked of what came before it, and
//! so it follows as an operation of its own.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::ConvolutionOps;
use crate::activation::{ActivationOps, After, Gate};

#[derive(Debug)]
struct Convolution;

/// With a residual.
#[derive(Debug)]
struct Onto;

/// Input, weight and bias, and the stride.
type State = ([NodeId; 3], [usize; 2]);

impl<B: ConvolutionOps> Backward<B, 3> for Convolution {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let parents = ops.parents.map(|parent| parent.map(|parent| parent.id));
        register::<B>(parents, ops.state, gradient, gradients, checkpoints);
    }
}

impl<B: ConvolutionOps> Backward<B, 4> for Onto {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let [x, weight, bias, residual] = ops.parents.map(|parent| parent.map(|parent| parent.id));
        if let Some(node) = residual {
            gradients.register::<B>(node, gradient.clone());
        }
        register::<B>([x, weight, bias], ops.state, gradient, gradients, checkpoints);
    }
}

/// The gradients of input, weight and bias, as far as they are asked for.
fn register<B: ConvolutionOps>(
    parents: [Option<NodeId>; 3],
    (nodes, stride): State,
    gradient: FloatTensor<B>,
    gradients: &mut Gradients,
    checkpoints: &mut Checkpointer,
) {
    let [x, weight, bias] = nodes.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
    let [x_node, weight_node, bias_node] = parents;
    if let Some(node) = x_node {
        let dx = B::convolution_x_backward(x.clone(), weight.clone(), gradient.clone(), stride);
        gradients.register::<B>(node, dx);
    }
    if let Some(node) = weight_node {
        let dw = B::convolution_weight_backward(x.clone(), weight, gradient.clone(), stride);
        gradients.register::<B>(node, dw);
    }
    if let Some(node) = bias_node {
        gradients.register::<B>(node, B::convolution_bias_backward(x, bias, gradient));
    }
}

impl<B: Backend + ConvolutionOps + ActivationOps, C: CheckpointStrategy> ConvolutionOps for Autodiff<B, C> {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        stride: [usize; 2],
        after: After,
    ) -> FloatTensor<Self> {
        if after == After::Silu {
            return Self::gated(Self::convolution(x, weight, bias, stride, After::Nothing), Gate::Silu);
        }
        let parents = [x.node(), weight.node(), bias.node()];
        let [known, kernel, shift] = [&x, &weight, &bias].map(|tensor| tensor.primitive().clone());
        let y = B::convolution(known, kernel, shift, stride, after);
        match Convolution.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &weight, &bias].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish((nodes, stride), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn convolution_onto(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        stride: [usize; 2],
        after: After,
    ) -> FloatTensor<Self> {
        if after == After::Silu {
            return Self::float_add(Self::convolution(x, weight, bias, stride, after), residual);
        }
        let parents = [x.node(), weight.node(), bias.node(), residual.node()];
        let [known, kernel, shift] = [&x, &weight, &bias].map(|tensor| tensor.primitive().clone());
        let y = B::convolution_onto(known, kernel, shift, residual.into_primitive(), stride, after);
        match Onto.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&x, &weight, &bias].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish((nodes, stride), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
