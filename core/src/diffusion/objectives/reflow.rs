//! Reflow: flow matching once more, on pairs of noise and what a teacher makes of it, whose paths do not cross.
//!
//! ```text
//! L = E_{σ, n} w(σ) ‖F(c_in x) − (ŷ − c_skip x)/c_out‖²,   x = ŷ + σ n,   ŷ = the end of the teacher's ODE from the noise n
//! ```
//!
//! Liu et al. 2023, "Rectified flow", Algorithm 1 and section 2.1, <https://arxiv.org/abs/2209.03003>. The straighter the paths, the fewer
//! steps walk them. The pairs are made on the way, so each batch costs a walk of the teacher; of the data only the classes are used. A
//! student whose network is laid out as its teacher's begins with the teacher's weights.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{DiffusionConfig, Noisy, Sampling};
use super::{Lesson, Objective, teacher};
use crate::config::check::under;
use crate::guidance::{Guided, Learns};
use crate::model::{Model, Teaching};
use crate::nn::Interface;
use crate::registry::{About, Member};
use crate::samplers::{Noise, Walk, Wants, walk};
use crate::schedules::Level;
use crate::schedules::grids::Span;
use crate::{Error, Result};

/// Rectified flow, once more.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reflow {
    /// How the teacher draws: a sampler of fixed steps that adds no noise.
    pub sampling: Box<Sampling>,
}

impl Member for Reflow {
    const ABOUT: About = About {
        summary: "Reflow: straighter paths, from pairs of noise and a teacher's sample",
        paper: "Liu et al. 2023, https://arxiv.org/abs/2209.03003",
    };
}

impl Objective for Reflow {
    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let (sigma, n) = (lesson.sigma(), lesson.noise());
        let class = lesson.one_hot(&lesson.classes());
        let y = self.drawn(lesson, n.clone().without_autodiff(), class.clone().map(Tensor::without_autodiff));
        let x = y.clone() + n * lesson.column(&sigma, |sigma| sigma);
        lesson.regression(x, y, &Noisy::new(sigma, class))
    }

    fn ignores(&self) -> &'static [&'static str] {
        &["coupling"]
    }

    fn teaching(&self) -> Teaching {
        Teaching::Needed
    }

    fn check_teacher(&self, model: &DiffusionConfig, teacher: &dyn Model) -> Result<()> {
        teacher::says(teacher, &[Learns::Mean])?;
        teacher::guides(teacher, self.sampling.guidance)?;
        let range = teacher::range(teacher).unwrap_or(model.range);
        self.levels(range, teacher.card().features()).map(drop)
    }

    fn check(&self, model: &DiffusionConfig, interface: &Interface) -> Result<()> {
        under("sampling", self.check_sampling(model, interface))
    }
}

impl Reflow {
    fn levels(&self, range: [f64; 2], features: usize) -> Result<Vec<Level>> {
        let Sampling { schedule, grid, steps, .. } = &*self.sampling;
        grid.levels(&Span { steps: *steps, schedule: &**schedule, range, features })
    }

    /// What the teacher makes of unit noise `n`, over its own range of levels.
    fn drawn(&self, lesson: &Lesson, n: Tensor<2>, class: Option<Tensor<2>>) -> Tensor<2> {
        let [rows, features] = n.dims();
        let range = lesson.learning.teacher.and_then(teacher::range).unwrap_or(lesson.model.range);
        let levels = self.levels(range, features).expect("the grid should have been checked");
        let Sampling { sampler, schedule, guidance, guiding, .. } = &*self.sampling;
        let denoiser = Guided::new(lesson.teacher(), class, *guidance, guiding);
        let (seed, first) = (lesson.learning.seed, lesson.batch.first);
        let noise = Noise { seed, first, rows, features, device: n.device() };
        let start = n * levels[0].sigma;
        let x = walk(sampler, &Walk::new(&denoiser, &**schedule, &levels, &noise), start);
        let last = levels[levels.len() - 1];
        x.expect("a sampler of fixed steps should not fail") / last.alpha
    }

    fn check_sampling(&self, model: &DiffusionConfig, interface: &Interface) -> Result<()> {
        let Sampling { sampler, guidance, guiding, .. } = &*self.sampling;
        if sampler.adaptive() || sampler.stochastic() || sampler.wants() != Wants::Denoiser {
            let name = sampler.name();
            let message =
                format!("wanted one of fixed steps that adds no noise, such as heun; this is {name}");
            return Err(Error::config("sampler", message));
        }
        under("sampler", sampler.check())?;
        under("guiding", guiding.check())?;
        teacher::guidable(*guidance, interface)?;
        self.levels(model.range, interface.features()).map(drop)
    }
}
