//! Codebooks: samples to whole numbers and back.
//!
//! What a model with quantised latents offers to others: a prior learns rows of codes as it learns rows of tokens.

use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;

/// An encoder into codes, with its decoder.
pub trait Codebook {
    /// Shape of a sample's codes: `[height, width · depth]`, or `[places · depth]` where places are no picture.
    fn shape(&self) -> Vec<usize>;

    /// Codes of one place.
    fn depth(&self) -> usize;

    /// How many values a code has.
    fn size(&self) -> usize;

    /// `[batch, features]` to codes, `[batch, places · depth]`, the codes of a place beside one another.
    fn encode(&self, x: Tensor<2>) -> Tensor<2>;

    /// `[batch, places · depth]` to `[batch, features]`. What is no code, such as a mask, stands for the middle of all.
    fn decode(&self, codes: Tensor<2>) -> Tensor<2>;

    /// Places of a sample.
    fn places(&self) -> usize {
        self.shape().iter().product::<usize>() / self.depth()
    }
}

/// How often each code occurs in rows of them, `[rows, places · depth]`, at each depth: `[depth, size]`. Tallies of several batches may be
/// added.
pub fn tally(codes: Tensor<2>, depth: usize, size: usize) -> Tensor<2> {
    let count = codes.dims().iter().product::<usize>();
    let device = codes.device();
    let level = Tensor::<1, Int>::arange(0..depth as i64, &device).float() * size as f64;
    let places = codes.reshape([count / depth, depth]) + level.unsqueeze::<2>();
    let zeros = Tensor::<1>::zeros([depth * size], &device);
    let ones = Tensor::<1>::ones([count], &device);
    zeros.select_assign(0, places.int().reshape([-1]), ones, IndexingUpdateOp::Add).reshape([depth, size])
}

/// `exp H(p)` of the codes' shares, the mean over depths, `[1]`: `size` where all are used alike, 1 where one is.
pub fn perplexity(tally: Tensor<2>) -> Tensor<1> {
    let p = tally.clone() / tally.sum_dim(1).clamp_min(1.0);
    let entropy = -(p.clone() * p.clamp_min(1e-30).log()).sum_dim(1);
    entropy.exp().mean()
}

/// Share of the codes that occur at all, the mean over depths, `[1]`.
pub fn used(tally: Tensor<2>) -> Tensor<1> {
    tally.greater_elem(0.5).float().mean()
}
