//! Couplings: half of the numbers stay, and say what becomes of the others.
//!
//! ```text
//! z_a = x_a,   z_b = e(x_b; g(x_a, told)),   ln |det| = Σ ln e'
//! ```
//!
//! Dinh et al. 2015, <https://arxiv.org/abs/1410.8516>, section 3. Neighbouring couplings take turns in which half stays.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::config::check::under;
use crate::flow::conditioner::{Conditioner, ConditionerConfig};
use crate::flow::elements::ElementConfig;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};
use crate::{Error, Result};

/// A coupling.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Coupling {
    /// What is done to each number that changes.
    pub element: ElementConfig,
    /// The network that makes its parameters.
    pub conditioner: ConditionerConfig,
}

impl Default for Coupling {
    fn default() -> Self {
        let element = ElementConfig::named("affine").expect("the default should be registered");
        Self { element, conditioner: ConditionerConfig::default() }
    }
}

impl Member for Coupling {
    const ABOUT: About = About {
        summary: "Coupling: half of the numbers change by what the others say (NICE, RealNVP, neural splines)",
        paper: "Dinh et al. 2015, https://arxiv.org/abs/1410.8516; Dinh et al. 2017, https://arxiv.org/abs/1605.08803",
    };
}

impl Transform for Coupling {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        under("element", self.element.check())?;
        let features = place.features();
        if features < 2 {
            let message = format!(
                "a coupling splits the numbers of a row in two, and there is {features} here: take `autoregressive`"
            );
            return Err(Error::config(".", message));
        }
        let first = features.div_ceil(2);
        let half = if place.number % 2 == 0 { Half::Second } else { Half::First };
        let (stays, changes) = match half {
            Half::Second => (first, features - first),
            Half::First => (features - first, first),
        };
        let outputs = changes * self.element.parameters();
        let conditioner = under("conditioner", self.conditioner.build(stays, place.told, outputs, init))?;
        Ok(Built::same(Coupled { conditioner, element: self.element.clone(), first, half }, place))
    }
}

/// Which half changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

#[derive(Module, Debug)]
struct Coupled {
    conditioner: Conditioner,
    #[module(skip)]
    element: ElementConfig,
    /// Numbers in the first half.
    first: usize,
    #[module(skip)]
    half: Half,
}

impl Coupled {
    fn apply(
        &self,
        x: &Tensor<2>,
        told: Option<&Tensor<2>>,
        act: impl FnOnce(Tensor<2>, Tensor<2>) -> [Tensor<2>; 2],
    ) -> [Tensor<2>; 2] {
        let width = x.dims()[1];
        let a = x.clone().narrow(1, 0, self.first);
        let b = x.clone().narrow(1, self.first, width - self.first);
        match self.half {
            Half::Second => {
                let [b, log] = act(b, self.conditioner.forward(a.clone(), told));
                [Tensor::cat(vec![a, b], 1), log]
            }
            Half::First => {
                let [a, log] = act(a, self.conditioner.forward(b.clone(), told));
                [Tensor::cat(vec![a, b], 1), log]
            }
        }
    }
}

impl Map for Coupled {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        self.apply(&x, told, |x, parameters| self.element.normalise(x, parameters))
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        self.apply(&z, told, |z, parameters| self.element.generate(z, parameters))
    }
}
