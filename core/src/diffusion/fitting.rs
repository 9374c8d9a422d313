//! Which walks fit a model: what its objective, its variance and its coupling leave of samplers and edits.

use super::{CouplingConfig, DiffusionConfig, PredictionConfig, Sampling};
use crate::config::check::under;
use crate::editing::Edit;
use crate::guidance::Learns;
use crate::nn::Interface;
use crate::samplers::{SamplerConfig, Variance, Wants};
use crate::schedules::grids::Span;
use crate::{Error, Result};

/// The one step by which every estimate leads where it says: DDIM's, without noise.
fn is_plain_ddim(sampler: &SamplerConfig) -> bool {
    matches!(sampler, SamplerConfig::Ddim(_)) && !sampler.stochastic()
}

/// Whether a sampler takes what has been learnt for what it is.
fn takes(sampler: &SamplerConfig, learns: Learns) -> bool {
    match learns {
        Learns::Mean => sampler.wants() == Wants::Denoiser,
        Learns::ConsistencyFunction => sampler.wants() == Wants::ConsistencyFunction,
        Learns::Steps => is_plain_ddim(sampler),
    }
}

impl DiffusionConfig {
    /// Why that sampler would draw something else than the data, and which would not; `None` where it fits.
    pub(super) fn misfit(&self, sampler: &SamplerConfig) -> Option<String> {
        let why = self.why_not(sampler)?;
        let fitting = |other: &SamplerConfig| self.why_not(other).is_none();
        let names: Vec<&str> =
            SamplerConfig::all().iter().filter(|other| fitting(other)).map(SamplerConfig::name).collect();
        Some(format!("{} {why}; with their defaults these fit: {}", sampler.name(), names.join(", ")))
    }

    fn why_not(&self, sampler: &SamplerConfig) -> Option<String> {
        let learns = self.objective.learns();
        if !takes(sampler, learns) {
            return Some(format!("does not fit a model that has learnt {}", learns.words()));
        }
        if matches!(sampler, SamplerConfig::Ddpm(ddpm) if ddpm.variance == Variance::Learned)
            && self.variance.bound().is_none()
        {
            return Some("wants a variance that was learnt, which this model's was not".into());
        }
        if self.is_coupled() && sampler.stochastic() {
            return Some(format!("adds noise of its own, which does not fit {}", self.coupled_words()));
        }
        None
    }

    /// Why that edit would come to nothing; `None` where it fits.
    pub(super) fn misfit_edit(&self, edit: &Edit) -> Option<String> {
        let learns = self.objective.learns();
        match edit {
            // Both ways are one ODE, which the mean alone gives.
            Edit::Between { .. } if learns != Learns::Mean => {
                let why = "what lies between two samples is not known to a model that has learnt";
                Some(format!("{why} {}; take one of the objective `denoise`", learns.words()))
            }
            Edit::From { .. } if self.is_coupled() => Some(self.foreign("what it starts from")),
            Edit::Inpaint { method, .. } if self.is_coupled() && method.pull().is_none() => {
                Some(self.foreign("what is known"))
            }
            _ => None,
        }
    }

    fn foreign(&self, noised: &str) -> String {
        let coupled = self.coupled_words();
        format!(
            "{noised} is given noise of its own, which does not fit {coupled}; take one of the coupling `independent`"
        )
    }

    /// Whether the noise in `x` depends on the data in it: then `D` gives the ODE, but `(D − x)/σ²` is no score.
    pub(super) fn is_coupled(&self) -> bool {
        !matches!(self.coupling, CouplingConfig::Independent(_))
    }

    fn coupled_words(&self) -> String {
        format!(
            "a model that has learnt with noise that goes with the data (`coupling: {}`)",
            self.coupling.name()
        )
    }

    /// Refuses a walk of the model's own that would be refused to a request, or that it would only find out of at its first sample.
    pub(super) fn check_own_walk(&self, interface: &Interface) -> Result<()> {
        let Sampling { sampler, schedule, grid, steps, guidance, .. } = &*self.sampling;
        let wrong = |key: &str, message: String| Err(Error::config(key, message));
        if let Some(why) = self.misfit(sampler) {
            return wrong("sampler", why);
        }
        if self.objective.tells_span() && !is_plain_ddim(sampler) {
            let (objective, sampler) = (self.objective.name(), sampler.name());
            return wrong(
                "sampler",
                format!(
                    "`{objective}` wants ddim without noise, which tells the network how far a step leads; this is {sampler}"
                ),
            );
        }
        if *guidance != 1.0 && self.label_dropout == 0.0 && !interface.classes.is_empty() {
            let message = "it leads away from no class, which is never learnt with label_dropout 0: wanted 1, or a label_dropout above 0";
            return wrong("guidance", format!("{message}; this is {guidance}"));
        }
        let span =
            Span { steps: *steps, schedule: &**schedule, range: self.range, features: interface.features() };
        under("grid", grid.levels(&span)).map(drop)
    }

    /// Refuses columns that say something and are not read. Levels and weights of the default may have been left as they were.
    pub(super) fn check_read(&self) -> Result<()> {
        let ignored = self.objective.ignores();
        let unread = |key: &str, name: &str, default: &str| {
            if !ignored.contains(&key) || name == default {
                return Ok(());
            }
            let objective = self.objective.name();
            Err(Error::config(
                key,
                format!("`{objective}` does not read it: wanted `{default}`; this is `{name}`"),
            ))
        };
        let plain = Self::default();
        unread("weight", self.weight.name(), plain.weight.name())?;
        unread("coupling", self.coupling.name(), plain.coupling.name())
    }

    /// Refuses two numbers for one: where the ODE of a consistency model ends.
    pub(super) fn check_end(&self) -> Result<()> {
        if self.objective.learns() != Learns::ConsistencyFunction {
            return Ok(());
        }
        let [bottom, _] = self.range;
        let agrees = |key: &str, sigma_min: f64| {
            if sigma_min == bottom {
                return Ok(());
            }
            let message =
                format!("wanted the bottom of `range`, {bottom}, where the ODE ends; this is {sigma_min}");
            Err(Error::config(key, message))
        };
        if let PredictionConfig::Consistency(prediction) = &self.prediction {
            agrees("prediction.sigma_min", prediction.sigma_min)?;
        }
        match &self.sampling.sampler {
            SamplerConfig::Consistency(sampler) => agrees("sampling.sampler.sigma_min", sampler.sigma_min),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
