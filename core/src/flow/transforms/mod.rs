//! Transforms: the bijections that a flow is made of.

mod coupling;
mod autoregressive;
mod permutation;
mod actnorm;
mod rotation;
mod linear;
mod logit;
mod squeeze;
mod split;
mod repeated;

use crate::Result;
use crate::flow::{Built, Place};
use crate::nn::Init;

/// A bijection's configuration.
pub trait Transform {
    /// The bijection of rows at that place; fails where it does not fit their shape.
    fn build(&self, place: &Place, init: &Init) -> Result<Built>;
}

registry! {
    /// The bijections that a configuration can name.
    pub enum TransformConfig("bijection"): dyn Transform {
        "coupling" => coupling::Coupling,
        "autoregressive" => autoregressive::Autoregressive,
        "permutation" => permutation::Permutation,
        "actnorm" => actnorm::ActNorm,
        "linear" => linear::InvertibleLinear,
        "logit" => logit::Logit,
        "squeeze" => squeeze::Squeeze,
        "split" => split::Split,
        "repeated" => repeated::Repeated,
    }
}
