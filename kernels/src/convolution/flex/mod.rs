//! The same on the processor: direct, in registers, without the matrix of all windows.
//!
//! A picture is laid out once with its border of zeros, row after row, so that a tap of the kernel is the same row of numbers some places
//! further on. What the outputs at consecutive places then need of a tap is consecutive in memory: a vector load. The columns between the
//! end of a row and the beginning of the next are computed along and left out.

use burn::backend::ops::ModuleOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};

use super::{ConvolutionOps, reference};
use crate::activation::After;
use crate::flex::{Primitive, all_straight, numbers, tensor};
use crate::vectors::widest;

mod pass;
mod plan;
mod weights;

use pass::{Convolving, Finish, blocks};
use plan::{Axis, Plan};
use weights::{Sums, WeightGradient};

fn forward(
    given: [Primitive; 3],
    residual: Option<Primitive>,
    stride: [usize; 2],
    after: After,
) -> Primitive {
    let [x, weight, bias] = &given;
    let sizes = Sizes::of(x, weight, stride);
    let Some([input, kernel, shift, beside]) =
        sizes.fit([x, weight, bias, residual.as_ref().unwrap_or(bias)])
    else {
        return reference::<Flex>(given, residual, stride, after);
    };
    let [input, kernel, shift] = [&input, &kernel, &shift].map(numbers);
    let Sizes { inputs, outputs, .. } = sizes;
    let plan = Plan::forward(sizes.axes, inputs);
    let shape = super::outputs(&x.shape(), &weight.shape(), stride);
    let weight = |row, channel, tap| kernel[(row * inputs + channel) * sizes.taps() + tap];
    let convolving = Convolving {
        plan: &plan,
        x: input,
        channels: inputs,
        size: sizes.size(),
        rows: outputs,
        out: sizes.out(),
        weights: plan.passes.iter().map(|pass| blocks(pass, outputs, inputs, weight)).collect(),
        finish: Some(Finish { bias: shift, after, residual: residual.is_some().then(|| numbers(&beside)) }),
    };
    tensor(convolving.compute(), shape)
}

impl ConvolutionOps for Flex {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        stride: [usize; 2],
        after: After,
    ) -> FloatTensor<Self> {
        forward([x, weight, bias], None, stride, after)
    }

    fn convolution_onto(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        stride: [usize; 2],
        after: After,
    ) -> FloatTensor<Self> {
        forward([x, weight, bias], Some(residual), stride, after)
    }

    fn convolution_x_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: [usize; 2],
    ) -> FloatTensor<Self> {
        let sizes = Sizes::of(&x, &weight, stride);
        let Some([kernel, slopes]) = sizes.fit([&weight, &gradient]) else {
            let options = super::options(&weight.shape(), stride);
            return Self::conv2d_x_backward(x, weight, gradient, options);
        };
        let [kernel, slopes] = [&kernel, &slopes].map(numbers);
        let Sizes { inputs, outputs, .. } = sizes;
        let plan = Plan::backward(sizes.axes, outputs);
        let weight = |row, channel, tap| kernel[(channel * inputs + row) * sizes.taps() + tap];
        let convolving = Convolving {
            plan: &plan,
            x: slopes,
            channels: outputs,
            size: sizes.out(),
            rows: inputs,
            out: sizes.size(),
            weights: plan.passes.iter().map(|pass| blocks(pass, inputs, outputs, weight)).collect(),
            finish: None,
        };
        tensor(convolving.compute(), x.shape())
    }

    fn convolution_weight_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: [usize; 2],
    ) -> FloatTensor<Self> {
        let sizes = Sizes::of(&x, &weight, stride);
        let Some([input, slopes]) = sizes.fit([&x, &gradient]) else {
            let options = super::options(&weight.shape(), stride);
            return Self::conv2d_weight_backward(x, weight, gradient, options);
        };
        let [input, slopes] = [&input, &slopes].map(numbers);
        let plan = Plan::forward(sizes.axes, sizes.inputs);
        let found = WeightGradient {
            plan: &plan,
            x: input,
            channels: sizes.inputs,
            size: sizes.size(),
            gradient: slopes,
            rows: sizes.outputs,
            out: sizes.out(),
        };
        tensor(found.compute(), weight.shape())
    }

    fn convolution_bias_backward(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let [_, channels, height, width] = gradient.shape().dims();
        let Some([slopes]) = all_straight([&gradient]) else {
            return Self::conv2d_bias_backward(x, bias, gradient);
        };
        let sums = widest(Sums { values: numbers(&slopes), channels, places: height * width });
        tensor(sums, bias.shape())
    }
}

/// Of a convolution's tensors.
struct Sizes {
    batch: usize,
    inputs: usize,
    outputs: usize,
    /// Down and across.
    axes: [Axis; 2],
}

impl Sizes {
    fn of(x: &Primitive, weight: &Primitive, stride: [usize; 2]) -> Self {
        let [batch, inputs, height, width] = x.shape().dims();
        let [outputs, _, down, across] = weight.shape().dims();
        let axis = |size, kernel, stride| Axis { size, kernel, stride };
        // Where each place is on its own, the picture may be one row.
        let single = [down, across] == [1, 1] && stride == [1, 1];
        let [height, width] = if single { [1, height * width] } else { [height, width] };
        Self { batch, inputs, outputs, axes: [axis(height, down, stride[0]), axis(width, across, stride[1])] }
    }

    /// The tensors as they are numbered; `None` where this way does not lead: another precision, an even kernel, nothing to do.
    fn fit<const N: usize>(&self, tensors: [&Primitive; N]) -> Option<[Primitive; N]> {
        let odd = self.axes.iter().all(|axis| axis.kernel % 2 == 1 && axis.size > 0);
        (odd && self.batch * self.inputs * self.outputs > 0).then(|| all_straight(tensors))?
    }

    fn taps(&self) -> usize {
        self.axes[0].kernel * self.axes[1].kernel
    }

    fn size(&self) -> [usize; 2] {
        self.axes.map(|axis| axis.size)
    }

    fn out(&self) -> [usize; 2] {
        self.axes.map(Axis::outputs)
    }
}
