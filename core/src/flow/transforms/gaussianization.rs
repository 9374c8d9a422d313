//! Gaussianisation: a rotation, then each number by the distribution function of a mixture, which is made that of a normal.
//!
//! ```text
//! z_i = Φ⁻¹ Σ_k w_ik σ(a_ik (Q x)_i + b_ik)
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::householder::Mirrors;
use super::own::Own;
use crate::Result;
use crate::config::check::at_least;
use crate::flow::elements::mixture::Mixture;
use crate::flow::elements::shared::{positive, spread};
use crate::flow::elements::{probit, root};
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};

/// A layer of a Gaussianisation. Where all parameters are zero it is near the identity, but for tails, which a logistic distribution has
/// longer than a normal one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gaussianization {
    /// Components of each number's mixture.
    pub components: usize,
    /// Reflections that the rotation is made of; no more than numbers in a row are taken.
    pub reflections: usize,
}

impl Default for Gaussianization {
    fn default() -> Self {
        Self { components: 8, reflections: 16 }
    }
}

impl Member for Gaussianization {
    const ABOUT: About = About {
        summary: "Rotation, and each number's mixture of logistics made a normal: Gaussianization flows",
        paper: "Meng et al. 2020, https://arxiv.org/abs/2003.01941",
    };
}

/// `√(8/π)`: the logistic distribution of this scale is as dense at 0 as the standard normal one.
const NORMAL: f64 = 1.595_769_121_605_731;
/// How far apart components stand at first.
const APART: f64 = 0.5;

impl Transform for Gaussianization {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        at_least("components", self.components, 1)?;
        at_least("reflections", self.reflections, 1)?;
        let (features, components) = (place.features(), self.components);
        let reflections = self.reflections.min(features);
        let mirrors = Own::new(reflections * features, 0.3, place, &init.at("mirrors"));
        let mixtures = Own::new(3 * features * components, 0.1, place, &init.at("mixtures"));
        Ok(Built::same(Layer { mirrors, mixtures, features, reflections, components }, place))
    }
}

#[derive(Module, Debug)]
struct Layer {
    mirrors: Own,
    mixtures: Own,
    features: usize,
    reflections: usize,
    components: usize,
}

impl Layer {
    fn mirrors(&self, told: Option<&Tensor<2>>) -> Mirrors {
        Mirrors::new(&self.mirrors.of(told), self.reflections, self.features)
    }

    /// All mixtures' parameters, `[rows, features, 3 components]`.
    fn parameters(&self, rows: usize, told: Option<&Tensor<2>>) -> Tensor<3> {
        let own = self.mixtures.of(told);
        let [given, all] = own.dims();
        let shape = [rows, self.features, all / self.features];
        own.reshape([given, shape[1], shape[2]]).expand(shape)
    }

    fn mixture(&self, own: &Tensor<3>, like: &Tensor<2>) -> Mixture {
        let [logits, scales, shifts] =
            [0, 1, 2].map(|i| own.clone().narrow(2, i * self.components, self.components));
        let shifts = shifts + spread(self.components, APART, like);
        Mixture { logits, scales: positive(scales) * NORMAL, shifts }
    }

    /// Each axis that a mirror stands on at first points the other way: then all of it is at first the identity.
    fn signed(&self, x: Tensor<2>) -> Tensor<2> {
        let signs = (0..self.features).map(|i| if i < self.reflections { -1.0 } else { 1.0 });
        let signs = TensorData::new(signs.collect::<Vec<f64>>(), [1, self.features]);
        let signs = Tensor::<2>::from_data(signs, (&x.device(), x.dtype()));
        x * signs
    }
}

impl Map for Layer {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let x = self.mirrors(told).through(self.signed(x));
        let own = self.parameters(x.dims()[0], told);
        let [y, log] = self.mixture(&own, &x).logit(x);
        let [z, more] = probit::of_logit(y);
        [z, (log + more).sum_dim(1)]
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let own = self.parameters(z.dims()[0], told);
        let [y, more] = probit::logit(z);
        let between = self.mixture(&own, &y).bracket(&y);
        let [x, log] = root::inverse(|x, own| self.mixture(&own, &x).logit(x), y, own, between);
        [self.signed(self.mirrors(told).back(x)), (log + more).sum_dim(1)]
    }
}
