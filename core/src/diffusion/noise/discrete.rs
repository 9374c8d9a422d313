//! The levels of a table of betas, each as often as any: `σ/α = sqrt((1 − ᾱ_t)/ᾱ_t)`, `t ~ U{0 … T − 1}`.
//!
//! Ho et al. 2020, Algorithm 1, <https://arxiv.org/abs/2006.11239>. To sample at the levels that were learnt, walk the grid `discrete`
//! with the same betas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LevelDistribution;
use crate::Result;
use crate::config::check::under;
use crate::registry::{About, Member};
use crate::schedules::discrete::{Betas, Table};

/// Discrete time, uniform.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Discrete {
    /// The betas whose levels are learnt.
    pub betas: Betas,
}

impl Member for Discrete {
    const ABOUT: About = About {
        summary: "Discrete time uniform: the levels of a table of betas (DDPM)",
        paper: "Ho et al. 2020, Algorithm 1, https://arxiv.org/abs/2006.11239",
    };
}

impl LevelDistribution for Discrete {
    fn sigma(&self, u: f64) -> f64 {
        pick(&self.betas.table(), u)
    }
    fn sigmas(&self, shares: &[f64]) -> Vec<f64> {
        let table = self.betas.table();
        shares.iter().map(|u| pick(&table, *u)).collect()
    }
    fn table(&self) -> Option<Table> {
        Some(self.betas.table())
    }
    fn check(&self) -> Result<()> {
        under("betas", self.betas.check())
    }
}

fn pick(table: &Table, u: f64) -> f64 {
    let last = table.ratios.len() - 1;
    table.ratios[((u * table.ratios.len() as f64) as usize).min(last)]
}
