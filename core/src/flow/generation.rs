//! Generations of a flow: a row of the base, one bijection back a step.

use std::rc::Rc;

use burn::prelude::*;

use super::Flow;
use super::chain::Chain;
use crate::Result;
use crate::classes::{Guide, Taught};
use crate::model::{Frame, Generation, Helpers, Request};

/// Begins a generation; fails where the request does not fit a flow.
pub(super) fn begin(flow: &Flow, request: &Request, helpers: &Helpers) -> Result<Box<dyn Generation>> {
    request.check(helpers, "a flow", |_| Some("it draws by its own bijections, one after the other"))?;
    let taught = Taught { classes: flow.chain.told(), label_dropout: flow.config.label_dropout };
    let told = Guide::asked(request, 1.0, taught, &flow.device)?.class;
    let row = flow.chain.draw(&request.noise(flow.card.features(), &flow.device), told.as_ref());
    Ok(Box::new(Back { chain: flow.chain.clone(), told, row, step: 0 }))
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
