//! Networks made of networks, whose parameters are those of the parts, each under its part's name.

use burn::prelude::*;
use burn::tensor::Gradients;

use super::{Named, Network};

/// Parameters of a part of this name: `encoder.input.weight`.
pub fn named_under(name: &str, parameters: Vec<Named>) -> Vec<Named> {
    let under = |named: Named| Named { path: format!("{name}.{}", named.path), ..named };
    parameters.into_iter().map(under).collect()
}

/// The parts' parameters, one part after the other.
pub fn parameters_of_parts(parts: &[(&str, &dyn Network)]) -> Vec<Named> {
    parts.iter().flat_map(|(name, part)| named_under(name, part.parameters())).collect()
}

/// Gives each part its share of the values, in the order of [`parameters_of_parts`].
pub fn set_parts(parts: &mut [&mut dyn Network], values: &[Tensor<1>]) {
    let mut rest = values;
    for part in parts {
        let (own, others) = rest.split_at(part.parameters().len());
        part.set_parameters(own);
        rest = others;
    }
}

/// The gradients of the parts' parameters, in the order of [`parameters_of_parts`].
pub fn gradients_of_parts(parts: &[&dyn Network], gradients: &mut Gradients) -> Vec<Tensor<1>> {
    parts.iter().flat_map(|part| part.gradients(gradients)).collect()
}
