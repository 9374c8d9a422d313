//! Elements: monotone functions of one number, whose parameters a network makes of other numbers.

mod affine;
mod additive;
mod spline;

use burn::prelude::*;

use crate::Result;

/// How the parameters of a row's numbers stand in the row of all parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The first parameter of all numbers, then the second of all, and so on.
    ByParameter,
    /// All parameters of the first number, then those of the second, and so on.
    ByNumber,
}

impl Layout {
    /// Of which of `features` numbers the parameter at each place is.
    pub fn numbers(self, features: usize, parameters: usize) -> Vec<usize> {
        let number = |at: usize| match self {
            Self::ByParameter => at % features,
            Self::ByNumber => at / parameters,
        };
        (0..features * parameters).map(number).collect()
    }
}

/// A monotone function of each number. Parameters are `[batch, features · parameters]`; where all are zero it is the identity.
pub trait Element {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Parameters of a number.
    fn parameters(&self) -> usize;

    /// How they stand.
    fn layout(&self) -> Layout;

    /// `y` and the sum of `ln dy/dx` over a row, `[batch, 1]`.
    fn normalise(&self, x: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2];

    /// `x` and the sum of `ln dx/dy` over a row, `[batch, 1]`.
    fn generate(&self, y: Tensor<2>, parameters: Tensor<2>) -> [Tensor<2>; 2];
}

registry! {
    /// The elements that a configuration can name.
    pub enum ElementConfig("element of a flow"): dyn Element {
        "affine" => affine::Affine,
        "additive" => additive::Additive,
        "spline" => spline::RationalQuadratic,
    }
}
