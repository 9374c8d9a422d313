//! The change of variables: what a normalising flow knows at once.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Estimation, Method, Process, Query, of_others};
use crate::Result;
use crate::registry::{About, Member};

/// The exact density of a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Exact {}

impl Member for Exact {
    const ABOUT: About = About {
        summary: "Exact density by the change of variables, of flows",
        paper: "Rezende and Mohamed 2015, https://arxiv.org/abs/1505.05770",
    };
}

impl Method for Exact {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn begin(&self, _process: Process, _rows: Tensor<2>, _query: &Query) -> Result<Box<dyn Estimation>> {
        Err(of_others("exact", "normalizing flows"))
    }
}
