//! What attention means, in plain operations.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::prelude::*;

use super::Looking;

/// A score this low has no weight beside any other, and is no infinity, of which differences are not numbers.
pub(super) const NEVER: f64 = 1e30;

/// Queries, keys, values, bias and what is seen, to outputs and logarithms.
pub(super) fn attention<B: Backend>(
    [q, k, v, bias, seen]: [FloatTensor<B>; 5],
    looking: Looking,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [batch, heads, queries, _] = q.shape().dims();
    let (k, v) = (spread::<B>(k, heads), spread::<B>(v, heads));
    let allowed = allowed::<B>(&q, &k, seen, looking);
    // One where nothing is allowed: there the sum is to be one, and the logarithm beyond all scores.
    let none = less::<B>(B::float_max_dim(allowed.clone(), 3));
    let scores = scores::<B>([q, k, bias, allowed.clone()], looking);
    let most = B::float_max_dim(scores.clone(), 3);
    let weights = B::float_mul(B::float_exp(B::float_sub(scores, most.clone())), allowed);
    let sums = B::float_add(B::float_sum_dim(weights.clone(), 3), none.clone());
    let output = B::float_div(B::float_matmul(weights, v), sums.clone());
    let logarithms = B::float_add(most, B::float_log(sums));
    let logarithms = B::float_add(logarithms, B::float_mul_scalar(none, (2.0 * NEVER).into()));
    (output, B::float_reshape(logarithms, Shape::new([batch, heads, queries])))
}

/// The gradients of queries, keys, values and bias, from outputs, logarithms and the outputs' gradient.
///
/// With `P` the weights and `g` the gradient: `dv = Pᵀ g`, `ds = P (g vᵀ − Σ g o)`, `dq = a ds k`, `dk = a dsᵀ q`.
pub(super) fn backward<B: Backend>(
    [q, k, v, bias, seen]: [FloatTensor<B>; 5],
    [output, logarithms, g]: [FloatTensor<B>; 3],
    looking: Looking,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let [batch, heads, queries, _] = q.shape().dims();
    let (few, shape) = (k.shape()[1], bias.shape());
    let (k, v) = (spread::<B>(k, heads), spread::<B>(v, heads));
    let allowed = allowed::<B>(&q, &k, seen, looking);
    let logarithms = B::float_reshape(logarithms, Shape::new([batch, heads, queries, 1]));
    let scores = scores::<B>([q.clone(), k.clone(), bias, allowed.clone()], looking);
    let weights = B::float_mul(B::float_exp(B::float_sub(scores, logarithms)), allowed);

    let dv = B::float_matmul(turned::<B>(weights.clone()), g.clone());
    let along = B::float_sum_dim(B::float_mul(g.clone(), output), 3);
    let slopes = B::float_mul(weights, B::float_sub(B::float_matmul(g, turned::<B>(v)), along));
    let products = B::float_mul_scalar(slopes.clone(), looking.scale.into());
    let dq = B::float_matmul(products.clone(), k);
    let dk = B::float_matmul(turned::<B>(products), q);
    let whole = slopes.shape();
    let narrow = |sum, dim| if shape[dim] < whole[dim] { B::float_sum_dim(sum, dim) } else { sum };
    let dbias = (0..4).fold(slopes, narrow);
    (dq, gathered::<B>(dk, few), gathered::<B>(dv, few), dbias)
}

/// `a q kᵀ + b`, and next to nothing where it is not allowed.
fn scores<B: Backend>([q, k, bias, allowed]: [FloatTensor<B>; 4], looking: Looking) -> FloatTensor<B> {
    let products = B::float_mul_scalar(B::float_matmul(q, turned::<B>(k)), looking.scale.into());
    let low = B::float_mul_scalar(less::<B>(allowed.clone()), (-NEVER).into());
    B::float_add(B::float_mul(B::float_add(products, bias), allowed), low)
}

/// One where a key is seen, zero elsewhere: `[batch | 1, 1, queries | 1, keys | 1]`.
fn allowed<B: Backend>(
    q: &FloatTensor<B>,
    k: &FloatTensor<B>,
    seen: FloatTensor<B>,
    looking: Looking,
) -> FloatTensor<B> {
    let [batch, keys] = seen.shape().dims();
    let seen = B::float_reshape(seen, Shape::new([batch, 1, 1, keys]));
    if !looking.causal {
        return seen;
    }
    let (queries, keys) = (q.shape()[2], k.shape()[2]);
    let row = |i| (0..keys).map(move |j| if j < looking.reach(i, queries, keys) { 1.0 } else { 0.0 });
    let before: Vec<f32> = (0..queries).flat_map(row).collect();
    let before = TensorData::new(before, [1, 1, queries, keys]).convert_dtype(q.dtype());
    B::float_mul(seen, B::float_from_data(before, &q.device()))
}

/// `1 − x`.
fn less<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_add_scalar(B::float_neg(x), 1.0.into())
}

fn turned<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_swap_dims(x, 2, 3)
}

/// Each head as often as queries' heads share it.
fn spread<B: Backend>(x: FloatTensor<B>, heads: usize) -> FloatTensor<B> {
    let [batch, few, length, width] = x.shape().dims();
    if few == heads {
        return x;
    }
    let x = B::float_reshape(x, Shape::new([batch, few, 1, length, width]));
    let x = B::float_expand(x, Shape::new([batch, few, heads / few, length, width]));
    B::float_reshape(x, Shape::new([batch, heads, length, width]))
}

/// The sum over those that share a head.
fn gathered<B: Backend>(x: FloatTensor<B>, few: usize) -> FloatTensor<B> {
    let [batch, heads, length, width] = x.shape().dims();
    if few == heads {
        return x;
    }
    let x = B::float_reshape(x, Shape::new([batch, few, heads / few, length, width]));
    B::float_reshape(B::float_sum_dim(x, 2), Shape::new([batch, few, length, width]))
}
