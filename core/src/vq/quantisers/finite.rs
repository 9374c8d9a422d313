//! Finite scalar quantisation: each number is rounded to one of a few levels, and nothing is learnt.
//!
//! ```text
//! b(z) = h tanh(z + s) − o,   h = (L − 1)(1 − ε)/2,   o = ½ where L is even,   s = artanh(o/h),   q = round(b(z))/⌊L/2⌋
//! ```
//!
//! Mentzer et al. 2023, <https://arxiv.org/abs/2309.15505>, Appendix A.1. Their shift is `tan(o/h)`, near to the one that takes 0 to 0.

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MOST, Quantised, Quantiser, Quantising, line, straight_through};
use crate::config::check::{at_least, not_empty};
use crate::nn::Init;
use crate::registry::{About, Member};
use crate::{Error, Result};

/// By how much less than half a step the outermost levels are exceeded.
const EPSILON: f64 = 1e-3;

/// A grid of levels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fsq {
    /// Levels of each number of a vector: as many as it has dimensions. Their product is the size of the codebook.
    pub levels: Vec<usize>,
}

impl Default for Fsq {
    fn default() -> Self {
        Self { levels: vec![8, 5, 5, 5] }
    }
}

impl Member for Fsq {
    const ABOUT: About = About {
        summary: "Numbers rounded to a few levels each; nothing is learnt",
        paper: "Mentzer et al. 2023, https://arxiv.org/abs/2309.15505",
    };
}

impl Quantising for Fsq {
    fn build(&self, dimensions: usize, _init: &Init) -> Result<Box<dyn Quantiser>> {
        not_empty("levels", &self.levels)?;
        self.levels.iter().try_for_each(|levels| at_least("levels", *levels, 2))?;
        if self.levels.len() != dimensions {
            let message = format!(
                "wanted levels for each of {dimensions} `dimensions` of a code; these are {}",
                self.levels.len()
            );
            return Err(Error::config("levels", message));
        }
        let size = self.levels.iter().try_fold(1_usize, |size, levels| size.checked_mul(*levels));
        if size.is_none_or(|size| size > MOST) {
            let message = format!("wanted a product of at most {MOST}; these are {:?}", self.levels);
            return Err(Error::config("levels", message));
        }
        Ok(Box::new(Grid { levels: self.levels.clone() }))
    }
}

/// The quantiser of [`Fsq`].
#[derive(Module, Debug)]
struct Grid {
    #[module(skip)]
    levels: Vec<usize>,
}

impl Grid {
    /// A line of a function of each dimension's levels.
    fn each(&self, of: impl Fn(usize) -> f64, like: &Tensor<2>) -> Tensor<2> {
        line(self.levels.iter().map(|levels| of(*levels)), like)
    }

    /// What the codes of a dimension count: the product of the levels before it.
    fn basis(&self, like: &Tensor<2>) -> Tensor<2> {
        let before = |i: usize| self.levels[..i].iter().product::<usize>() as f64;
        line((0..self.levels.len()).map(before), like)
    }

    fn bounded(&self, z: Tensor<2>) -> Tensor<2> {
        let shift = self.each(|levels| libm::atanh(offset(levels) / reach(levels)), &z);
        let (reach, offset) = (self.each(reach, &z), self.each(offset, &z));
        (z + shift).tanh() * reach - offset
    }

    /// `⌊L/2⌋`: the level that is called 0, and what levels are divided by.
    fn half(&self, like: &Tensor<2>) -> Tensor<2> {
        self.each(|levels| (levels / 2) as f64, like)
    }
}

fn reach(levels: usize) -> f64 {
    (levels - 1) as f64 * (1.0 - EPSILON) / 2.0
}

fn offset(levels: usize) -> f64 {
    if levels.is_multiple_of(2) { 0.5 } else { 0.0 }
}

impl Quantiser for Grid {
    fn depth(&self) -> usize {
        1
    }

    fn size(&self) -> usize {
        self.levels.iter().product()
    }

    fn quantise(&self, z: Tensor<2>) -> Quantised {
        let bounded = self.bounded(z);
        let (half, rounded) = (self.half(&bounded), bounded.clone().detach().round());
        let codes = ((rounded.clone() + half.clone()) * self.basis(&bounded)).sum_dim(1);
        let distance = ((bounded.clone() - rounded.clone()) / half.clone()).square().mean();
        let penalty = distance.zeros_like().detach();
        Quantised { vectors: straight_through(bounded, rounded) / half, codes, distance, penalty }
    }

    fn vectors(&self, codes: Tensor<2>) -> Tensor<2> {
        let like = &codes;
        let known = codes.clone().lower_elem(self.size() as f64 - 0.5).float();
        // Half a code more, so that a quotient's rounding takes none to the code before.
        let shares = (codes.clone() + 0.5) / self.basis(like);
        let levels = self.each(|levels| levels as f64, like);
        let digits = shares.clone().floor() - (shares / levels.clone()).floor() * levels;
        let half = self.half(like);
        (digits - half.clone()) / half * known
    }
}
