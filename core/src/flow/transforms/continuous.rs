//! Continuous flows: the way along a vector field.
//!
//! ```text
//! dx/dt = f(x, t),   d ln p/dt = −tr ∂f/∂x,   from t = 0 (data) to t = 1 (base)
//! ```
//!
//! Chen et al. 2018, <https://arxiv.org/abs/1806.07366>; Grathwohl et al. 2019, <https://arxiv.org/abs/1810.01367> (FFJORD). The steps are
//! equal and differentiated as they are (Onken et al. 2021, <https://arxiv.org/abs/2006.00104>). Both directions, and the determinant, are exact up to
//! the error of the steps.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::own::dot;
use super::smooth::{Layer, Perceptron, Smooth, layers};
use crate::Result;
use crate::config::check::{at_least, not_empty, under};
use crate::flow::{Built, Map, Place};
use crate::likelihood::IntegratorConfig;
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};

/// A continuous flow along a perceptron's vector field.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Continuous {
    /// Width of each hidden layer.
    pub hidden: Vec<usize>,
    /// The method of integration, by equal steps.
    pub integrator: IntegratorConfig,
    /// How many steps.
    pub steps: usize,
    /// While learning, the trace is computed for rows of at most so many numbers, and estimated by a probe for longer ones (Hutchinson
    /// 1990); otherwise it is always computed.
    pub exact: usize,
}

impl Default for Continuous {
    fn default() -> Self {
        let integrator = IntegratorConfig::named("rk4").expect("the default should be registered");
        Self { hidden: vec![64, 64], integrator, steps: 12, exact: 8 }
    }
}

impl Member for Continuous {
    const ABOUT: About = About {
        summary: "Continuous flow: along the vector field of a network (neural ODE, FFJORD)",
        paper: "Grathwohl et al. 2019, https://arxiv.org/abs/1810.01367",
    };
}

impl Transform for Continuous {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        not_empty("hidden", &self.hidden)?;
        self.hidden.iter().try_for_each(|width| at_least("hidden", *width, 1))?;
        at_least("steps", self.steps, 1)?;
        under("integrator", self.integrator.check())?;
        // Beside the row stand what is told, and the time.
        let layers = layers(place.features(), &self.hidden, place.told + 1, init);
        Ok(Built::same(Field { layers, config: self.clone(), number: place.number }, place))
    }
}

#[derive(Module, Debug)]
struct Field {
    layers: Vec<Layer>,
    #[module(skip)]
    config: Continuous,
    number: usize,
}

impl Field {
    /// The network at time `t`.
    fn network(&self, t: f64, told: Option<&Tensor<2>>) -> Perceptron {
        let weight = self.layers[0].weight.val();
        let time = |rows: usize| Tensor::full([rows, 1], t, (&weight.device(), weight.dtype()));
        let beside = told.map_or_else(
            || time(1),
            |told| Tensor::cat(vec![told.clone().cast(weight.dtype()), time(told.dims()[0])], 1),
        );
        let layer = |layer: &Layer| (layer.weight.val(), layer.bias(Some(&beside)));
        Perceptron { layers: self.layers.iter().map(layer).collect(), smooth: Smooth::Tanh }
    }

    /// From one time to another, and the integral of the trace.
    fn walk(
        &self,
        x: Tensor<2>,
        told: Option<&Tensor<2>>,
        way: [f64; 2],
        probe: Option<&Tensor<2>>,
    ) -> [Tensor<2>; 2] {
        let [rows, features] = x.dims();
        let h = (way[1] - way[0]) / self.config.steps as f64;
        let slope = |t: f64, state: &Tensor<2>| {
            let f = self.network(t, told);
            let pass = f.at(state.clone().narrow(1, 0, features));
            let trace = match probe {
                None => f.trace(&pass),
                Some(probe) => dot(probe, &f.push(&pass, probe.clone())),
            };
            Tensor::cat(vec![pass.value, trace], 1)
        };
        let none = Tensor::zeros([rows, 1], (&x.device(), x.dtype()));
        let end = (0..self.config.steps).fold(Tensor::cat(vec![x, none], 1), |state, i| {
            let t = way[0] + i as f64 * h;
            self.config.integrator.table().step(slope, [t, h], &state, None).y
        });
        [end.clone().narrow(1, 0, features), end.narrow(1, features, 1)]
    }
}

impl Map for Field {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, mode: Mode) -> [Tensor<2>; 2] {
        let [rows, features] = x.dims();
        let probe = match mode {
            Mode::Train(key) if features > self.config.exact => {
                let key = key.draw(key.draw + 4096 + self.number as u32);
                Some(key.normal_rows(rows, features, &x.device()).cast(x.dtype()))
            }
            _ => None,
        };
        self.walk(x, told, [0.0, 1.0], probe.as_ref())
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        self.walk(z, told, [1.0, 0.0], None)
    }
}

#[cfg(test)]
mod tests;
