//! The noise levels of a discrete-time model at some of its training steps, by the rules of diffusers' schedulers.
//!
//! ```text
//! leading    0, r, 2r, …              r = ⌊T/N⌋      plus an offset
//! trailing   T − 1, T − 1 − r, …       r = T/N        rounded
//! linspace   from T − 1 to 0 in equal steps
//! ```
//!
//! Lin et al. 2023, Table 2, <https://arxiv.org/abs/2305.08891>. The levels are the table's own, whatever the range asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GridConfig, Spacing, Span};
use crate::config::check::{positive, under, within};
use crate::registry::{About, Member};
use crate::schedules::discrete::{Betas, Table};
use crate::{Error, Result};

/// Which training steps are visited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimestepSpacing {
    /// Every `⌊T/N⌋`-th, from the first.
    Leading,
    /// Every `T/N`-th, back from the last.
    #[default]
    Trailing,
    /// Equal steps between the first and the last.
    Linspace,
}

/// Whose details: the schedulers differ in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimestepRule {
    /// DDIM, DDPM, PNDM, LCM: `N` whole training steps.
    #[default]
    Ddim,
    /// Euler, Heun, LMS, DPM2: `N` training steps, `linspace` not rounded.
    Euler,
    /// DPM-Solver, UniPC, DEIS, SA-Solver: `N + 1` whole training steps, the lowest left out.
    DpmSolver,
}

/// How levels are found that are not at a whole training step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// `σ/α` is linear between two of them.
    #[default]
    Linear,
    /// No training steps are visited, but equal steps of `ln σ/α` from the noisiest to the least noisy, where the walk ends.
    LogLinear,
}

/// Where the walk ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// In data: `set_alpha_to_one`, `final_sigmas_type: zero`.
    #[default]
    Data,
    /// At the first training step's noise level: `final_sigmas_type: sigma_min`.
    Lowest,
}

/// The levels of a discrete-time model.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Discrete {
    /// The model's betas.
    pub betas: Betas,
    /// Which training steps are visited.
    pub spacing: TimestepSpacing,
    /// Whose details.
    pub rule: TimestepRule,
    /// Steps of the walk that a model was distilled with (LCM, TCD): training steps are picked from those of its trailing spacing,
    /// evenly from the noisiest on, in place of `spacing`.
    pub original_steps: Option<usize>,
    /// Added to the training steps of `leading`.
    pub steps_offset: usize,
    /// How levels are found that are not at a whole training step.
    pub interpolation: Interpolation,
    /// Training steps whose `ln(α/σ)` is below this are left out, by the rule of DPM-Solver (`lambda_min_clipped`).
    pub lambda_min: Option<f64>,
    /// Another grid that takes over between the first and the last of these levels: `use_karras_sigmas` and the like.
    pub respaced: Option<Box<GridConfig>>,
    /// Where that grid ends, in place of the last of these levels.
    pub sigma_min: Option<f64>,
    /// Where that grid starts, in place of the first of them.
    pub sigma_max: Option<f64>,
    /// Where the walk ends.
    pub ending: Ending,
}

impl Member for Discrete {
    const ABOUT: About = About {
        summary: "Training steps of a discrete-time model: leading, trailing, linspace",
        paper: "Lin et al. 2023, Table 2, https://arxiv.org/abs/2305.08891; Ho et al. 2020, https://arxiv.org/abs/2006.11239",
    };
}

impl Discrete {
    /// The training steps that `steps` steps visit, falling, some between two. With `lambda_min` the trailing ones may be fewer.
    pub fn timesteps(&self, steps: usize) -> Result<Vec<f64>> {
        let train = self.betas.steps();
        if steps > train {
            let message = format!("steps: {steps} are more than the {train} that the model was trained with");
            return Err(Error::argument(message));
        }
        if let Some(original) = self.original_steps {
            return distilled(train, original, steps);
        }
        Ok(match self.spacing {
            TimestepSpacing::Leading => self.leading(steps),
            TimestepSpacing::Trailing => trailing(train, self.last(), steps),
            TimestepSpacing::Linspace => self.linspace(steps),
        })
    }

