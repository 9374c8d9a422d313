//! The same on graphics adapters: an invocation has a query, and for the gradients of keys and values a key.
//!
//! Tiles of what is looked at lie in shared memory, and the row that an invocation has lies in registers: the loops over its numbers are
//! unrolled.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Shape, Slice};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;

use super::reference::{self, NEVER};
use super::{AttentionOps, Looking};
use crate::gpu::{fresh, invocations, straight, workgroups};

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

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Told {
    heads: u32,
    few: u32,
    queries: u32,
    keys: u32,
    parts: u32,
    count: u32,
    mask_batch: u32,
    mask_head: u32,
    mask_query: u32,
    mask_key: u32,
    causal: u32,
    scale: f32,
}

/// What a kernel is built for.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
struct Built {
    depth: usize,
    width: usize,
    tile: usize,
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

    fn fit(&self) -> bool {
        self.depth <= WIDEST && self.width <= WIDEST
    }

    /// Workgroups over `rows` rows of each of `groups` groups, and what they are told.
    fn told(&self, groups: usize, rows: usize) -> (CubeCount, CubeDim, ToldLaunch) {
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
        let (count, dim, told) = sizes.told(batch * heads, queries);
        forward::launch(
            &qs.client.clone(),
            count,
            dim,
            qs.into_tensor_arg(),
            ks.into_tensor_arg(),
            vs.into_tensor_arg(),
            mask.into_tensor_arg(),
            o.clone().into_tensor_arg(),
            l.clone().into_tensor_arg(),
            told,
            sizes.built(),
        );
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
    let (count, dim, told) = sizes.told(sizes.batch * sizes.heads, sizes.queries);
    backward_queries::launch(
        &q.client.clone(),
        count,
        dim,
        q.into_tensor_arg(),
        k.into_tensor_arg(),
        v.into_tensor_arg(),
        mask.into_tensor_arg(),
        g.into_tensor_arg(),
        known.into_tensor_arg(),
        dq.clone().into_tensor_arg(),
        told,
        sizes.built(),
    );
    dq
}

fn keys_gradients([q, k, v, mask, g, known]: [Primitive; 6], sizes: Sizes) -> (Primitive, Primitive) {
    let Sizes { batch, few, keys, depth, width, .. } = sizes;
    let both = fresh(&q, [batch, few, keys, depth + width].into());
    let (count, dim, told) = sizes.told(batch * few, keys);
    backward_keys::launch(
        &q.client.clone(),
        count,
        dim,
        q.into_tensor_arg(),
        k.into_tensor_arg(),
        v.into_tensor_arg(),
        mask.into_tensor_arg(),
        g.into_tensor_arg(),
        known.into_tensor_arg(),
        both.clone().into_tensor_arg(),
        told,
        sizes.built(),
    );
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
    let (_, _, told) = sizes.told(batch * heads, queries);
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

/// Keys that a query may see, counted from the first.
#[cube]
fn reach(told: &Told, query: u32) -> u32 {
    let upto = told.keys + query + 1u32;
    let before = min(told.keys, upto - min(upto, told.queries));
    select(told.causal == 1u32, before, told.keys)
}

/// A score from its product; next to nothing where the key is not seen.
#[cube]
fn score(
    product: f32,
    mask: &Tensor<f32>,
    at: u32,
    key: u32,
    reach: u32,
    told: &Told,
) -> f32 {
    let never = comptime!(-NEVER as f32).runtime();
    let hidden = key >= reach;
    let bias = mask[(at + select(hidden, 0u32, key) * told.mask_key) as usize];
    select(hidden, never, max(product * told.scale + bias, never))
}

/// A number of the rows of a tile that begin at `first`, into shared memory.
#[cube]
fn load(
    from: &Tensor<f32>,
    base: u32,
    first: u32,
    rows: u32,
    to: &mut Shared<[f32]>,
    #[comptime] width: usize,
    #[comptime] tile: usize,
) {
    let mut at = UNIT_POS;
    while at < comptime!((tile * width) as u32) {
        let row = first + at / comptime!(width as u32);
        let inside = row < rows;
        let place = base + select(inside, row, 0u32) * comptime!(width as u32) + at % comptime!(width as u32);
        to[at as usize] = select(inside, from[place as usize], 0.0f32);
        at += UNITS;
    }
}

/// A row into registers.
#[cube]
fn row(from: &Tensor<f32>, base: u32, #[comptime] width: usize) -> Array<f32> {
    let mut row = Array::<f32>::new(width);
    #[unroll]
    for c in 0..width {
        row[c] = from[base as usize + c];
    }
    row
}

/// `row · tile[at]`.
#[cube]
fn product(row: &Array<f32>, tile: &Shared<[f32]>, at: u32, #[comptime] width: usize) -> f32 {
    let begin = at as usize * width;
    let mut sum = 0.0f32;
    #[unroll]
    for c in 0..width {
        sum += row[c] * tile[begin + c];
    }
    sum
}

/// `sum += factor · tile[at]`.
#[cube]
fn add(sum: &mut Array<f32>, factor: f32, tile: &Shared<[f32]>, at: u32, #[comptime] width: usize) {
    let begin = at as usize * width;
    #[unroll]
    for c in 0..width {
        sum[c] += factor * tile[begin + c];
    }
}

#[cube(launch)]
fn forward(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    o: &mut Tensor<f32>,
    l: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    let cube = CUBE_POS as u32;
    if cube >= told.count {
        terminate!();
    }
    let (depth, width, tile) = comptime!((built.depth, built.width, built.tile));
    let never = comptime!(-NEVER as f32).runtime();
    let head = cube / told.parts;
    let query = cube % told.parts * UNITS + UNIT_POS;
    let live = query < told.queries;
    // Who has none computes the last once more, and keeps it to himself.
    let query = min(query, told.queries - 1u32);
    let place = head * told.queries + query;
    let shared_head = head / told.heads * told.few + head % told.heads / (told.heads / told.few);
    let keys = shared_head * told.keys;
    let at = head / told.heads * told.mask_batch + head % told.heads * told.mask_head + query * told.mask_query;
    let reach = reach(&told, query);
    let row = row(q, place * comptime!(depth as u32), depth);
    let mut key_tile = Shared::<[f32]>::new_slice(tile * depth);
    let mut value_tile = Shared::<[f32]>::new_slice(tile * width);
    let mut sum = Array::<f32>::new(width);
    #[unroll]
    for c in 0..width {
        sum[c] = 0.0f32;
    }
    let mut most = never;
    let mut total = 0.0f32;
    let mut first = 0u32;
    while first < told.keys {
        sync_cube();
        load(k, keys * comptime!(depth as u32), first, told.keys, &mut key_tile, depth, tile);
        load(v, keys * comptime!(width as u32), first, told.keys, &mut value_tile, width, tile);
        sync_cube();
        let mut j = 0u32;
        while j < comptime!(tile as u32) {
            let s = product(&row, &key_tile, j, depth);
            let s = score(s, mask, at, first + j, reach, &told);
            if s > most {
                let fade = (most - s).exp();
                total *= fade;
                #[unroll]
                for c in 0..width {
                    sum[c] *= fade;
                }
                most = s;
            }
            let weight = select(s > 0.5f32 * never, (s - most).exp(), 0.0f32);
            total += weight;
            add(&mut sum, weight, &value_tile, j, width);
            j += 1u32;
        }
        first += comptime!(tile as u32);
    }
    if live {
        let none = total == 0.0f32;
        let scale = select(none, 0.0f32, 1.0f32 / select(none, 1.0f32, total));
        #[unroll]
        for c in 0..width {
            o[(place * comptime!(width as u32)) as usize + c] = sum[c] * scale;
        }
        l[place as usize] = select(none, -never, most + select(none, 1.0f32, total).ln());
    }
}

#[cube(launch)]
fn along(g: &Tensor<f32>, o: &Tensor<f32>, l: &Tensor<f32>, known: &mut Tensor<f32>, width: u32) {
    let place = ABSOLUTE_POS;
    if place < l.len() {
        let base = place * width as usize;
        let mut sum = 0.0f32;
        for c in 0..width {
            sum += g[base + c as usize] * o[base + c as usize];
        }
        known[2 * place] = l[place];
        known[2 * place + 1] = sum;
    }
}

/// `dq = a Σ_j ds_j k_j`, with `ds = P (g v − Σ g o)`.
#[cube(launch)]
fn backward_queries(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    g: &Tensor<f32>,
    known: &Tensor<f32>,
    dq: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    let cube = CUBE_POS as u32;
    if cube >= told.count {
        terminate!();
    }
    let (depth, width, tile) = comptime!((built.depth, built.width, built.tile));
    let never = comptime!(-NEVER as f32).runtime();
    let head = cube / told.parts;
    let query = cube % told.parts * UNITS + UNIT_POS;
    let live = query < told.queries;
    let query = min(query, told.queries - 1u32);
    let place = head * told.queries + query;
    let shared_head = head / told.heads * told.few + head % told.heads / (told.heads / told.few);
    let keys = shared_head * told.keys;
    let at = head / told.heads * told.mask_batch + head % told.heads * told.mask_head + query * told.mask_query;
    let reach = reach(&told, query);
    let own = row(q, place * comptime!(depth as u32), depth);
    let slope = row(g, place * comptime!(width as u32), width);
    let logarithm = known[2 * place as usize];
    let along = known[2 * place as usize + 1];
    let mut key_tile = Shared::<[f32]>::new_slice(tile * depth);
    let mut value_tile = Shared::<[f32]>::new_slice(tile * width);
    let mut sum = Array::<f32>::new(depth);
    #[unroll]
    for c in 0..depth {
        sum[c] = 0.0f32;
    }
    let mut first = 0u32;
    while first < told.keys {
        sync_cube();
        load(k, keys * comptime!(depth as u32), first, told.keys, &mut key_tile, depth, tile);
        load(v, keys * comptime!(width as u32), first, told.keys, &mut value_tile, width, tile);
        sync_cube();
        let mut j = 0u32;
        while j < comptime!(tile as u32) {
            let s = product(&own, &key_tile, j, depth);
            let s = score(s, mask, at, first + j, reach, &told);
            let weight = select(s > 0.5f32 * never, (s - logarithm).exp(), 0.0f32);
            let ds = weight * (product(&slope, &value_tile, j, width) - along);
            add(&mut sum, ds, &key_tile, j, depth);
            j += 1u32;
        }
        first += comptime!(tile as u32);
    }
    if live {
        #[unroll]
        for c in 0..depth {
            dq[(place * comptime!(depth as u32)) as usize + c] = sum[c] * told.scale;
        }
    }
}

/// `dk = a Σ_i ds_i q_i` and `dv = Σ_i P_i g_i` over the queries of all heads that share the key, side by side.
#[cube(launch)]
fn backward_keys(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    g: &Tensor<f32>,
    known: &Tensor<f32>,
    both: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    let cube = CUBE_POS as u32;
    if cube >= told.count {
        terminate!();
    }
    let (depth, width, tile) = comptime!((built.depth, built.width, built.tile));
    let never = comptime!(-NEVER as f32).runtime();
    let shared_head = cube / told.parts;
    let key = cube % told.parts * UNITS + UNIT_POS;
    let live = key < told.keys;
    let key = min(key, told.keys - 1u32);
    let place = shared_head * told.keys + key;
    let own_key = row(k, place * comptime!(depth as u32), depth);
    let own_value = row(v, place * comptime!(width as u32), width);
    let mut query_tile = Shared::<[f32]>::new_slice(tile * depth);
    let mut slope_tile = Shared::<[f32]>::new_slice(tile * width);
    let mut known_tile = Shared::<[f32]>::new_slice(tile * 2);
    let mut dk = Array::<f32>::new(depth);
    let mut dv = Array::<f32>::new(width);
    #[unroll]
    for c in 0..depth {
        dk[c] = 0.0f32;
    }
    #[unroll]
    for c in 0..width {
        dv[c] = 0.0f32;
    }
    let group = told.heads / told.few;
    let batch = shared_head / told.few;
    let mut member = 0u32;
    while member < group {
        let head_of_sample = shared_head % told.few * group + member;
        let queries = (batch * told.heads + head_of_sample) * told.queries;
        let masks = batch * told.mask_batch + head_of_sample * told.mask_head;
        let mut first = 0u32;
        while first < told.queries {
            sync_cube();
            load(q, queries * comptime!(depth as u32), first, told.queries, &mut query_tile, depth, tile);
            load(g, queries * comptime!(width as u32), first, told.queries, &mut slope_tile, width, tile);
            load(known, queries * 2u32, first, told.queries, &mut known_tile, 2usize, tile);
            sync_cube();
            let mut i = 0u32;
            while i < comptime!(tile as u32) {
                let query = first + i;
                let inside = query < told.queries;
                let query = select(inside, query, 0u32);
                let reach = select(inside, reach(&told, query), 0u32);
                let s = product(&own_key, &query_tile, i, depth);
                let s = score(s, mask, masks + query * told.mask_query, key, reach, &told);
                let logarithm = known_tile[2 * i as usize];
                let weight = select(s > 0.5f32 * never, (s - logarithm).exp(), 0.0f32);
                let ds = weight * (product(&own_value, &slope_tile, i, width) - known_tile[2 * i as usize + 1]);
                add(&mut dk, ds, &query_tile, i, depth);
                add(&mut dv, weight, &slope_tile, i, width);
                i += 1u32;
            }
            first += comptime!(tile as u32);
        }
        member += 1u32;
    }
    if live {
        let base = (place * comptime!((depth + width) as u32)) as usize;
        #[unroll]
        for c in 0..depth {
            both[base + c] = dk[c] * told.scale;
        }
        #[unroll]
        for c in 0..width {
            both[base + depth + c] = dv[c];
        }
    }
}

/// `ds`, an invocation a score.
#[cube(launch)]
fn backward_scores(
    q: &Tensor<f32>,
    k: &Tensor<f32>,
    v: &Tensor<f32>,
    mask: &Tensor<f32>,
    g: &Tensor<f32>,
    known: &Tensor<f32>,
    slopes: &mut Tensor<f32>,
    told: Told,
    #[comptime] built: Built,
) {
    let at = ABSOLUTE_POS as u32;
    if at as usize >= slopes.len() {
        terminate!();
    }
    let (depth, width) = comptime!((built.depth as u32, built.width as u32));
    let never = comptime!(-NEVER as f32).runtime();
    let key = at % told.keys;
    let place = at / told.keys;
    let query = place % told.queries;
    let head = place / told.queries;
    let shared_head = head / told.heads * told.few + head % told.heads / (told.heads / told.few);
    let other = shared_head * told.keys + key;
    let mut s = 0.0f32;
    for c in 0..depth {
        s += q[(place * depth + c) as usize] * k[(other * depth + c) as usize];
    }
    let mut slope = 0.0f32;
    for c in 0..width {
        slope += g[(place * width + c) as usize] * v[(other * width + c) as usize];
    }
    let masks = head / told.heads * told.mask_batch + head % told.heads * told.mask_head;
    let s = score(s, mask, masks + query * told.mask_query, key, reach(&told, query), &told);
    let weight = select(s > 0.5f32 * never, (s - known[2 * place as usize]).exp(), 0.0f32);
    slopes[at as usize] = weight * (slope - known[2 * place as usize + 1]);
}
