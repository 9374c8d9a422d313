//! Planar bijections.
//!
//! ```text
//! z = x + û tanh(w·x + b),   û = u + (m(w·u) − w·u) w/|w|²,   m > −1,   ln |det| = ln (1 + w·û (1 − tanh²))
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::own::{Own, dot};
use crate::Result;
use crate::flow::elements::root;
use crate::flow::elements::shared::positive;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};

/// A planar bijection: what lies on either side of a plane is pushed along a direction. The inverse is found numerically, along the plane's
/// normal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Planar {}

impl Member for Planar {
    const ABOUT: About = About {
        summary: "Planar bijection: a push along one direction that depends on another",
        paper: "Rezende and Mohamed 2015, https://arxiv.org/abs/1505.05770, section 4.1 and appendix A.1",
    };
}

impl Transform for Planar {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        let features = place.features();
        let own = Own::new(2 * features + 1, 0.3, place, &init.at("own"));
        Ok(Built::same(Plane { own, features }, place))
    }
}

#[derive(Module, Debug)]
struct Plane {
    own: Own,
    features: usize,
}

/// `w`, `û`, `[w·û, b]`.
struct Parts {
    w: Tensor<2>,
    u: Tensor<2>,
    along: Tensor<2>,
}

impl Plane {
    fn parts(&self, told: Option<&Tensor<2>>) -> Parts {
        let own = self.own.of(told);
        let [w, u] = [0, self.features].map(|start| own.clone().narrow(1, start, self.features));
        let product = dot(&w, &u);
        let missing = positive(product.clone()) - 1.0 - product;
        let u = u + w.clone() * (missing / dot(&w, &w).clamp_min(1e-12));
        let along = Tensor::cat(vec![dot(&w, &u), own.narrow(1, 2 * self.features, 1)], 1);
        Parts { w, u, along }
    }
}

/// `a + w·û tanh(a + b)`, what becomes of a number along the normal, and the logarithm of its slope.
fn along(a: Tensor<2>, p: Tensor<2>) -> [Tensor<2>; 2] {
    let [scale, b] = [0, 1].map(|i| p.clone().narrow(1, i, 1));
    let h = (a.clone() + b).tanh();
    [a + scale.clone() * h.clone(), (scale * (-h.square() + 1.0) + 1.0).log()]
}

impl Map for Plane {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let Parts { w, u, along: p } = self.parts(told);
        let a = dot(&x, &w);
        let [_, log] = along(a.clone(), p.clone());
        [x + u * (a + p.narrow(1, 1, 1)).tanh(), log]
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let Parts { w, u, along: p } = self.parts(told);
        let c = dot(&z, &w);
        let most = p.clone().narrow(1, 0, 1).abs();
        let between = [c.clone() - most.clone(), c.clone() + most];
        let [a, log] = root::inverse(along, c, p.clone(), between);
        [z - u * (a + p.narrow(1, 1, 1)).tanh(), log]
    }
}
