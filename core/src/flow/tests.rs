//! Flows against what is known of them: inverses, Jacobians, gradients, masses, entropies.

mod contract;
mod densities;
mod finite;
mod learning;
mod pictures;
mod stages;
mod torus;
mod trace;

use burn::prelude::*;
use burn::tensor::DType;
use serde_json::{Value, json};

use super::*;
use crate::config;
use crate::nn::{Mode, Named};
use crate::random::{Key, Purpose};
use elements::ElementConfig;

/// Standard normals of one seed.
pub(super) fn normals([rows, features]: [usize; 2], seed: u64, dtype: DType) -> Tensor<2> {
    let key = Key::new(seed, Purpose::Metric, 0);
    key.normal_rows(rows, features, &Device::flex()).cast(dtype)
}

pub(super) fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// Rows of one-hot classes, of which there are `told`, in turns.
pub(super) fn classes(rows: usize, told: usize, device: &Device, dtype: DType) -> Option<Tensor<2>> {
    let named: Vec<Option<u32>> = (0..rows).map(|row| Some((row % told.max(1)) as u32)).collect();
    (told > 0).then(|| one_hot(&named, told, device).cast(dtype))
}

/// One kind of bijection, of which two follow each other, over a base.
pub(super) struct Case {
    pub name: String,
    pub transform: Value,
    pub base: Value,
    pub shape: Vec<usize>,
    /// What it is made for: numbers from `-domain` to `domain`.
    pub domain: f64,
    /// How far parameters are moved from where they start.
    pub stir: f64,
}

impl Case {
    pub(super) fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// Two in a row, with parameters where they start, told of so many classes.
    pub(super) fn fresh(&self, told: usize, device: &Device) -> Result<Chain> {
        let config =
            json!({ "transforms": [self.transform], "repeat": 2, "base": self.base, "label_dropout": 0.5 });
        let config: FlowConfig = config::typed(config)?;
        let names = (0..told).map(|class| class.to_string()).collect();
        Chain::build(&config, &Interface::new(self.shape.clone(), names), &Init::new(3, device))
    }

    /// The same with each parameter moved.
    pub(super) fn stirred(&self, told: usize, device: &Device, dtype: DType) -> Chain {
        let mut chain = self.fresh(told, device).expect("it has been built before");
        let values = stirred(chain.parameters(), self.stir, dtype);
        chain.set_parameters(&values);
        chain
    }

    /// Rows within the domain.
    pub(super) fn rows(&self, rows: usize, seed: u64, dtype: DType) -> Tensor<2> {
        let z = normals([rows, self.features()], seed, DType::F64);
        let x = if self.domain < 100.0 { z.tanh() * (0.98 * self.domain) } else { z * 1.5 };
        x.cast(dtype)
    }
}

/// The parameters with noise of this size added.
pub(super) fn stirred(parameters: Vec<Named>, size: f64, dtype: DType) -> Vec<Tensor<1>> {
    let stir = |(i, named): (usize, Named)| {
        let noise = normals([1, named.value.dims()[0]], 40 + i as u64, DType::F64).reshape([-1]);
        (named.value.cast(DType::F64) + noise * size).cast(dtype)
    };
    parameters.into_iter().enumerate().map(stir).collect()
}

/// Every kind of bijection and, within couplings and autoregressions, every element, on every shape that it takes.
pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    // The last is for those that take none of the others.
    let shapes: [&[usize]; 7] = [&[1], &[2], &[3], &[5], &[2, 2, 2], &[4, 2, 2], &[1, 4, 4]];
    for shape in shapes {
        for (name, transform, element) in kinds() {
            let circle = element == "circular_spline";
            let base = if circle { json!({ "kind": "uniform" }) } else { json!("normal") };
            let domain = match name.as_str() {
                _ if circle => std::f64::consts::PI,
                "logit" => 1.0,
                _ => f64::INFINITY,
            };
            let stir = if name.ends_with(".sum_of_squares") { 0.1 } else { 0.2 };
            let tried = cases.iter().any(|case| case.name.starts_with(&format!("{name} ")));
            if *shape == [1, 4, 4] && tried {
                continue;
            }
            let name = format!("{name} {shape:?}");
            let case = Case { name, transform, base, shape: shape.to_vec(), domain, stir };
            if (shape.len() == 1 || element.is_empty()) && case.fresh(0, &Device::flex()).is_ok() {
                cases.push(case);
            }
        }
    }
    cases
}

/// Name, configuration, and element if any.
fn kinds() -> Vec<(String, Value, &'static str)> {
    let masked = json!({ "hidden": [16], "activation": "tanh" });
    let perceptron = json!({ "kind": "perceptron", "hidden": [16], "activation": "tanh" });
    let mut kinds = Vec::new();
    for transform in TransformConfig::NAMES {
        if !matches!(*transform, "coupling" | "autoregressive") {
            kinds.push(((*transform).to_owned(), json!({ "kind": transform }), ""));
            continue;
        }
        for element in ElementConfig::NAMES {
            let conditioner = if *transform == "coupling" { &perceptron } else { &masked };
            let value = json!({ "kind": transform, "element": element, "conditioner": conditioner });
            kinds.push((format!("{transform}.{element}"), value, *element));
        }
    }
    kinds
}

#[test]
fn every_bijection_has_a_shape_that_it_takes() {
    let cases = cases();
    for (name, _, _) in kinds() {
        let there = cases.iter().any(|case| case.name.starts_with(&format!("{name} ")));
        assert!(there, "{name}");
    }
}
