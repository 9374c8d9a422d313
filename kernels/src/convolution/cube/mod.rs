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
use burn_cubecl::cubecl::prelude::*;
use burn_cubecl::tensor::CubeTensor;

use super::{ConvolutionOps, options, reference};
use crate::activation::{self, After};
use crate::gpu::{ROUNDS, counted, fresh, straight};

mod tiles;

use tiles::{DEEP, Finish, Pass, SIDE, ToldLaunch, UNITS, product};

type Primitive = FloatTensor<CubeBackend>;

/// Terms of a sum that are worth workgroups of their own.
const PART: usize = 1024;
/// Most terms that an invocation adds: sixteen take it 21 rounds, to load and to add them.
const LONGEST: usize = ROUNDS / 21 * DEEP as usize;

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
