//! The same on graphics adapters.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::{EPSILON, LayerNormOps, reference, reference_backward};
use crate::gpu::straight;
use crate::normalising::{Layout, backward, channel_gradients, forward};

type Primitive = FloatTensor<CubeBackend>;

fn layout(x: &Primitive, gamma: &Primitive) -> Layout {
    let [samples, rows, width] = x.shape().dims();
    let own = gamma.shape()[0] == samples;
    Layout { samples, rows, numbers: width, step: 0, places: 1, channels: width, own }
}

impl LayerNormOps for CubeBackend {
    fn layer_norm_of_rows(x: Primitive, gamma: Primitive, beta: Primitive) -> Primitive {
        let Some([x, gamma, beta]) = straight([&x, &gamma, &beta]) else {
            return reference::<Self>(x, gamma, beta);
        };
        let layout = layout(&x, &gamma);
        forward(x, [gamma, beta], layout, EPSILON, false)
    }

    fn layer_norm_of_rows_backward(
        x: Primitive,
        gamma: Primitive,
        gradient: Primitive,
    ) -> (Primitive, Primitive, Primitive) {
        let Some([x, gamma, gradient]) = straight([&x, &gamma, &gradient]) else {
            return reference_backward::<Self>(x, gamma, gradient);
        };
        let layout = layout(&x, &gamma);
        // Without a gate the shift has no part in it.
        let given = [gamma.clone(), gamma, gradient];
        let (dx, moments) = backward(x.clone(), given.clone(), layout, EPSILON, false);
        let [gamma, beta, gradient] = given;
        let [dgamma, dbeta] = channel_gradients(x, [gamma, beta, gradient, moments], layout, false);
        (dx, dgamma, dbeta)
    }
}
