//! Elements: monotone functions of one number, whose parameters a network makes of other numbers.

mod affine;
mod additive;
mod spline;
mod linear_spline;
mod circular_spline;
mod bernstein;
mod sum_of_squares;
mod neural;
mod mixture_cdf;
mod unconstrained;

// What they share
pub(in crate::flow) mod mixture;
mod quadrature;
pub(in crate::flow) mod probit;
pub(in crate::flow) mod root;
pub(in crate::flow) mod shared;

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

/// A monotone function of each number. Parameters are `[batch, features · parameters]`; where all are zero it is the identity, or near
/// it where its parts would not learn to differ otherwise.
pub trait Element {
    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Parameters of a number.
    fn parameters(&self) -> usize;

    /// How they stand.
    fn layout(&self) -> Layout;

    /// `B`, where its numbers are angles, `−B` and `B` the same one: conditioners see their cosines and sines.
    fn circle(&self) -> Option<f64> {
        None
    }

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
        "linear_spline" => linear_spline::LinearSpline,
        "circular_spline" => circular_spline::CircularSpline,
        "bernstein" => bernstein::Bernstein,
        "sum_of_squares" => sum_of_squares::SumOfSquares,
        "neural" => neural::Neural,
        "mixture_cdf" => mixture_cdf::MixtureCdf,
        "unconstrained" => unconstrained::Unconstrained,
    }
}
