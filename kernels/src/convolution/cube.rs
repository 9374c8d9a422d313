//! The same on graphics adapters: products of matrices whose entries are looked up as they are needed (implicit GEMM).
//!
//! ```text
//! forward   y[o, p]  = Σ_k w[o, k] x(k, p)        k a channel and a tap, p a sample and a place
//! input     dx[c, q] = Σ_k w(c, k) g(k, q)        k an output channel and a tap
//! weights   dw[o, k] = Σ_p g[o, p] x(k, p)        in parts of the places, summed afterwards
//! ```
//!
//! A workgroup has 64 × 64 entries, an invocation 4 × 4 of them; 16 terms of the sum are in shared memory at a time.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;
use burn_cubecl::tensor::CubeTensor;

use super::{ConvolutionOps, options, reference};
use crate::activation::{self, After};
use crate::gpu::{ROUNDS, counted, fresh, sigmoid, straight};

type Primitive = FloatTensor<CubeBackend>;

/// Rows and columns of a workgroup.
const SIDE: u32 = 64;
/// Invocations along a side.
const UNITS: u32 = 16;
/// Rows and columns of an invocation.
const OWN: u32 = 4;
/// Terms in shared memory.
const DEEP: u32 = 16;
/// Terms of a sum that are worth workgroups of their own.
const PART: usize = 1024;
/// Most terms that an invocation adds: sixteen take it 21 rounds, to load and to add them.
const LONGEST: usize = ROUNDS / 21 * DEEP as usize;

/// Which of the three.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
enum Pass {
    Forward,
    Input,
    Weights,
}

/// What follows the bias.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
struct Finish {
    silu: bool,
    residual: bool,
}

#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    inputs: usize,
    outputs: usize,
    /// Of the input, of the output, of the kernel.
    from: [usize; 2],
    to: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
}

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Told {
    rows: u32,
    columns: u32,
    terms: u32,
    /// Terms of a part of the sum.
    part: u32,
    inputs: u32,
    outputs: u32,
    from_height: u32,
    from_width: u32,
    to_height: u32,
    to_width: u32,
    kernel_height: u32,
    kernel_width: u32,
    stride_height: u32,
    stride_width: u32,
}

impl Sizes {
    fn of(x: &Primitive, weight: &Primitive, stride: [usize; 2]) -> Self {
        let [batch, inputs, height, width] = x.shape().dims();
        let [outputs, _, tall, wide] = weight.shape().dims();
        let to = [height.div_ceil(stride[0]), width.div_ceil(stride[1])];
        Self { batch, inputs, outputs, from: [height, width], to, kernel: [tall, wide], stride }
    }

    /// Rows, columns and terms of the product.
    fn product(&self, pass: Pass) -> [usize; 3] {
        let area = |[a, b]: [usize; 2]| a * b;
        let (taps, places) = (area(self.kernel), self.batch * area(self.to));
        match pass {
            Pass::Forward => [self.outputs, places, self.inputs * taps],
            Pass::Input => [self.inputs, self.batch * area(self.from), self.outputs * taps],
            Pass::Weights => [self.outputs, self.inputs * taps, places],
        }
    }

    /// Parts of the sum: a gradient of weights has few entries and many terms.
    fn parts(&self, pass: Pass) -> usize {
        let [_, _, terms] = self.product(pass);
        let worth = if pass == Pass::Weights { terms.div_ceil(PART).min(256) } else { 1 };
        worth.max(terms.div_ceil(LONGEST))
    }

    /// The product, of this shape, from all parts of its sums.
    fn compute(&self, (pass, finish): (Pass, Finish), given: [CubeTensor; 4], shape: Shape) -> Primitive {
        let ([rows, columns, _], parts) = (self.product(pass), self.parts(pass));
        let sums = fresh(&given[0], Shape::new([parts, rows * columns]));
        self.launch((pass, finish), given, &sums, parts);
        let sums = if parts == 1 { sums } else { CubeBackend::float_sum_dim(sums, 0) };
        CubeBackend::float_reshape(sums, shape)
    }

