//! How numbers that stay and parameters of those that change lie in pictures.

use burn::prelude::*;

use super::Question;
use crate::flow::elements::Layout;
use crate::flow::partition::{Partition, taken};
use crate::{Error, Result};

/// The pictures that a convolutional conditioner reads and gives.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    /// Channels read.
    pub(super) inputs: usize,
    /// Channels given.
    pub(super) outputs: usize,
    size: [usize; 2],
    parameters: usize,
    layout: Layout,
    /// Where each number of the picture is found among those that stay, and a zero after them; none where they are whole channels.
    holes: Option<Vec<usize>>,
    /// Which numbers of the picture change; none where they are whole channels.
    wanted: Option<Vec<usize>>,
}

impl Canvas {
    pub(super) fn new(question: &Question) -> Result<Self> {
        let Partition { shape, .. } = &question.partition;
        let &[channels, height, width] = shape.as_slice() else {
            let message = format!(
                "this conditioner reads pictures [channels, height, width], not rows of {shape:?}; take `perceptron`"
            );
            return Err(Error::config(".", message));
        };
        let (stays, changes) = (question.partition.stays(), question.partition.changes());
        let whole = |numbers: &[usize]| whole(numbers, height * width);
        let seen = whole(stays);
        let said = whole(changes);
        Ok(Self {
            inputs: seen.unwrap_or(channels),
            outputs: question.parameters * said.unwrap_or(channels),
            size: [height, width],
            parameters: question.parameters,
            layout: question.layout,
            holes: seen.is_none().then(|| places(stays, channels * height * width)),
            wanted: said.is_none().then(|| changes.to_vec()),
        })
    }

    /// `[batch, stays]` to `[batch, inputs, height, width]`.
    pub(super) fn picture(&self, stays: Tensor<2>) -> Tensor<4> {
        let (batch, [height, width]) = (stays.dims()[0], self.size);
        let numbers = match &self.holes {
            None => stays,
            Some(places) => {
                let zero = Tensor::zeros([batch, 1], (&stays.device(), stays.dtype()));
                taken(Tensor::cat(vec![stays, zero], 1), 1, places)
            }
        };
        numbers.reshape([batch, self.inputs, height, width])
    }

    /// `[batch, outputs, height, width]` to `[batch, changes · parameters]`, as the layout says.
    pub(super) fn row(&self, picture: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = picture.dims();
        let numbers = channels * height * width / self.parameters;
        let parameters = picture.reshape([batch, self.parameters, numbers]);
        let parameters = match &self.wanted {
            None => parameters,
            Some(wanted) => taken(parameters, 2, wanted),
        }; // [B, P, changes]
        match self.layout {
            Layout::ByParameter => parameters.flatten(1, 2),
            Layout::ByNumber => parameters.swap_dims(1, 2).flatten(1, 2),
        }
    }
}

/// How many channels of so many numbers these are, where they are whole ones and neighbours.
fn whole(numbers: &[usize], area: usize) -> Option<usize> {
    let first = *numbers.first()?;
    let run = numbers.iter().enumerate().all(|(i, number)| *number == first + i);
    (run && first.is_multiple_of(area) && numbers.len().is_multiple_of(area)).then_some(numbers.len() / area)
}

/// Where each of so many numbers is among those that stay; the others are at the end.
fn places(stays: &[usize], features: usize) -> Vec<usize> {
    let mut places = vec![stays.len(); features];
    stays.iter().enumerate().for_each(|(place, number)| places[*number] = place);
    places
}
