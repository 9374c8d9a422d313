//! The same on graphics adapters.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::{EPSILON, GroupNormOps, reference, reference_backward};
use crate::activation::After;
use crate::gpu::straight;
use crate::normalising::{Layout, backward, channel_gradients, forward};

type Primitive = FloatTensor<CubeBackend>;

fn layout(x: &Primitive, gamma: &Primitive, groups: usize) -> Layout {
    let shape = x.shape();
    let [batch, channels, places] = [shape[0], shape[1], shape[2] * shape[3]];
    let step = channels / groups;
    Layout {
        samples: batch,
        rows: groups,
        numbers: step * places,
        step,
        places,
        channels,
        own: gamma.shape()[0] == batch,
    }
}

impl GroupNormOps for CubeBackend {
    fn group_norm(x: Primitive, gamma: Primitive, beta: Primitive, groups: usize, after: After) -> Primitive {
        let Some([x, gamma, beta]) = straight([&x, &gamma, &beta]) else {
            return reference::<Self>(x, gamma, beta, groups, after);
        };
        let layout = layout(&x, &gamma, groups);
        forward(x, [gamma, beta], layout, EPSILON, after == After::Silu)
    }

    fn group_norm_backward(
        x: Primitive,
        gamma: Primitive,
        beta: Primitive,
        gradient: Primitive,
        groups: usize,
        after: After,
    ) -> (Primitive, Primitive, Primitive) {
        let Some([x, gamma, beta, gradient]) = straight([&x, &gamma, &beta, &gradient]) else {
            return reference_backward::<Self>([x, gamma, beta, gradient], groups, after);
        };
        let (layout, gated) = (layout(&x, &gamma, groups), after == After::Silu);
        let given = [gamma, beta, gradient];
        let (dx, moments) = backward(x.clone(), given.clone(), layout, EPSILON, gated);
        let [gamma, beta, gradient] = given;
        let [dgamma, dbeta] = channel_gradients(x, [gamma, beta, gradient, moments], layout, gated);
        (dx, dgamma, dbeta)
    }
}
