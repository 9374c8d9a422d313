//! Its adjoint: outputs and logarithms are kept, weights are found again.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::{AttentionOps, Looking};

#[derive(Debug)]
struct Attention;

/// Queries, keys, values and bias; what is seen, outputs and logarithms; how it was looked.
type State<B> = ([NodeId; 4], [FloatTensor<B>; 3], Looking);

impl<B: AttentionOps> Backward<B, 4> for Attention {
    type State = State<B>;

    fn backward(self, ops: Ops<State<B>, 4>, gradients: &mut Gradients, checkpoints: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let (nodes, [seen, output, logarithms], looking) = ops.state;
        let [q, k, v, bias] = nodes.map(|node| checkpoints.retrieve_node_output::<FloatTensor<B>>(node));
        let (dq, dk, dv, dbias) =
            B::attend_backward(q, k, v, bias, seen, output, logarithms, gradient, looking);
        for (parent, gradient) in ops.parents.into_iter().zip([dq, dk, dv, dbias]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: Backend + AttentionOps, C: CheckpointStrategy> AttentionOps for Autodiff<B, C> {
    fn attend(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        seen: FloatTensor<Self>,
        looking: Looking,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let parents = [q.node(), k.node(), v.node(), bias.node()];
        let [a, b, c, d] = [&q, &k, &v, &bias].map(|tensor| tensor.primitive().clone());
        let seen = seen.into_primitive();
        let (output, logarithms) = B::attend(a, b, c, d, seen.clone(), looking);
        let detached = FloatTensor::<Self>::new(logarithms.clone());
        let output = match Attention.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&q, &k, &v, &bias].map(|tensor| prepared.checkpoint(tensor));
                prepared.finish((nodes, [seen, output.clone(), logarithms], looking), output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        };
        (output, detached)
    }
}
