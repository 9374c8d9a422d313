//! The noise levels that one writes down; what [`super::fit()`] finds, for instance.
//!
//! With another number of steps than levels, the logarithm of the noise level is interpolated (Sabour et al. 2024,
//! <https://arxiv.org/abs/2404.14507>).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::log_linear;
use super::{Spacing, Span};
use crate::config::check::positive;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// Levels from a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Explicit {
    /// `σ/α`, falling, without data at the end; none for the two ends of the model's range.
    pub levels: Vec<f64>,
}

impl Member for Explicit {
    const ABOUT: About = About {
        summary: "A list of noise levels, interpolated to other numbers of steps",
        paper: "Sabour et al. 2024, https://arxiv.org/abs/2404.14507",
    };
}

impl Spacing for Explicit {
    fn times(&self, span: &Span) -> Result<Vec<f64>> {
        let [end, start] = span.range;
        let table = if self.levels.is_empty() { vec![start, end] } else { self.levels.clone() };
        if table.len() == 1 && span.steps > 1 {
            let message = format!("{} steps cannot be made of one level: write two at least", span.steps);
            return Err(Error::config("levels", message));
        }
        Ok(span.times(log_linear(&table, span.steps)))
    }

    fn check(&self) -> Result<()> {
        for (i, level) in self.levels.iter().enumerate() {
            positive(&format!("levels.{i}"), *level)?;
        }
        match self.levels.windows(2).position(|pair| pair[0] <= pair[1]) {
            Some(i) => {
                let (from, to) = (self.levels[i], self.levels[i + 1]);
                let message = format!("noise levels must fall; {to} follows {from}");
                Err(Error::config(format!("levels.{}", i + 1), message))
            }
            None => Ok(()),
        }
    }
}
