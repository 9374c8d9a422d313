//! Sampling, a step at a time.

use std::rc::Rc;

use burn::prelude::*;

use super::{Guided, Sampling, Trained};
use crate::model::{Card, Classes, Frame, Generation, Request};
use crate::nn::one_hot;
use crate::samplers::{Noise, Sampler, Walk};
use crate::schedules::Level;
use crate::schedules::grids::Span;
use crate::{Error, Result};

/// A walk under way.
pub(super) struct Denoising {
    model: Rc<Trained>,
    sampling: Sampling,
    class: Option<Tensor<2>>,
    noise: Noise,
    levels: Vec<Level>,
    sampler: Box<dyn Sampler>,
    x: Tensor<2>,
    at: usize,
    evaluations: usize,
}

impl Denoising {
    pub(super) fn begin(model: Rc<Trained>, card: &Card, request: &Request) -> Result<Self> {
        if request.count == 0 {
            return Err(Error::argument("count: at least 1 sample has to be drawn, not 0"));
        }
        let mut sampling = choose(&model.config.sampling, request);
        let class = classes(&model, card, request, &sampling)?;
        if request.classes == Classes::Any {
            // With no class asked for there is nothing to be guided towards.
            sampling.guidance = 1.0;
        }
        sampling.sampler.check()?;
        let levels = sampling.grid.levels(&Span {
            steps: sampling.steps,
            schedule: &*sampling.schedule,
            range: model.config.range,
            features: card.features(),
        })?;
        let noise = Noise {
            seed: request.seed,
            first: request.first,
            rows: request.count,
            features: card.features(),
            device: model.device.clone(),
        };
        let x = noise.start(levels[0]);
        let sampler = sampling.sampler.build();
        Ok(Self { model, sampling, class, noise, levels, sampler, x, at: 0, evaluations: 0 })
    }
}

/// The request's choices, and the model's where it makes none.
fn choose(defaults: &Sampling, request: &Request) -> Sampling {
    Sampling {
        sampler: request.sampler.clone().unwrap_or_else(|| defaults.sampler.clone()),
        schedule: request.schedule.clone().unwrap_or_else(|| defaults.schedule.clone()),
        grid: request.grid.clone().unwrap_or_else(|| defaults.grid.clone()),
        steps: request.steps.unwrap_or(defaults.steps),
        guidance: request.guidance.unwrap_or(defaults.guidance),
    }
}

/// The one-hot rows of the request's classes.
fn classes(
    model: &Trained,
    card: &Card,
    request: &Request,
    sampling: &Sampling,
) -> Result<Option<Tensor<2>>> {
    let known = model.interface.classes.len();
    if !(0.0..=1e3).contains(&sampling.guidance) {
        return Err(Error::argument(format!("guidance: wanted 0 to 1000, this is {}", sampling.guidance)));
    }
    if known == 0 {
        let asked = if request.classes != Classes::Any {
            "class"
        } else if request.guidance.is_some_and(|scale| scale != 1.0) {
            "guidance"
        } else {
            return Ok(None);
        };
        return Err(Error::argument(format!(
            "{asked}: this {} has learnt no classes; leave it out",
            card.family
        )));
    }
    let class = |row: usize| match request.classes {
        Classes::Any => None,
        Classes::One(class) => Some(class),
        Classes::Each => Some(((request.first + row as u64) % known as u64) as u32),
    };
    let rows: Vec<Option<u32>> = (0..request.count).map(class).collect();
    if let Some(class) = rows.iter().flatten().find(|class| **class as usize >= known) {
        return Err(Error::argument(format!(
            "class: {class} is out of range; the classes are 0 to {}",
            known - 1
        )));
    }
    Ok(Some(one_hot(&rows, known, &model.device)))
}

impl Denoising {
    fn advance(&mut self, from: Level, to: Level) -> Result<Frame> {
        let denoiser =
            Guided { model: &self.model, class: self.class.clone(), scale: self.sampling.guidance };
        let walk = Walk::new(&denoiser, &*self.sampling.schedule, &self.levels, &self.noise);
        walk.begin(self.at);
        self.x = self.sampler.step(&walk, self.x.clone(), from, to)?;
        self.evaluations += walk.evaluations();
        self.at += 1;
        let x = self.x.clone() / to.alpha;
        Ok(Frame { step: self.at, steps: self.steps(), level: to.ratio(), x })
    }
}

impl Generation for Denoising {
    fn step(&mut self) -> Option<Result<Frame>> {
        let [from, to] = [*self.levels.get(self.at)?, *self.levels.get(self.at + 1)?];
        Some(self.advance(from, to))
    }

    fn steps(&self) -> usize {
        self.levels.len() - 1
    }

    fn evaluations(&self) -> usize {
        self.evaluations
    }
}
