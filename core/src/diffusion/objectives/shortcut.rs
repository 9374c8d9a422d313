//! Shortcut models: the network is told how far the step leads, and a long step learns two short ones of its own.
//!
//! ```text
//! L = E w(σ) ‖F(c_in x; σ, 0) − (y − c_skip x)/c_out‖²  +  E w(σ) ‖F(c_in x; σ, σ − σ″) − (x̃ − c_skip x)/c_out‖²
//! ```
//!
//! Frans et al. 2024, Eq. 4 and 5, <https://arxiv.org/abs/2410.12557>: the first is flow matching, the second holds one step from `σ` to
//! `σ″` to two by way of `σ′`, `x̃` being the estimate that leads there (as in `progressive`, the student its own teacher). The steps have
//! lengths `1, 1/2, 1/4, …` of the straight path's time `t = σ/(1 + σ)`, whole multiples of which they begin at. With the prediction
//! `flow` and the weight `unit` the error is that of the velocity, as in the paper; its targets come from averaged weights, ours from
//! the weights themselves. Draw from such a model with the sampler `ddim`, the schedule `cond_ot` and the grid `linear`, in 1, 2, 4, …
//! steps: it tells the model where each leads.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{DiffusionConfig, Noisy};
use super::trajectory::two_steps;
use super::{Lesson, Objective};
use crate::config::check::at_least;
use crate::nn::{Interface, Mode};
use crate::random::Stream;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Shortcut models: one network for any number of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shortcut {
    /// Steps of the finest walk, a power of two.
    pub finest: usize,
    /// Every so-manyth example learns long steps, the others short ones.
    pub every: usize,
}

impl Default for Shortcut {
    fn default() -> Self {
        Self { finest: 128, every: 4 }
    }
}

impl Member for Shortcut {
    const ABOUT: About = About {
        summary: "Shortcut model: one network, told the length of its steps, for one step or many",
        paper: "Frans et al. 2024, https://arxiv.org/abs/2410.12557",
    };
}

impl Objective for Shortcut {
    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let plan = self.plan(lesson);
        let Plan { order, long, from, middle, to } = &plan;
        let classes = lesson.classes();
        let classes: Vec<Option<u32>> = order.iter().map(|row| classes[*row]).collect();
        let class = lesson.one_hot(&classes);
        let rows: Vec<i64> = order.iter().map(|row| *row as i64).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::from(rows.as_slice()), lesson.learning.device);
        let (y, n) = (lesson.examples().select(0, rows.clone()), lesson.noise().select(0, rows));
        let x = y.clone() + n * lesson.column(from, |sigma| sigma);
        let mut wanted = y;
        if *long > 0 {
            let told = class.clone().map(|class| class.narrow(0, 0, *long));
            let denoise = |x: Tensor<2>, [sigma, next]: [&[f64]; 2]| {
                let input = Noisy::new(sigma.to_vec(), told.clone()).toward(next.to_vec());
                lesson.constant(x, &input, Mode::Infer)
            };
            let [from, to] = [from, to].map(|levels| &levels[..*long]);
            let own =
                two_steps(denoise, x.clone().narrow(0, 0, *long), [from, middle, to]).without_autodiff();
            let rest = order.len() - long;
            let parts = (rest > 0).then(|| wanted.without_autodiff().narrow(0, *long, rest));
            wanted = Tensor::cat([own].into_iter().chain(parts).collect(), 0);
        }
        lesson.regression(x, wanted, &Noisy::new(from.clone(), class).toward(to.clone()))
    }

    fn ignores(&self) -> &'static [&'static str] {
        &["coupling"]
    }

    fn tells_span(&self) -> bool {
        true
    }

    fn check(&self, model: &DiffusionConfig, _interface: &Interface) -> Result<()> {
        at_least("every", self.every, 1)?;
        if !model.network.takes_span() {
            let name = model.network.name();
            let message = format!(
                "the network is told how far a step leads, and `{name}` does not listen: take `network: mlp`"
            );
            return Err(Error::config(".", message));
        }
        if self.finest >= 2 && self.finest.is_power_of_two() {
            return Ok(());
        }
        let message = format!("wanted a power of two, 2 or more; this is {}", self.finest);
        Err(Error::config("finest", message))
    }
}

/// Which rows learn what, those of long steps first.
struct Plan {
    order: Vec<usize>,
    /// How many learn long steps.
    long: usize,
    from: Vec<f64>,
    /// Of the long steps alone.
    middle: Vec<f64>,
    to: Vec<f64>,
}

impl Shortcut {
    fn plan(&self, lesson: &Lesson) -> Plan {
        let is_long = |row: &usize| (lesson.batch.first + *row as u64).is_multiple_of(self.every as u64);
        let (mut order, short): (Vec<usize>, Vec<usize>) = (0..lesson.batch.size()).partition(is_long);
        let long = order.len();
        let mut chances: Vec<Stream> = lesson.chances().collect();
        let steps: Vec<[f64; 3]> =
            order.iter().map(|row| self.step(&mut chances[*row], lesson.model.range[1])).collect();
        let [mut from, middle, mut to] =
            [0, 1, 2].map(|i| steps.iter().map(|step| step[i]).collect::<Vec<f64>>());
        let shares: Vec<f64> = short.iter().map(|row| chances[*row].uniform()).collect();
        from.extend(lesson.model.noise.sigmas(&shares));
        to.extend_from_slice(&from[long..]);
        order.extend(short);
        Plan { order, long, from, middle, to }
    }

    /// A long step's levels: `[σ, σ′, σ″]`.
    fn step(&self, chance: &mut Stream, top: f64) -> [f64; 3] {
        let lengths = self.finest.ilog2();
        let count = 1_u64 << chance.below(u64::from(lengths));
        let place = chance.below(count) as f64;
        let time = |place: f64| top / (1.0 + top) * place / count as f64;
        [place + 1.0, place + 0.5, place].map(time).map(|t| t / (1.0 - t))
    }
}
