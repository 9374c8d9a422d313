//! Autoregressive bijections: each number changes by what those before it say.
//!
//! ```text
//! z_i = e(x_i; g_i(x_1 … x_{i−1}, told)),   ln |det| = Σ ln e'
//! ```
//!
//! Papamakarios et al. 2017, <https://arxiv.org/abs/1705.07057> (MAF): the normalising direction is one pass of a masked network (Germain et al.
//! 2015, <https://arxiv.org/abs/1502.03509>), the generative one a pass for each number. Kingma et al. 2016,
//! <https://arxiv.org/abs/1606.04934> (IAF): the other way round. Neighbours go through the numbers in opposite orders.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::Result;
use crate::config::check::under;
use crate::flow::conditioners::around;
use crate::flow::elements::ElementConfig;
use crate::flow::masked::{Masked, MaskedConfig};
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};

/// An autoregressive bijection.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Autoregressive {
    /// What is done to each number.
    pub element: ElementConfig,
    /// The masked network that makes its parameters.
    pub conditioner: MaskedConfig,
    /// Which direction is one pass.
    pub fast: Fast,
}

/// A direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fast {
    /// From data to base: MAF, for densities.
    #[default]
    Normalise,
    /// From base to data: IAF, for samples.
    Generate,
}

impl Default for Autoregressive {
    fn default() -> Self {
        let element = ElementConfig::named("affine").expect("the default should be registered");
        Self { element, conditioner: MaskedConfig::default(), fast: Fast::default() }
    }
}

impl Member for Autoregressive {
    const ABOUT: About = About {
        summary: "Autoregressive: each number changes by what those before it say (MADE, MAF, IAF, neural splines)",
        paper: "Papamakarios et al. 2017, https://arxiv.org/abs/1705.07057; Kingma et al. 2016, https://arxiv.org/abs/1606.04934",
    };
}

impl Transform for Autoregressive {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        under("element", self.element.check())?;
        let features = place.features();
        let rank = |i: usize| if place.number.is_multiple_of(2) { i } else { features - 1 - i };
        let order: Vec<usize> = (0..features).map(rank).collect();
        let numbers = self.element.layout().numbers(features, self.element.parameters());
        // Of an angle are seen two numbers, of its rank both.
        let seen = order.repeat(if self.element.circle().is_some() { 2 } else { 1 });
        let network =
            under("conditioner", Masked::new(&self.conditioner, &seen, place.told, &numbers, init))?;
        Ok(Built::same(Ordered { network, element: self.element.clone(), fast: self.fast, features }, place))
    }
}

#[derive(Module, Debug)]
struct Ordered {
    network: Masked,
    #[module(skip)]
    element: ElementConfig,
    #[module(skip)]
    fast: Fast,
    features: usize,
}

/// A function of numbers and parameters.
type Act = dyn Fn(Tensor<2>, Tensor<2>) -> [Tensor<2>; 2];

impl Ordered {
    fn parameters(&self, seen: Tensor<2>, told: Option<&Tensor<2>>) -> Tensor<2> {
        let seen = match self.element.circle() {
            None => seen,
            Some(bound) => around(seen, bound),
        };
        self.network.forward(seen, told)
    }

    /// One pass: the parameters hang on what is given.
    fn at_once(&self, given: Tensor<2>, told: Option<&Tensor<2>>, act: &Act) -> [Tensor<2>; 2] {
        let parameters = self.parameters(given.clone(), told);
        act(given, parameters)
    }

    /// A pass a number: the parameters hang on what is to be found, of which each pass settles one number more.
    fn one_by_one(&self, given: &Tensor<2>, told: Option<&Tensor<2>>, act: &Act) -> [Tensor<2>; 2] {
        let start = [given.zeros_like(), given.zeros_like()];
        (0..self.features).fold(start, |[found, _], _| {
            let parameters = self.parameters(found, told);
            act(given.clone(), parameters)
        })
    }
}

impl Map for Ordered {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let element = self.element.clone();
        match self.fast {
            Fast::Normalise => self.at_once(x, told, &move |x, p| element.normalise(x, p)),
            Fast::Generate => self.one_by_one(&x, told, &move |x, p| element.generate(x, p)),
        }
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let element = self.element.clone();
        match self.fast {
            Fast::Normalise => self.one_by_one(&z, told, &move |z, p| element.generate(z, p)),
            Fast::Generate => self.at_once(z, told, &move |z, p| element.normalise(z, p)),
        }
    }
}
