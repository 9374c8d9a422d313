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
use crate::Result;
use crate::config::check::under;
use crate::flow::conditioners::{ConditionerConfig, classes, conditioned};
use crate::flow::elements::ElementConfig;
use crate::flow::partition::{Mask, Partition};
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode, Network, Parametric};
use crate::registry::{About, Member};

/// A coupling.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Coupling {
    /// What is done to each number that changes.
    pub element: ElementConfig,
    /// The network that makes its parameters.
    pub conditioner: ConditionerConfig,
    /// Which numbers stay.
    pub mask: Mask,
}

impl Default for Coupling {
    fn default() -> Self {
        let element = ElementConfig::named("affine").expect("the default should be registered");
        Self { element, conditioner: ConditionerConfig::default(), mask: Mask::default() }
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
        let partition = Partition::of(self.mask, place)?;
        let coupled = Coupled::new((&self.element, &self.conditioner), partition, place.told, init)?;
        Ok(Built::same(coupled, place))
    }
}

/// Numbers that change by what the others say.
pub(super) struct Coupled {
    network: Box<dyn Network>,
    element: ElementConfig,
    partition: Partition,
}

impl Coupled {
    pub(super) fn new(
        (element, conditioner): (&ElementConfig, &ConditionerConfig),
        partition: Partition,
        told: usize,
        init: &Init,
    ) -> Result<Self> {
        under("element", element.check())?;
        let network = conditioned(conditioner, element, &partition, told, &init.at("conditioner"));
        let network = under("conditioner", network)?;
        Ok(Self { network, element: element.clone(), partition })
    }

    fn apply(
        &self,
        x: &Tensor<2>,
        (told, mode): (Option<&Tensor<2>>, Mode),
        act: impl FnOnce(Tensor<2>, Tensor<2>) -> [Tensor<2>; 2],
    ) -> [Tensor<2>; 2] {
        let [stays, changes] = self.partition.split(x);
        let parameters = self.network.forward(stays.clone(), &classes(told), mode);
        let [changed, log] = act(changes, parameters);
        [self.partition.join(stays, changed), log]
    }
}

impl Map for Coupled {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> [Tensor<2>; 2] {
        self.apply(&x, (told, mode), |x, parameters| self.element.normalise(x, parameters))
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        self.apply(&z, (told, Mode::Infer), |z, parameters| self.element.generate(z, parameters))
    }
}

impl Parametric for Coupled {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        vec![("conditioner".into(), &*self.network)]
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        vec![&mut *self.network]
    }
}
