//! Generations of a flow: a row of the base, one bijection back a step.

use std::rc::Rc;

use burn::prelude::*;

use super::Flow;
use super::chain::Chain;
use crate::classes::{Guide, Taught, insists};
use crate::model::{Frame, Generation, Helpers, Request};
use crate::samplers::Noise;
use crate::{Error, Result};

/// Begins a generation; fails where the request does not fit a flow.
pub(super) fn begin(flow: &Flow, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
    if request.count == 0 {
        return Err(Error::argument("count: at least 1 sample has to be drawn, not 0"));
    }
    refuse_what_walks(request, helpers)?;
    let taught = Taught { classes: flow.chain.told(), label_dropout: flow.config.label_dropout };
    let told = Guide::asked(request, 1.0, taught, &flow.device)?.class;
    let (rows, features) = (request.count, flow.card.features());
    let noise =
        Noise { seed: request.seed, first: request.first, rows, features, device: flow.device.clone() };
    let row = flow.chain.draw(&noise, told.as_ref());
    Ok(Box::new(Back { chain: flow.chain.clone(), told, row, step: 0 }))
}

/// A flow walks by no solver: what is said of one would change nothing.
fn refuse_what_walks(request: &Request, helpers: &Helpers) -> Result<()> {
    let asked = [
        ("sampler", request.sampler.is_some()),
        ("schedule", request.schedule.is_some()),
        ("grid", request.grid.is_some()),
        ("steps", request.steps.is_some()),
        ("epsilon", request.epsilon.is_some()),
        ("guidance", insists(request) || request.guiding.is_some()),
        ("decoding", request.decoding.is_some()),
        ("edit", request.edit.is_some()),
        ("weak", helpers.weak.is_some()),
        ("classifier", helpers.classifier.is_some()),
    ];
    match asked.into_iter().find(|(_, asked)| *asked) {
        None => Ok(()),
        Some((name, _)) => Err(Error::argument(format!(
            "{name}: a flow draws by its own bijections, one after the other, and nothing else; leave it out"
        ))),
    }
}

struct Back {
    chain: Rc<Chain>,
    told: Option<Tensor<2>>,
    row: Tensor<2>,
    step: usize,
}

impl Generation for Back {
    fn step(&mut self) -> Option<Result<Frame>> {
        let steps = self.chain.len();
        if self.step == steps {
            return None;
        }
        self.step += 1;
        let [row, _] = self.chain.back(steps - self.step, &self.row, self.told.as_ref());
        self.row = row;
        let level = 1.0 - self.step as f64 / steps as f64;
        Some(Ok(Frame { step: self.step, steps, level, x: self.row.clone() }))
    }

    fn steps(&self) -> usize {
        self.chain.len()
    }

    fn evaluations(&self) -> usize {
        self.step
    }
}
