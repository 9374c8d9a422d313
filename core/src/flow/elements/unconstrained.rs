//! Integrals of positive networks.
//!
//! ```text
//! y = c + ∫₀ˣ g(t) dt,   g(t) = softplus(b + Σ_k v_k tanh(a_k t + b_k))   within [−B, B], and the tangents outside
//! ```

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quadrature::gauss_legendre;
use super::shared::{self, bracket, by_number, constants, continued, part, spread};
use super::{Element, Layout, root};
use crate::Result;
use crate::config::check::{at_least, at_most, positive};
use crate::registry::{About, Member};

/// The integral of a positive network of one layer, all of whose weights the conditioner makes. The integral is Gauss and Legendre's
/// sum; its slope is taken for the integrand, which it is up to the sum's error: slopes `a_k` are kept below 2 for it to be small. Where all
/// parameters are zero it is the identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Unconstrained {
    /// Units of the network.
    pub units: usize,
    /// Nodes of the sum.
    pub nodes: usize,
    /// `B`: what is integrated over, beyond which the tangents lead on.
    pub bound: f64,
}

impl Default for Unconstrained {
    fn default() -> Self {
        Self { units: 8, nodes: 24, bound: 5.0 }
    }
}

impl Member for Unconstrained {
    const ABOUT: About = About {
        summary: "Integral of a positive network: unconstrained monotone networks",
        paper: "Wehenkel and Louppe 2019, https://arxiv.org/abs/1908.05164",
    };
}

/// How far apart units stand at first.
const APART: f64 = 2.0;

impl Unconstrained {
    /// `g` at numbers `t`, `[batch, features, n]`.
    fn integrand(&self, t: &Tensor<3>, own: &Tensor<3>, like: &Tensor<2>) -> Tensor<3> {
        let [slopes, shifts, weights] = [0, 1, 2].map(|i| part(own, i * self.units, self.units));
        let slopes = burn::tensor::activation::sigmoid(slopes) * 2.0;
        let shifts = shifts + spread(self.units, APART, like);
        let start = part(own, 3 * self.units, 1);
        let unit = |k: usize| {
            let [a, b, v] = [&slopes, &shifts, &weights].map(|all| part(all, k, 1));
            (t.clone() * a + b).tanh() * v
        };
        shared::positive((0..self.units).map(unit).fold(start, |sum, unit| sum + unit))
    }

    /// Within the bounds.
    fn within(&self, x: &Tensor<2>, own: &Tensor<3>) -> [Tensor<2>; 2] {
        let [nodes, weights] = gauss_legendre(self.nodes);
        let [nodes, weights] = [nodes, weights].map(|values| constants(&values, x));
        let end: Tensor<3> = x.clone().unsqueeze_dim(2);
        let g = self.integrand(&(end.clone() * nodes), own, x);
        let integral = (g * weights).sum_dim(2) * end.clone();
        let shift = part(own, 3 * self.units + 1, 1);
        let slope = self.integrand(&end, own, x);
        [(integral + shift).squeeze_dim(2), slope.log().squeeze_dim(2)]
    }

    fn value(&self, x: Tensor<2>, own: &Tensor<3>) -> [Tensor<2>; 2] {
        continued(x, self.bound, &|x| self.within(&x, own))
    }
}

impl Element for Unconstrained {
    fn check(&self) -> Result<()> {
        at_least("units", self.units, 1)?;
        at_least("nodes", self.nodes, 1)?;
        at_most("nodes", self.nodes, 256)?;
        positive("bound", self.bound)
    }

    fn parameters(&self) -> usize {
        3 * self.units + 2
    }

    fn layout(&self) -> Layout {
        Layout::ByNumber
    }

    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let own = by_number(&x, parameters);
        let [y, log] = self.value(x, &own);
        [y, log.sum_dim(1)]
    }

    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2] {
        let own = by_number(&y, parameters);
        let between = bracket(&y, self.bound, &|x| self.within(&x, &own));
        let [x, log] = root::inverse(|x, own| self.value(x, &own), y, own, between);
        [x, log.sum_dim(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};
    use burn::tensor::DType;

    /// How far the slope that is told is from that of the sum, for networks and numbers within the bounds.
    fn off(nodes: usize) -> f64 {
        let element = Unconstrained { nodes, ..Unconstrained::default() };
        let normals = |columns: usize, seed: u64| {
            let key = Key::new(seed, Purpose::Metric, 0);
            key.normal_rows(60, columns, &Device::flex()).cast(DType::F64).autodiff()
        };
        let x = (normals(1, 1).tanh() * element.bound).require_grad();
        let [y, log] = element.normalise(x.clone(), normals(element.parameters(), 2));
        let slope = x.grad(&y.sum().backward()).expect("a gradient");
        let off = log.inner().exp() / slope - 1.0;
        off.abs().max().into_data().iter::<f64>().sum()
    }

    #[test]
    fn the_slope_is_that_of_the_sum_the_nearer_the_more_nodes() {
        let [few, some, many] = [12, 24, 96].map(off);
        println!("{few:.1e}, {some:.1e}, {many:.1e}");
        assert!(some * 10.0 < few && many < 1e-12, "{few}, {some}, {many}");
    }
}
