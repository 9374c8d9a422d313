//! Any linear map, by its matrix.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::rows::beside;
use super::Measure;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// A matrix `[m, features]`, its rows one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Matrix {
    /// Its rows.
    pub rows: Vec<Vec<f64>>,
}

impl Member for Matrix {
    const ABOUT: About = About { summary: "Any linear map, by its matrix", paper: "-" };
}

/// Iterations of the power method: its error is below what matters for a step size.
const ITERATIONS: usize = 60;

impl Measure for Matrix {
    fn width(&self, shape: &[usize]) -> Result<usize> {
        let features: usize = shape.iter().product();
        let fits = |row: &Vec<f64>| row.len() == features && row.iter().all(|value| value.is_finite());
        if self.rows.is_empty() || !self.rows.iter().all(fits) || self.gain() == 0.0 {
            let message = format!("wanted one or more rows of {features} finite numbers, not all 0");
            return Err(Error::config("rows", message));
        }
        Ok(self.rows.len())
    }

    fn apply(&self, x: Tensor<2>, _shape: &[usize]) -> Tensor<2> {
        let [m, features] = [self.rows.len(), x.dims()[1]];
        let a = beside(self.rows.concat(), [m, features], &x);
        x.matmul(a.transpose())
    }

    /// By the power method on `Aᵀ A`.
    fn gain(&self) -> f64 {
        // The column sums of |A|: not orthogonal to the largest eigenvector unless by an accident of signs.
        let features = self.rows.first().map_or(0, Vec::len);
        let mut v: Vec<f64> =
            (0..features).map(|i| 1.0 + self.rows.iter().map(|row| row[i].abs()).sum::<f64>()).collect();
        let mut gain = 0.0;
        for _ in 0..ITERATIONS {
            let length = v.iter().map(|v| v * v).sum::<f64>().sqrt();
            if length == 0.0 {
                return 0.0;
            }
            v.iter_mut().for_each(|v| *v /= length);
            let mut next = vec![0.0; features];
            for row in &self.rows {
                let product: f64 = row.iter().zip(&v).map(|(a, v)| a * v).sum();
                next.iter_mut().zip(row).for_each(|(next, a)| *next += a * product);
            }
            gain = next.iter().zip(&v).map(|(next, v)| next * v).sum();
            v = next;
        }
        gain
    }
}
