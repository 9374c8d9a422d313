//! The same on graphics adapters: an invocation has a query, and for the gradients of keys and values a key.
//!
//! Tiles of what is looked at lie in shared memory, and the row that an invocation has lies in registers: the loops over its numbers are
//! unrolled.

mod gradients;
mod outputs;
pub(super) mod parts;

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Shape, Slice};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl::prelude::*;

use super::reference::{self, NEVER};
use super::{AttentionOps, Looking};
use crate::gpu::{ROUNDS, counted, fresh, invocations, straight, workgroups};
use gradients::{along, backward_keys, backward_queries, backward_scores};
use outputs::forward;
use parts::{Built, ToldLaunch};

type Primitive = FloatTensor<CubeBackend>;

/// Invocations of a workgroup.
const UNITS: u32 = 64;
/// Numbers that a row in registers may have.
const WIDEST: usize = 128;
/// Numbers in shared memory: 16 KiB.
const SHARED: usize = 4096;

/// What belongs together: sizes as a kernel is built for them, and as it is told them.
#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    heads: usize,
    few: usize,
    queries: usize,
    keys: usize,
    depth: usize,
    width: usize,
    /// Numbers from one to the next of the mask's axes; none where one serves all.
    mask: [usize; 4],
    looking: Looking,
}

impl Sizes {
    fn of([q, k, v, mask]: [&Primitive; 4], looking: Looking) -> Self {
        let [batch, heads, queries, depth] = q.shape().dims();
        let [_, few, keys, width] = v.shape().dims();
        debug_assert_eq!(k.shape()[2], keys);
        let shape: [usize; 4] = mask.shape().dims();
        let mut step = 1;
        let mut steps = [0; 4];
        for axis in (0..4).rev() {
            steps[axis] = if shape[axis] == 1 { 0 } else { step };
            step *= shape[axis];
        }
        Self { batch, heads, few, queries, keys, depth, width, mask: steps, looking }
    }

    /// Whether rows lie in registers, and what is written can be counted.
    fn fit(&self) -> bool {
        let Self { batch, heads, few, queries, keys, depth, width, .. } = *self;
        let outputs = batch * heads * queries * width.max(2);
        let gradients = batch * few * keys * (depth + width);
        depth <= WIDEST && width <= WIDEST && counted(outputs) && counted(gradients)
    }

    /// Launches over `rows` rows of each of `groups` groups, which go through all of `over` rows, of each of `members`: what takes an
    /// invocation too many rounds is done in several.
    fn launches(
        &self,
        [groups, rows]: [usize; 2],
        over: usize,
        members: usize,
    ) -> impl Iterator<Item = (CubeCount, CubeDim, ToldLaunch)> {
        let sizes = *self;
        let tile = sizes.built().tile;
        let loads = (tile * (sizes.depth + sizes.width + 2)).div_ceil(UNITS as usize);
        // To go through a tile, to load its three tensors, and itself.
        let rounds = members * (tile + loads + 3 + 1);
        let part = (ROUNDS / rounds).max(1) * tile;
        (0..over)
            .step_by(part)
            .map(move |begin| sizes.told([groups, rows], [begin, (begin + part).min(over)]))
    }

    /// Workgroups over `rows` rows of each of `groups` groups, and what they are told.
    fn told(&self, [groups, rows]: [usize; 2], [begin, end]: [usize; 2]) -> (CubeCount, CubeDim, ToldLaunch) {
        let parts = rows.div_ceil(UNITS as usize);
        let count = groups * parts;
        let [batch, head, query, key] = self.mask.map(|step| step as u32);
        let told = ToldLaunch::new(
            self.heads as u32,
            self.few as u32,
            self.queries as u32,
            self.keys as u32,
            parts as u32,
            count as u32,
            begin as u32,
            end as u32,
            batch,
            head,
            query,
            key,
            u32::from(self.looking.causal),
            self.looking.scale as f32,
        );
        (workgroups(count), CubeDim::new_1d(UNITS), told)
    }

    fn built(&self) -> Built {
        let row = self.depth + self.width + 2;
        let tile = [32, 16, 8].into_iter().find(|tile| tile * row <= SHARED).unwrap_or(4);
        Built { depth: self.depth, width: self.width, tile }
    }
}

/// The bias, and next to nothing where a key is not seen: `[batch | 1, heads | 1, queries | 1, keys | 1]`.
fn mask(bias: &Primitive, seen: &Primitive, looking: Looking) -> Primitive {
    if !looking.padded {
        return bias.clone();
    }
    let [batch, keys] = seen.shape().dims();
    let seen = CubeBackend::float_reshape(seen.clone(), Shape::new([batch, 1, 1, keys]));
    let hidden = CubeBackend::float_mul_scalar(seen, NEVER.into());
    CubeBackend::float_add(CubeBackend::float_add_scalar(hidden, (-NEVER).into()), bias.clone())
}

impl AttentionOps for CubeBackend {
    fn attend(
        q: Primitive,
        k: Primitive,
        v: Primitive,
        bias: Primitive,
        seen: Primitive,
        looking: Looking,
    ) -> (Primitive, Primitive) {
        let mask = mask(&bias, &seen, looking);
        let inputs = straight([&q, &k, &v, &mask]);
        let sizes = Sizes::of([&q, &k, &v, &mask], looking);
        let Some([qs, ks, vs, mask]) = inputs.filter(|_| sizes.fit()) else {
            return reference::attention::<Self>([q, k, v, bias, seen], looking);
        };
        let Sizes { batch, heads, queries, width, .. } = sizes;
        let o = fresh(&qs, [batch, heads, queries, width].into());
        let l = fresh(&qs, [batch, heads, queries].into());
        for (count, dim, told) in sizes.launches([batch * heads, queries], sizes.keys, 1) {
            forward::launch(
                &qs.client,
                count,
                dim,
                qs.clone().into_tensor_arg(),
                ks.clone().into_tensor_arg(),
                vs.clone().into_tensor_arg(),
                mask.clone().into_tensor_arg(),
                o.clone().into_tensor_arg(),
                l.clone().into_tensor_arg(),
                told,
                sizes.built(),
            );
        }
        (o, l)
    }

