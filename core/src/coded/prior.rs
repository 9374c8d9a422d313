//! Priors: the families that learn rows of codes as rows of tokens.

use super::causal;
use crate::discrete;
use crate::model::Family;

registry! {
    /// The models of codes that a configuration can name.
    pub enum CodePriorConfig("prior of codes"): dyn Family {
        "discrete" => discrete::DiscreteConfig,
        "autoregressive" => causal::AutoregressiveConfig,
    }
}
