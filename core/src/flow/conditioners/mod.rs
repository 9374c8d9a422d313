//! Conditioners: what makes an element's parameters of the numbers that stay.

mod canvas;
mod perceptron;
mod convolutional;
mod residual;

// Of angles
mod circle;

use burn::prelude::*;

use crate::Result;
use crate::flow::elements::{ElementConfig, Layout};
use crate::flow::partition::Partition;
use crate::nn::{Init, Network};

pub(in crate::flow) use circle::{around, conditioned};
pub(in crate::flow) use perceptron::beside;

/// What a conditioner is to be built for.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which numbers it sees, and of which it says the parameters.
    pub partition: Partition,
    /// Parameters of a number.
    pub parameters: usize,
    /// How they stand.
    pub layout: Layout,
    /// Numbers in what it is told.
    pub told: usize,
}

impl Question {
    /// The parameters of this element.
    pub fn of(element: &ElementConfig, partition: &Partition, told: usize) -> Self {
        let (parameters, layout) = (element.parameters(), element.layout());
        Self { partition: partition.clone(), parameters, layout, told }
    }

    /// Parameters in all.
    pub fn outputs(&self) -> usize {
        self.partition.changes().len() * self.parameters
    }
}

/// A conditioner's configuration.
pub trait Conditioner {
    /// A network from the numbers that stay, told what the flow is told as its class, to the parameters of those that change, which are
    /// zero at first. Fails where it does not fit their shape.
    fn build(&self, question: &Question, init: &Init) -> Result<Box<dyn Network>>;
}

registry! {
    /// The conditioners that a configuration can name.
    pub enum ConditionerConfig("conditioner"): dyn Conditioner {
        "perceptron" => perceptron::Perceptron,
        "convolutional" => convolutional::Convolutional,
        "residual" => residual::Residual,
    }
}

impl Default for ConditionerConfig {
    fn default() -> Self {
        Self::Perceptron(Perceptron::default())
    }
}

/// What a network is told of the classes.
pub(in crate::flow) fn classes(told: Option<&Tensor<2>>) -> crate::nn::Condition {
    crate::nn::Condition { class: told.cloned(), ..Default::default() }
}
