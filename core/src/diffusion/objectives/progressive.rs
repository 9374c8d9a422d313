//! Progressive distillation: one DDIM step of the student learns two of the teacher's.
//!
//! ```text
//! x′ = D(x; σ) + (σ′/σ) (x − D),   x″ = D(x′; σ′) + (σ″/σ′) (x′ − D),   x̃ = (x″ − (σ″/σ) x)/(1 − σ″/σ)
//! L = E w(σ) ‖F − (x̃ − c_skip x)/c_out‖²
//! ```
//!
//! Salimans and Ho 2022, Algorithm 2, <https://arxiv.org/abs/2202.00512>, in the frame `x/α`; their weight is `truncated_snr`. `σ` and
//! `σ″` are neighbours among the levels that the student will be sampled at (`sampling`, with the sampler `ddim`), and `σ′` lies
//! half way between them in the schedule's time. A student whose network is laid out as its teacher's begins with the teacher's weights.
//!
//! A run halves once. To go from 8 steps to 1, chain runs of one configuration, with the sampler `ddim` and a grid that halves into
//! itself, as `linear` does:
//!
//! ```text
//! kiln train A.yaml model.objective.kind=progressive model.objective.steps=4 model.sampling.steps=4 train.teacher=A
//! kiln train A.yaml model.objective.kind=progressive model.objective.steps=2 model.sampling.steps=2 train.teacher=RUN-OF-4
//! kiln train A.yaml model.objective.kind=progressive model.objective.steps=1 model.sampling.steps=1 train.teacher=RUN-OF-2
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{DiffusionConfig, Noisy};
use super::trajectory::two_steps;
use super::{Lesson, Objective, teacher};
use crate::config::check::{at_least, under};
use crate::guidance::Learns;
use crate::model::{Model, Teaching};
use crate::nn::Interface;
use crate::registry::{About, Member};
use crate::schedules::Level;
use crate::schedules::grids::Span;
use crate::{Error, Result};

/// Progressive distillation to half the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Progressive {
    /// Steps of the student, half the teacher's; `sampling.steps` is the same.
    pub steps: usize,
}

impl Default for Progressive {
    fn default() -> Self {
        Self { steps: 4 }
    }
}

impl Member for Progressive {
    const ABOUT: About = About {
        summary: "Progressive distillation: one step learns two of the teacher's; noise levels are those of its sampling",
        paper: "Salimans and Ho 2022, Algorithm 2, https://arxiv.org/abs/2202.00512",
    };
}

impl Progressive {
    /// The levels that the student is sampled at.
    fn levels(&self, model: &DiffusionConfig, features: usize) -> Result<Vec<Level>> {
        let schedule = &*model.sampling.schedule;
        model.sampling.grid.levels(&Span { steps: self.steps, schedule, range: model.range, features })
    }
}

impl Objective for Progressive {
    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let levels = self.levels(lesson.model, lesson.interface.features());
        let levels = levels.expect("the grid should have been checked");
        let schedule = &*lesson.model.sampling.schedule;
        let draw = |u: f64| {
            let i = (u * self.steps as f64) as usize;
            let (from, to) = (levels[i], levels[i + 1]);
            let middle = Level::at(schedule, f64::midpoint(from.t, to.t));
            [from, middle, to].map(Level::ratio)
        };
        let drawn: Vec<[f64; 3]> = lesson.chances().map(|mut chance| draw(chance.uniform())).collect();
        let [from, middle, to] =
            [0, 1, 2].map(|i| drawn.iter().map(|levels| levels[i]).collect::<Vec<f64>>());
        let n = lesson.noise();
        let x = lesson.examples() + n * lesson.column(&from, |sigma| sigma);
        let class = lesson.one_hot(&lesson.classes());
        let (teacher, told) = (lesson.teacher(), class.clone().map(Tensor::without_autodiff));
        let denoise = |x: Tensor<2>, [sigma, _]: [&[f64]; 2]| teacher.denoise_each(x, sigma, told.as_ref());
        let wanted = two_steps(denoise, x.clone().without_autodiff(), [&from, &middle, &to]);
        lesson.regression(x, wanted, &Noisy::new(from, class))
    }

    fn learns(&self) -> Learns {
        Learns::Steps
    }

    fn ignores(&self) -> &'static [&'static str] {
        &["noise", "coupling"]
    }

    fn teaching(&self) -> Teaching {
        Teaching::Needed
    }

    /// A student teaches the next.
    fn check_teacher(&self, _model: &DiffusionConfig, teacher: &dyn Model) -> Result<()> {
        teacher::says(teacher, &[Learns::Mean, Learns::Steps])
    }

    fn check(&self, model: &DiffusionConfig, interface: &Interface) -> Result<()> {
        at_least("steps", self.steps, 1)?;
        under("sampling", self.levels(model, interface.features()))?;
        if self.steps == model.sampling.steps {
            return Ok(());
        }
        Err(Error::config(
            "steps",
            format!(
                "wanted as many as the model is sampled in, which are the only ones it learns: model.sampling.steps={}; these are {}",
                model.sampling.steps, self.steps
            ),
        ))
    }
}
