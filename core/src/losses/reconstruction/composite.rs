//! Several losses of reconstruction, added up.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{L1, Moment, Reconstruction, ReconstructionConfig, Ssim};
use crate::config::check::{not_empty, not_negative, under};
use crate::losses::{CompositeLoss, LossScheduleConfig, Term};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// One of the losses.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedLoss {
    /// Which.
    pub loss: ReconstructionConfig,
    /// Its weight.
    #[serde(default = "one")]
    pub weight: f64,
    /// How the weight rises.
    #[serde(default)]
    pub schedule: LossScheduleConfig,
}

fn one() -> f64 {
    1.0
}

/// A weighted sum of losses, each of which is told under its name. Zhao et al. find an absolute value beside structural similarity to please the eye.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Composite {
    /// The losses.
    pub terms: Vec<WeightedLoss>,
}

impl Default for Composite {
    fn default() -> Self {
        let term = |loss, weight| WeightedLoss { loss, weight, schedule: LossScheduleConfig::default() };
        let (l1, ssim) = (ReconstructionConfig::L1(L1 {}), ReconstructionConfig::Ssim(Ssim {}));
        Self { terms: vec![term(l1, 0.5), term(ssim, 0.5)] }
    }
}

impl Member for Composite {
    const ABOUT: About = About {
        summary: "A weighted sum of others, whose weights may rise",
        paper: "Zhao et al. 2017, https://arxiv.org/abs/1511.08861",
    };
}

impl Composite {
    fn loss(&self) -> CompositeLoss {
        let term = |term: &WeightedLoss| Term {
            name: term.loss.name(),
            weight: term.weight,
            schedule: term.schedule.clone(),
        };
        CompositeLoss { terms: self.terms.iter().map(term).collect() }
    }
}

impl Reconstruction for Composite {
    fn cost(&self, x: Tensor<2>, reconstruction: Tensor<2>, shape: &[usize]) -> Tensor<1> {
        self.cost_at(x, reconstruction, shape, &Moment::END)
    }

    fn cost_at(
        &self,
        x: Tensor<2>,
        reconstruction: Tensor<2>,
        shape: &[usize],
        moment: &Moment,
    ) -> Tensor<1> {
        let value = |term: &WeightedLoss| term.loss.cost_at(x.clone(), reconstruction.clone(), shape, moment);
        self.loss().total(self.terms.iter().map(value).collect(), moment)
    }

    fn check(&self, shape: &[usize]) -> Result<()> {
        not_empty("terms", &self.terms)?;
        for (i, term) in self.terms.iter().enumerate() {
            let place = format!("terms.{i}");
            if self.terms[..i].iter().any(|other| other.loss.name() == term.loss.name()) {
                let message = format!("`{}` is there twice; add up their weights", term.loss.name());
                return Err(Error::config(format!("{place}.loss"), message));
            }
            under(&place, not_negative("weight", term.weight))?;
            under(&place, under("schedule", term.schedule.check()))?;
            under(&place, under("loss", term.loss.check(shape)))?;
        }
        Ok(())
    }
}
