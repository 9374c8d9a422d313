//! Equal steps in the schedule's time: `t_i = t_max + (t_min − t_max) i/N`, with `t_min` itself (`i/(N − 1)`) or without.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spacing, Span};
use crate::Result;
use crate::config::check::not_negative;
use crate::registry::{About, Member};

/// Equal steps in time, down to data unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Linear {
    /// The first time; without it, that of the model's noisiest level.
    pub from: Option<f64>,
    /// The last time.
    pub to: f64,
    /// Whether a step begins at the last time. After it the walk goes on into data.
    pub last: Bound,
}

/// Whether an end belongs to what it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// No: the next step would begin there.
    #[default]
    Excluded,
    /// Yes.
    Included,
}

impl Member for Linear {
    const ABOUT: About = About {
        summary: "Equal steps in the schedule's time",
        paper: "Lipman et al. 2023, https://arxiv.org/abs/2210.02747",
    };
}

impl Spacing for Linear {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        // Where there is no signal left, `x/α` is not defined: the schedule's last time comes before.
        let latest = span.schedule.time(f64::INFINITY);
        let top = self.from.map_or_else(|| span.schedule.time(span.range[1]), |from| from.min(latest));
        let parts = match self.last {
            Bound::Excluded => span.steps,
            Bound::Included => span.steps.max(2) - 1,
        };
        Ok((0..span.steps).map(|i| top + (self.to - top) * (i as f64 / parts as f64)).collect())
    }

    fn check(&self) -> Result<()> {
        not_negative("to", self.to)?;
        self.from.map_or(Ok(()), |from| not_negative("from", from))
    }
}