    /// What a kernel does, with the sum in so many parts. Where there is no bias or no residual, any tensor stands for it.
    fn launch(
        &self,
        (pass, finish): (Pass, Finish),
        [a, b, bias, residual]: [CubeTensor; 4],
        out: &CubeTensor,
        parts: usize,
    ) {
        let [rows, columns, terms] = self.product(pass);
        let part = terms.div_ceil(parts).next_multiple_of(DEEP as usize);
        let told = ToldLaunch::new(
            rows as u32,
            columns as u32,
            terms as u32,
            part as u32,
            self.inputs as u32,
            self.outputs as u32,
            self.from[0] as u32,
            self.from[1] as u32,
            self.to[0] as u32,
            self.to[1] as u32,
            self.kernel[0] as u32,
            self.kernel[1] as u32,
            self.stride[0] as u32,
            self.stride[1] as u32,
        );
        let tiles = |size: usize| size.div_ceil(SIDE as usize) as u32;
        product::launch(
            &out.client,
            CubeCount::Static(tiles(columns), tiles(rows), parts as u32),
            CubeDim::new_2d(UNITS, UNITS),
            a.into_tensor_arg(),
            b.into_tensor_arg(),
            bias.into_tensor_arg(),
            residual.into_tensor_arg(),
            out.clone().into_tensor_arg(),
            told,
            pass,
            finish,
        );
    }

    /// Whether there are no more workgroups along an axis than WebGPU has, and what is written can be counted.
    fn fit(&self) -> bool {
        let few = |size: &usize| size.div_ceil(SIDE as usize) <= 65_535;
        [Pass::Forward, Pass::Input, Pass::Weights].into_iter().all(|pass| {
            let [rows, columns, terms] = self.product(pass);
            [rows, columns, terms].iter().all(few) && counted(rows * columns * self.parts(pass))
        })
    }
}

fn forward(
    given: [Primitive; 3],
    residual: Option<Primitive>,
    stride: [usize; 2],
    after: After,
) -> Primitive {
    let [x, weight, bias] = &given;
    let sizes = Sizes::of(x, weight, stride);
    let straight = straight([x, weight, bias, residual.as_ref().unwrap_or(bias)]);
    let Some([x, weight, bias, beside]) = straight.filter(|_| sizes.fit()) else {
        return reference::<CubeBackend>(given, residual, stride, after);
    };
    let shape = Shape::new([sizes.batch, sizes.outputs, sizes.to[0], sizes.to[1]]);
    let given = [weight, x, bias, beside];
    if sizes.parts(Pass::Forward) == 1 {
        let finish = Finish { silu: after == After::Silu, residual: residual.is_some() };
        return sizes.compute((Pass::Forward, finish), given, shape);
    }
    // What follows is of the whole sum.
    let y = sizes.compute((Pass::Forward, Finish::default()), given, shape);
    let y = activation::after::<CubeBackend>(y, after);
    match residual {
        Some(residual) => CubeBackend::float_add(y, residual),
        None => y,
    }
}

impl ConvolutionOps for CubeBackend {
    fn convolution(
        x: Primitive,
        weight: Primitive,
        bias: Primitive,
        stride: [usize; 2],
        after: After,
    ) -> Primitive {
        forward([x, weight, bias], None, stride, after)
    }

    fn convolution_onto(
        x: Primitive,
        weight: Primitive,
        bias: Primitive,
        residual: Primitive,
        stride: [usize; 2],
        after: After,
    ) -> Primitive {
        forward([x, weight, bias], Some(residual), stride, after)
    }

    fn convolution_x_backward(
        x: Primitive,
        weight: Primitive,
        gradient: Primitive,
        stride: [usize; 2],
    ) -> Primitive {
        let sizes = Sizes::of(&x, &weight, stride);
        let Some([weight, gradient]) = straight([&weight, &gradient]).filter(|_| sizes.fit()) else {
            let options = options(&weight.shape(), stride);
            return <Self as burn::backend::ops::ModuleOps<Self>>::conv2d_x_backward(
                x, weight, gradient, options,
            );
        };
        let nothing = weight.clone();
        let given = [weight, gradient, nothing.clone(), nothing];
        sizes.compute((Pass::Input, Finish::default()), given, x.shape())
    }

