//! Generations: rows of the source on their way to the data, by the ODE or by the SDE.
//!
//! ```text
//! dx = v dt,   or   dx = (v − ε/γ η) dt + sqrt(2ε) dW:   x ← x + h (v − ε/γ η) + sqrt(2 ε h) ξ
//! ```
//!
//! Albergo, Boffi and Vanden-Eijnden 2023, <https://arxiv.org/abs/2303.08797>; Maruyama 1955 for the step.

use std::rc::Rc;

use burn::prelude::*;

use super::Sampling;
use super::solver::{Solver, choose};
use super::trained::Field;
use crate::classes::Guide;
use crate::config::check::under;
use crate::likelihood::integrators::{Passage, Tolerance};
use crate::model::{Asked, Card, Frame, Generation, Helpers, Request};
use crate::samplers::{EulerAncestral, Noise, NoiseSource};
use crate::{Error, Result};

/// Begins a generation; fails where the request does not fit the model.
pub(super) fn begin(
    field: &Rc<Field>,
    card: &Card,
    request: &Request,
    helpers: &Helpers,
) -> Result<Box<dyn Generation>> {
    request.check(helpers, &format!("an {}", card.family), why_not)?;
    let own = &field.config.sampling;
    let sampling = Sampling {
        sampler: request.sampler.clone().unwrap_or_else(|| own.sampler.clone()),
        steps: request.steps.unwrap_or(own.steps),
        epsilon: request.epsilon.clone().unwrap_or_else(|| own.epsilon.clone()),
        guidance: request.guidance.unwrap_or(own.guidance),
    };
    if sampling.steps == 0 {
        return Err(Error::argument("steps: wanted 1 or more; this is 0"));
    }
    under("epsilon", sampling.epsilon.check())?;
    let solver = choose(&field.config, &sampling.sampler)?;
    if request.epsilon.is_some() && matches!(solver, Solver::Ode { .. }) {
        return Err(Error::argument(format!(
            "epsilon: `{}` adds no noise; leave it out, or take the sampler euler_ancestral",
            sampling.sampler.name()
        )));
    }
    let noise = request.noise(card.features(), &field.device);
    let guide = Guide::asked(request, own.guidance, field.taught(), &field.device)?;
    let (x, field) = (field.start(&noise), field.clone());
    Ok(match solver {
        Solver::Ode { integrator, tolerance } => {
            let passage =
                Passage::new(&*integrator, tolerance, [0.0, 1.0], sampling.steps, x).or_else_say(unmet);
            Box::new(Flow { field, guide, passage, step: 0, steps: sampling.steps })
        }
        Solver::Sde(euler) => Box::new(Wander { field, guide, sampling, euler, noise, x, step: 0 }),
    })
}

fn unmet(t: f64, tolerance: Tolerance) -> Error {
    Error::NotFinite(format!(
        "sampler: at time {t:.3} of 1 no step is short enough for {tolerance}: allow more, or take equal steps (heun, rk4)"
    ))
}

fn why_not(asked: Asked) -> Option<&'static str> {
    match asked {
        Asked::Sampler | Asked::Steps(_) | Asked::Epsilon | Asked::Guidance => None,
        Asked::Schedule => Some("its path is its own"),
        Asked::Grid => Some("its steps are equal, or chosen by dopri5 or bosh3"),
        Asked::Guiding => Some("it knows the scale of guidance alone"),
        Asked::Decoding => Some("it draws no tokens"),
        Asked::Edit => Some("it begins from its source"),
        Asked::Weak | Asked::Classifier => Some("it does not denoise"),
    }
}

/// The ODE. A solver that chooses its steps goes on until it has passed the share of the way that a step stands for.
struct Flow {
    field: Rc<Field>,
    guide: Guide,
    passage: Passage,
    step: usize,
    steps: usize,
}

impl Flow {
    fn advance(&mut self) -> Result<Frame> {
        let (field, guide) = (&self.field, &self.guide);
        let goal = (self.step + 1) as f64 / self.steps as f64 - 1e-9;
        while self.passage.done() < goal {
            self.passage.step(|t, x| field.velocity(x.clone(), t, guide))?;
        }
        self.step += 1;
        let (step, steps) = (self.step, self.steps);
        Ok(Frame { step, steps, level: 1.0 - self.passage.at(), x: self.passage.y().clone() })
    }
}

impl Generation for Flow {
    fn step(&mut self) -> Option<Result<Frame>> {
        if self.step == self.steps {
            return None;
        }
        let frame = self.advance();
        if frame.is_err() {
            self.step = self.steps;
        }
        Some(frame)
    }

    fn steps(&self) -> usize {
        self.steps
    }

    fn evaluations(&self) -> usize {
        self.passage.evaluations() * self.guide.evaluations()
    }
}

/// The SDE, by Euler and Maruyama's steps.
struct Wander {
    field: Rc<Field>,
    guide: Guide,
    sampling: Sampling,
    euler: EulerAncestral,
    noise: Noise,
    x: Tensor<2>,
    step: usize,
}

impl Generation for Wander {
    fn step(&mut self) -> Option<Result<Frame>> {
        let steps = self.sampling.steps;
        if self.step == steps {
            return None;
        }
        let (t, h) = (self.step as f64 / steps as f64, 1.0 / steps as f64);
        let (v, eta, gamma) = self.field.velocity_and_noise(self.x.clone(), t, &self.guide);
        let epsilon = self.sampling.epsilon.at(gamma) * self.euler.eta.powi(2);
        self.x = self.x.clone() + v * h;
        if epsilon > 0.0 {
            let xi =
                self.noise.normal(self.step as u32, 0) * (self.euler.s_noise * (2.0 * epsilon * h).sqrt());
            self.x = self.x.clone() - eta * (epsilon / gamma * h) + xi;
        }
        self.step += 1;
        let level = 1.0 - self.step as f64 / steps as f64;
        Some(Ok(Frame { step: self.step, steps, level, x: self.x.clone() }))
    }

    fn steps(&self) -> usize {
        self.sampling.steps
    }

    fn evaluations(&self) -> usize {
        self.step * self.guide.evaluations()
    }
}
