//! Radial bijections.
//!
//! ```text
//! z = x + β (x − c)/(α + r),   r = |x − c|,   α > 0,   m = α + β > 0
//! ln |det| = (d − 1) ln (m + r)/(α + r) + ln (r² + 2αr + αm)/(α + r)²
//! ```
//!
//! The distance from the centre becomes `r (m + r)/(α + r)`, of which the inverse is the root of a quadratic.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::own::{Own, dot};
use crate::Result;
use crate::flow::elements::shared::positive;
use crate::flow::{Built, Map, Place};
use crate::nn::{Init, Mode};
use crate::registry::{About, Member};

/// A radial bijection: what lies around a point is drawn to it or pushed away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Radial {}

impl Member for Radial {
    const ABOUT: About = About {
        summary: "Radial bijection: towards a point, or away from it",
        paper: "Rezende and Mohamed 2015, https://arxiv.org/abs/1505.05770, section 4.1 and appendix A.2",
    };
}

impl Transform for Radial {
    fn build(&self, place: &Place, init: &Init) -> Result<Built> {
        let features = place.features();
        let own = Own::new(features + 2, 0.3, place, &init.at("own"));
        Ok(Built::same(Ball { own, features }, place))
    }
}

#[derive(Module, Debug)]
struct Ball {
    own: Own,
    features: usize,
}

/// The centre, `α` and `m`.
struct Parts {
    centre: Tensor<2>,
    alpha: Tensor<2>,
    m: Tensor<2>,
}

impl Parts {
    /// `x − c`, and its length.
    fn away(&self, x: Tensor<2>) -> [Tensor<2>; 2] {
        let away = x - self.centre.clone();
        // The root of nothing has no slope.
        let r = dot(&away, &away).clamp_min(1e-24).sqrt();
        [away, r]
    }

    /// `(m + r)/(α + r)`, and `ln |det|`.
    fn stretch(&self, r: &Tensor<2>, features: usize) -> [Tensor<2>; 2] {
        let Self { alpha, m, .. } = self;
        let near = alpha.clone() + r.clone();
        let stretch = (m.clone() + r.clone()) / near.clone();
        let radial =
            (r.clone() * (r.clone() + alpha.clone() * 2.0) + alpha.clone() * m.clone()) / near.square();
        [stretch.clone(), stretch.log() * (features as f64 - 1.0) + radial.log()]
    }
}

impl Ball {
    fn parts(&self, told: Option<&Tensor<2>>) -> Parts {
        let own = self.own.of(told);
        let [alpha, m] = [0, 1].map(|i| positive(own.clone().narrow(1, self.features + i, 1)));
        Parts { centre: own.narrow(1, 0, self.features), alpha, m }
    }
}

impl Map for Ball {
    fn normalise(&self, x: Tensor<2>, told: Option<&Tensor<2>>, _mode: Mode) -> [Tensor<2>; 2] {
        let parts = self.parts(told);
        let [away, r] = parts.away(x);
        let [stretch, log] = parts.stretch(&r, self.features);
        [parts.centre.clone() + away * stretch, log]
    }

    fn generate(&self, z: Tensor<2>, told: Option<&Tensor<2>>) -> [Tensor<2>; 2] {
        let parts = self.parts(told);
        let [away, far] = parts.away(z);
        // r² + (m − r') r − α r' = 0, by the root in which nothing cancels.
        let b = parts.m.clone() - far.clone();
        let c = parts.alpha.clone() * far;
        let q = (b.clone().abs() + (b.clone().square() + c.clone() * 4.0).sqrt()) * 0.5;
        let r = q.clone().mask_where(b.greater_elem(0.0), c / q);
        let [stretch, log] = parts.stretch(&r, self.features);
        [parts.centre.clone() + away / stretch, -log]
    }
}