    fn convolution_weight_backward(
        x: Primitive,
        weight: Primitive,
        gradient: Primitive,
        stride: [usize; 2],
    ) -> Primitive {
        let sizes = Sizes::of(&x, &weight, stride);
        let Some([x, gradient]) = straight([&x, &gradient]).filter(|_| sizes.fit()) else {
            let options = options(&weight.shape(), stride);
            return <Self as burn::backend::ops::ModuleOps<Self>>::conv2d_weight_backward(
                x, weight, gradient, options,
            );
        };
        let given = [gradient, x.clone(), x.clone(), x];
        sizes.compute((Pass::Weights, Finish::default()), given, weight.shape())
    }
}

/// `x` at a channel and tap (`term`) and at a sample and place of the output.
#[cube]
fn looked_up(x: &Tensor<f32>, term: u32, place: u32, inside: bool, told: &Told) -> f32 {
    let taps = told.kernel_height * told.kernel_width;
    let tap = term % taps;
    let area = told.to_height * told.to_width;
    let spot = place % area;
    // Counted from half a kernel outside, so that nothing is below zero.
    let i = spot / told.to_width * told.stride_height + tap / told.kernel_width;
    let j = spot % told.to_width * told.stride_width + tap % told.kernel_width;
    let (above, left) = (told.kernel_height / 2u32, told.kernel_width / 2u32);
    let within =
        inside && i >= above && j >= left && i - above < told.from_height && j - left < told.from_width;
    let channel = place / area * told.inputs + term / taps;
    let at = (channel * told.from_height + i - above) * told.from_width + j - left;
    select(within, x[select(within, at, 0u32) as usize], 0.0f32)
}

/// `g` at an output channel and tap (`term`) and at a sample and place of the input.
#[cube]
fn looked_back(g: &Tensor<f32>, term: u32, place: u32, inside: bool, told: &Told) -> f32 {
    let taps = told.kernel_height * told.kernel_width;
    let tap = term % taps;
    let area = told.from_height * told.from_width;
    let spot = place % area;
    let i = spot / told.from_width + told.kernel_height / 2u32;
    let j = spot % told.from_width + told.kernel_width / 2u32;
    let (down, right) = (tap / told.kernel_width, tap % told.kernel_width);
    let (di, dj) = (i - min(i, down), j - min(j, right));
    let within = inside
        && i >= down
        && j >= right
        && di % told.stride_height == 0u32
        && dj % told.stride_width == 0u32
        && di / told.stride_height < told.to_height
        && dj / told.stride_width < told.to_width;
    let channel = place / area * told.outputs + term / taps;
    let at = (channel * told.to_height + di / told.stride_height) * told.to_width + dj / told.stride_width;
    select(within, g[select(within, at, 0u32) as usize], 0.0f32)
}

/// The entry of the left factor.
#[cube]
fn left(a: &Tensor<f32>, row: u32, term: u32, inside: bool, told: &Told, #[comptime] pass: Pass) -> f32 {
    let taps = told.kernel_height * told.kernel_width;
    let mut at = row * told.terms + term;
    if comptime!(pass == Pass::Input) {
        at = (term / taps * told.inputs + row) * taps + term % taps;
    }
    if comptime!(pass == Pass::Weights) {
        let area = told.to_height * told.to_width;
        at = (term / area * told.outputs + row) * area + term % area;
    }
    let inside = inside && row < told.rows;
    select(inside, a[select(inside, at, 0u32) as usize], 0.0f32)
}

/// The entry of the right factor.
#[cube]
fn right(b: &Tensor<f32>, term: u32, column: u32, inside: bool, told: &Told, #[comptime] pass: Pass) -> f32 {
    let inside = inside && column < told.columns;
    let mut value = 0.0f32;
    if comptime!(pass == Pass::Forward) {
        value = looked_up(b, term, column, inside, told);
    }
    if comptime!(pass == Pass::Input) {
        value = looked_back(b, term, column, inside, told);
    }
    if comptime!(pass == Pass::Weights) {
        value = looked_up(b, column, term, inside, told);
    }
    value
}

