//! Angles as conditioners see them: what hangs on them is periodic.

use std::f64::consts::PI;

use burn::prelude::*;
use burn::tensor::Gradients;

use super::{ConditionerConfig, Question};
use crate::Result;
use crate::flow::elements::ElementConfig;
use crate::flow::partition::Partition;
use crate::nn::{Condition, Init, Mode, Named, Network, Parametric};

/// Cosines and then sines of angles, of which `−bound` and `bound` are one, `[batch, 2 features]`: Rezende et al. 2020,
/// <https://arxiv.org/abs/2002.02428>.
pub(in crate::flow) fn around(x: Tensor<2>, bound: f64) -> Tensor<2> {
    let angles = x * (PI / bound);
    Tensor::cat(vec![angles.clone().cos(), angles.sin()], 1)
}

/// The network that makes an element's parameters; it sees angles by their cosines and sines.
pub(in crate::flow) fn conditioned(
    conditioner: &ConditionerConfig,
    element: &ElementConfig,
    partition: &Partition,
    told: usize,
    init: &Init,
) -> Result<Box<dyn Network>> {
    let Some(bound) = element.circle() else {
        return conditioner.build(&Question::of(element, partition, told), init);
    };
    let network = conditioner.build(&Question::of(element, &partition.doubled(), told), init)?;
    Ok(Box::new(OfAngles { network, bound }))
}

/// A network that sees angles by their cosines and sines.
struct OfAngles {
    network: Box<dyn Network>,
    bound: f64,
}

impl Network for OfAngles {
    fn forward(&self, x: Tensor<2>, condition: &Condition, mode: Mode) -> Tensor<2> {
        self.network.forward(around(x, self.bound), condition, mode)
    }
}

/// Those of the network that it wraps, under their own names.
impl Parametric for OfAngles {
    fn parameters(&self) -> Vec<Named> {
        self.network.parameters()
    }

    fn set_parameters(&mut self, values: &[Tensor<1>]) {
        self.network.set_parameters(values);
    }

    fn gradients(&self, gradients: &mut Gradients) -> Vec<Tensor<1>> {
        self.network.gradients(gradients)
    }
}