    fn attend_backward(
        q: Primitive,
        k: Primitive,
        v: Primitive,
        bias: Primitive,
        seen: Primitive,
        output: Primitive,
        logarithms: Primitive,
        gradient: Primitive,
        looking: Looking,
    ) -> (Primitive, Primitive, Primitive, Primitive) {
        let mask = mask(&bias, &seen, looking);
        let inputs = straight([&q, &k, &v, &mask, &output, &logarithms, &gradient]);
        let sizes = Sizes::of([&q, &k, &v, &mask], looking);
        let Some([qs, ks, vs, mask, output, logarithms, g]) = inputs.filter(|_| sizes.fit()) else {
            let outputs = [output, logarithms, gradient];
            return reference::backward::<Self>([q, k, v, bias, seen], outputs, looking);
        };
        let known = known([&g, &output, &logarithms], sizes);
        let given = [qs, ks, vs, mask, g, known];
        let dq = queries_gradient(given.clone(), sizes);
        let (dk, dv) = keys_gradients(given.clone(), sizes);
        (dq, dk, dv, bias_gradient(&bias, given, sizes))
    }
}

/// The logarithms and `Σ g o` of each query, side by side.
fn known([g, output, logarithms]: [&Primitive; 3], sizes: Sizes) -> Primitive {
    let rows = sizes.batch * sizes.heads * sizes.queries;
    let known = fresh(g, [rows, 2].into());
    let (count, dim) = invocations(rows);
    along::launch(
        &g.client,
        count,
        dim,
        g.clone().into_tensor_arg(),
        output.clone().into_tensor_arg(),
        logarithms.clone().into_tensor_arg(),
        known.clone().into_tensor_arg(),
        sizes.width as u32,
    );
    known
}

fn queries_gradient([q, k, v, mask, g, known]: [Primitive; 6], sizes: Sizes) -> Primitive {
    let dq = fresh(&q, q.shape());
    let Sizes { batch, heads, queries, keys, .. } = sizes;
    for (count, dim, told) in sizes.launches([batch * heads, queries], keys, 1) {
        backward_queries::launch(
            &q.client.clone(),
            count,
            dim,
            q.clone().into_tensor_arg(),
            k.clone().into_tensor_arg(),
            v.clone().into_tensor_arg(),
            mask.clone().into_tensor_arg(),
            g.clone().into_tensor_arg(),
            known.clone().into_tensor_arg(),
            dq.clone().into_tensor_arg(),
            told,
            sizes.built(),
        );
    }
    dq
}

fn keys_gradients([q, k, v, mask, g, known]: [Primitive; 6], sizes: Sizes) -> (Primitive, Primitive) {
    let Sizes { batch, heads, few, queries, keys, depth, width, .. } = sizes;
    let both = fresh(&q, [batch, few, keys, depth + width].into());
    for (count, dim, told) in sizes.launches([batch * few, keys], queries, heads / few) {
        backward_keys::launch(
            &q.client.clone(),
            count,
            dim,
            q.clone().into_tensor_arg(),
            k.clone().into_tensor_arg(),
            v.clone().into_tensor_arg(),
            mask.clone().into_tensor_arg(),
            g.clone().into_tensor_arg(),
            known.clone().into_tensor_arg(),
            both.clone().into_tensor_arg(),
            told,
            sizes.built(),
        );
    }
    let part = |from: usize, to: usize| {
        let whole = [(0, batch), (0, few), (0, keys), (from, to)];
        let slices: Vec<_> = whole.map(|(from, to)| Slice::new(from as isize, Some(to as isize), 1)).into();
        CubeBackend::float_slice(both.clone(), &slices)
    };
    (part(0, depth), part(depth, depth + width))
}

/// What is the same for all keys changes no weight: only a bias that tells keys apart has a gradient.
fn bias_gradient(bias: &Primitive, [q, k, v, mask, g, known]: [Primitive; 6], sizes: Sizes) -> Primitive {
    let shape = bias.shape();
    if shape[3] == 1 {
        return CubeBackend::float_mul_scalar(bias.clone(), 0.0.into());
    }
    let Sizes { batch, heads, queries, keys, .. } = sizes;
    let whole = [batch, heads, queries, keys];
    let slopes = fresh(&q, whole.into());
    let (count, dim) = invocations(batch * heads * queries * keys);
    let (_, _, told) = sizes.told([batch * heads, queries], [0, keys]);
    backward_scores::launch(
        &q.client.clone(),
        count,
        dim,
        q.into_tensor_arg(),
        k.into_tensor_arg(),
        v.into_tensor_arg(),
        mask.into_tensor_arg(),
        g.into_tensor_arg(),
        known.into_tensor_arg(),
        slopes.clone().into_tensor_arg(),
        told,
        sizes.built(),
    );
    (0..4).filter(|axis| shape[*axis] < whole[*axis]).fold(slopes, CubeBackend::float_sum_dim)
}