/// Where an entry of the product goes.
#[cube]
fn place_of(row: u32, column: u32, told: &Told, #[comptime] pass: Pass) -> u32 {
    let mut at = row * told.columns + column;
    if comptime!(pass == Pass::Forward) {
        let area = told.to_height * told.to_width;
        at = (column / area * told.outputs + row) * area + column % area;
    }
    if comptime!(pass == Pass::Input) {
        let area = told.from_height * told.from_width;
        at = (column / area * told.inputs + row) * area + column % area;
    }
    CUBE_POS_Z * told.rows * told.columns + at
}

#[cube(launch)]
fn product(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    bias: &Tensor<f32>,
    residual: &Tensor<f32>,
    out: &mut Tensor<f32>,
    told: Told,
    #[comptime] pass: Pass,
    #[comptime] finish: Finish,
) {
    let size = comptime!((SIDE * DEEP) as usize);
    let mut lefts = Shared::<[f32]>::new_slice(size);
    let mut rights = Shared::<[f32]>::new_slice(size);
    let mut sums = Array::<f32>::new(comptime!((OWN * OWN) as usize));
    #[unroll]
    for i in 0..comptime!((OWN * OWN) as usize) {
        sums[i] = 0.0f32;
    }
    let (first_row, first_column) = (CUBE_POS_Y * SIDE, CUBE_POS_X * SIDE);
    let begin = CUBE_POS_Z * told.part;
    let end = min(begin + told.part, told.terms);
    let mut from = begin;
    while from < end {
        sync_cube();
        let mut i = UNIT_POS;
        while i < comptime!(SIDE * DEEP) {
            // Neighbours read what lies side by side: terms of the left factor, columns of the right one.
            let (row, deep) = (i / DEEP, i % DEEP);
            let term = from + deep;
            lefts[(deep * SIDE + row) as usize] = left(a, first_row + row, term, term < end, &told, pass);
            let mut deep = i / SIDE;
            let mut column = i % SIDE;
            if comptime!(pass == Pass::Weights) {
                deep = i % DEEP;
                column = i / DEEP;
            }
            let term = from + deep;
            rights[(deep * SIDE + column) as usize] =
                right(b, term, first_column + column, term < end, &told, pass);
            i += comptime!(UNITS * UNITS);
        }
        sync_cube();
        for deep in 0..DEEP {
            let base = (deep * SIDE) as usize;
            let mut columns = Array::<f32>::new(comptime!(OWN as usize));
            #[unroll]
            for j in 0..comptime!(OWN as usize) {
                columns[j] = rights[base + UNIT_POS_X as usize + j * comptime!(UNITS as usize)];
            }
            #[unroll]
            for i in 0..comptime!(OWN as usize) {
                let value = lefts[base + UNIT_POS_Y as usize + i * comptime!(UNITS as usize)];
                #[unroll]
                for j in 0..comptime!(OWN as usize) {
                    sums[i * comptime!(OWN as usize) + j] += value * columns[j];
                }
            }
        }
        from += DEEP;
    }
    #[unroll]
    for i in 0..OWN {
        let row = first_row + UNIT_POS_Y + i * UNITS;
        #[unroll]
        for j in 0..OWN {
            let column = first_column + UNIT_POS_X + j * UNITS;
            if row < told.rows && column < told.columns {
                let mut sum = sums[(i * OWN + j) as usize];
                let place = place_of(row, column, &told, pass) as usize;
                if comptime!(pass == Pass::Forward) {
                    sum += select(CUBE_POS_Z == 0u32, bias[row as usize], 0.0f32);
                }
                if comptime!(finish.silu) {
                    sum *= sigmoid(sum);
                }
                if comptime!(finish.residual) {
                    sum += residual[place];
                }
                out[place] = sum;
            }
        }
    }
}