    /// `σ/α` at those, or as another grid spaces them: `steps` of them.
    pub fn ratios(&self, steps: usize) -> Result<Vec<f64>> {
        let table = self.table();
        let timesteps = self.timesteps(steps)?;
        let ratios: Vec<f64> = match self.interpolation {
            Interpolation::Linear => timesteps.into_iter().map(|timestep| table.ratio_at(timestep)).collect(),
            Interpolation::LogLinear => {
                let [least, most] = table.range();
                let place = |i: usize| i as f64 / steps.max(1) as f64;
                (0..steps).map(|i| most.powf(1.0 - place(i)) * least.powf(place(i))).collect()
            }
        };
        let ratios = match &self.respaced {
            Some(grid) => respace(grid, steps, self.ends(&table, &ratios))?,
            None if ratios.len() < steps => return Err(too_few(ratios.len(), steps)),
            None => ratios,
        };
        Ok(ratios.into_iter().map(|ratio| self.betas.precision.round(ratio)).collect())
    }

    /// The noise levels of all training steps. A rescaled table's last has no signal at all; rules that divide by what is left of it
    /// stop short of that.
    fn table(&self) -> Table {
        let mut table = self.betas.table();
        if let (true, TimestepRule::Ddim, Some(last)) =
            (self.betas.zero_terminal_snr, self.rule, table.ratios.last_mut())
        {
            *last = f64::INFINITY;
        }
        table
    }

    /// Training steps that are not too noisy.
    fn last(&self) -> usize {
        let Some(lambda_min) = self.lambda_min else { return self.betas.steps() };
        self.betas.table().ratios.partition_point(|ratio| -ratio.ln() >= lambda_min)
    }

    fn check_lambda_min(&self) -> Result<()> {
        let refuse = |message: String| Err(Error::config("lambda_min", message));
        match self.lambda_min {
            Some(_) if self.rule != TimestepRule::DpmSolver => {
                refuse("only the rule `dpm_solver` leaves training steps out: leave this out".into())
            }
            Some(least) if self.last() == 0 => {
                refuse(format!("no training step has as little noise as ln(α/σ) = {least} asks for"))
            }
            _ => Ok(()),
        }
    }

    /// Options that have no effect beside the others.
    fn check_idle(&self) -> Result<()> {
        let refuse = |name: &str, why: &str| Err(Error::config(name, format!("{why}: leave this out")));
        if self.steps_offset > 0 && !self.leads() {
            return refuse("steps_offset", "only the training steps of the spacing `leading` are offset");
        }
        let bounds = [("sigma_min", self.sigma_min), ("sigma_max", self.sigma_max)];
        match bounds.iter().find(|(_, bound)| bound.is_some()) {
            Some((name, _)) if self.respaced.is_none() => {
                refuse(name, "only another grid that takes over (`respaced`) is bounded")
            }
            _ => Ok(()),
        }
    }

    /// Whether training steps are picked by the spacing `leading`.
    fn leads(&self) -> bool {
        self.spacing == TimestepSpacing::Leading
            && self.original_steps.is_none()
            && self.interpolation == Interpolation::Linear
    }

    fn check_bounds(&self) -> Result<()> {
        for (name, bound) in [("sigma_min", self.sigma_min), ("sigma_max", self.sigma_max)] {
            bound.map_or(Ok(()), |bound| positive(name, bound))?;
        }
        if self.sigma_min.or(self.sigma_max).is_none() {
            return Ok(());
        }
        let [end, start] = self.ends(&self.betas.table(), &[]);
        if end < start {
            return Ok(());
        }
        let name = if self.sigma_max.is_some() { "sigma_max" } else { "sigma_min" };
        let message =
            format!("no grid runs from σ/α = {start} down to {end}: wanted the start above the end");
        Err(Error::config(name, message))
    }

