//! Methods: what becomes of the difference between the two predictions of guidance.

mod classifier_free;
mod apg;

use crate::Result;
use crate::samplers::Vector;

/// What a method's configuration makes.
pub trait Method {
    /// The rule at the start of a walk.
    fn build(&self) -> Box<dyn Rule>;

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Puts two predictions together. It may remember those of levels before; how often it was asked at one, it does not tell.
pub trait Rule {
    /// Away from `away`, beyond `towards` by `scale − 1`, at noise level `sigma`. Rows: `[batch, features]`.
    fn guide(&mut self, towards: Vector, away: Vector, sigma: f64, scale: f64) -> Vector;
}

registry! {
    /// The methods of guidance that a configuration can name.
    pub enum MethodConfig("guidance method"): dyn Method {
        "cfg" => classifier_free::ClassifierFree,
        "apg" => apg::Apg,
    }
}