    fn leading(&self, steps: usize) -> Vec<f64> {
        let (first, stride) = match self.rule {
            TimestepRule::DpmSolver => (1, self.last() / (steps + 1)),
            TimestepRule::Ddim | TimestepRule::Euler => (0, self.betas.steps() / steps.max(1)),
        };
        (first..first + steps).rev().map(|i| (i * stride + self.steps_offset) as f64).collect()
    }

    fn linspace(&self, steps: usize) -> Vec<f64> {
        let top = self.last() as f64 - 1.0;
        let falling = |points: usize| {
            let step = top / (points.max(2) - 1) as f64;
            (0..points).rev().map(move |i| if i + 1 == points && i > 0 { top } else { i as f64 * step })
        };
        match self.rule {
            TimestepRule::Ddim => falling(steps).map(f64::round_ties_even).collect(),
            TimestepRule::Euler => falling(steps).map(|t| self.betas.precision.round(t)).collect(),
            TimestepRule::DpmSolver => falling(steps + 1).take(steps).map(f64::round_ties_even).collect(),
        }
    }

    /// Between which levels another grid takes over: the whole table's, or those at the timesteps, as diffusers does.
    fn ends(&self, table: &Table, ratios: &[f64]) -> [f64; 2] {
        let [least, most] = match (self.rule, self.interpolation, ratios) {
            (TimestepRule::Euler, Interpolation::Linear, [first, .., last]) => [*last, *first],
            _ => table.range(),
        };
        [self.sigma_min.unwrap_or(least), self.sigma_max.unwrap_or(most)]
    }
}

/// Multiples of `train/steps` down from `last`, as `np.arange` counts them, less one.
fn trailing(train: usize, last: usize, steps: usize) -> Vec<f64> {
    let top = last as f64;
    let stride = (top - train as f64 / steps as f64) - top;
    let timesteps = (0..steps).map(|i| (top + i as f64 * stride).round_ties_even() - 1.0);
    timesteps.take_while(|timestep| *timestep >= 0.0).collect()
}

fn too_few(found: usize, steps: usize) -> Error {
    Error::argument(format!(
        "grid discrete: `lambda_min` leaves {found} of {steps} trailing training steps; take the spacing linspace, which shares out what is left, or leave `lambda_min` out"
    ))
}

/// Training steps among `original` equal ones, as LCM picks them.
fn distilled(train: usize, original: usize, steps: usize) -> Result<Vec<f64>> {
    if steps > original {
        let message =
            format!("steps: {steps} are more than the {original} that the model was distilled with");
        return Err(Error::argument(message));
    }
    let (stride, share) = (train / original, original as f64 / steps.max(1) as f64);
    let place = |i: usize| (i as f64 * share).floor() as usize;
    Ok((0..steps).map(|i| ((original - place(i)) * stride - 1) as f64).collect())
}

/// The noise levels of another grid; in the frame where time is the noise level.
fn respace(grid: &GridConfig, steps: usize, range: [f64; 2]) -> Result<Vec<f64>> {
    let span = Span { steps, schedule: &crate::schedules::Edm {}, range, features: 0 };
    if under("respaced", grid.end(&span))? > 0.0 {
        let message = "this grid ends before data, which has no effect here: leave its end out, and take `ending: lowest` or a `stop` around the whole";
        return Err(Error::config("respaced", message));
    }
    under("respaced", grid.times(&span))
}

impl Spacing for Discrete {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        Ok(span.times(self.ratios(span.steps)?))
    }

    fn end(&self, span: &Span) -> Result<f64> {
        let lowest = self.interpolation == Interpolation::LogLinear && self.respaced.is_none();
        Ok(match self.ending {
            Ending::Data if !lowest => 0.0,
            Ending::Data | Ending::Lowest => span.schedule.time(self.betas.table().range()[0]),
        })
    }

    fn check(&self) -> Result<()> {
        under("betas", self.betas.check())?;
        self.check_lambda_min()?;
        if let Some(original) = self.original_steps {
            within("original_steps", original as f64, 1.0, self.betas.steps() as f64)?;
        }
        self.check_idle()?;
        self.check_bounds()?;
        match &self.respaced {
            Some(grid) => under("respaced", grid.check()),
            None => Ok(()),
        }
    }
}
