//! Layers: linear, convolution, group and layer normalisation, dropout.

use burn::module::Param;
use burn::prelude::*;
use kiln_kernels::activation::After;
use kiln_kernels::convolution::{convolution, convolution_then};
use kiln_kernels::group_norm::group_norm;
use kiln_kernels::layer_norm::layer_norm;
use kiln_kernels::linear::linear;

use super::precision::{like, wide};
use super::{Activation, Init, Mode};

/// `y = x W + b`.
#[derive(Module, Debug)]
pub struct Linear {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Linear {
    /// Weights and bias uniform within `1 / sqrt(inputs)`: PyTorch's default.
    pub fn new(inputs: usize, outputs: usize, init: &Init) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        Self {
            weight: init.at("weight").uniform([inputs, outputs], bound),
            bias: init.at("bias").uniform([outputs], bound),
        }
    }

    /// Weights uniform with the variance `2 / (inputs + outputs)`, bias zero: what transformers begin with (Glorot and Bengio
    /// 2010, <https://proceedings.mlr.press/v9/glorot10a.html>, Eq. 16).
    pub fn xavier(inputs: usize, outputs: usize, init: &Init) -> Self {
        let bound = (6.0 / (inputs + outputs) as f64).sqrt();
        Self {
            weight: init.at("weight").uniform([inputs, outputs], bound),
            bias: init.constant([outputs], 0.0),
        }
    }

    /// Weights and bias zero: for layers that should at first say nothing.
    pub fn zero(inputs: usize, outputs: usize, init: &Init) -> Self {
        Self { weight: init.constant([inputs, outputs], 0.0), bias: init.constant([outputs], 0.0) }
    }

    /// `[inputs, outputs]`.
    pub(super) fn weight(&self) -> Tensor<2> {
        self.weight.val()
    }

    /// `[outputs]`.
    pub(super) fn bias(&self) -> Tensor<1> {
        self.bias.val()
    }

    /// `[.., inputs]` to `[.., outputs]`. What was made on the host, as embeddings are, takes on the weights' precision.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.through(x, linear)
    }

    /// The same, and what follows it.
    pub fn activated<const D: usize>(&self, x: Tensor<D>, activation: Activation) -> Tensor<D> {
        self.through(x, |x, weight, bias| activation.of_layer(x, weight, bias))
    }

    fn through<const D: usize>(
        &self,
        x: Tensor<D>,
        layer: impl FnOnce(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>,
    ) -> Tensor<D> {
        let (weight, shape) = (self.weight.val(), x.dims());
        let [inputs, outputs] = weight.dims();
        // As one matrix: of a stack of them, Burn multiplies each by itself, backward at less than half the speed.
        let rows = shape[..D - 1].iter().product();
        let x = like(x, weight.dtype()).reshape([rows, inputs]);
        let mut wide = shape;
        wide[D - 1] = outputs;
        layer(x, weight, self.bias.val()).reshape(wide)
    }
}

/// Two-dimensional convolution that keeps height and width (divided by the strides).
///
/// On pictures of height 1, a kernel of height 1 makes it the convolution of sequences.
#[derive(Module, Debug)]
pub struct Conv2d {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    stride: [usize; 2],
}

impl Conv2d {
    /// A square kernel of odd size; weights and bias uniform within `1 / sqrt(fan in)`.
    pub fn new(channels: [usize; 2], kernel: usize, stride: usize, init: &Init) -> Self {
        Self::spanning(channels, [kernel; 2], [stride; 2], init)
    }

    /// A kernel of odd height and width; weights and bias uniform within `1 / sqrt(fan in)`.
    pub fn spanning(channels: [usize; 2], kernel: [usize; 2], stride: [usize; 2], init: &Init) -> Self {
        let ([inputs, outputs], [height, width]) = (channels, kernel);
        let bound = 1.0 / ((inputs * height * width) as f64).sqrt();
        Self {
            weight: init.at("weight").uniform([outputs, inputs, height, width], bound),
            bias: init.at("bias").uniform([outputs], bound),
            stride,
        }
    }

    /// Weights and bias zero; a kernel of odd height and width.
    pub fn zero(channels: [usize; 2], kernel: [usize; 2], init: &Init) -> Self {
        let ([inputs, outputs], [height, width]) = (channels, kernel);
        Self {
            weight: init.constant([outputs, inputs, height, width], 0.0),
            bias: init.constant([outputs], 0.0),
            stride: [1, 1],
        }
    }

    /// `[batch, in, height, width]` to `[batch, out, height / stride, width / stride]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        convolution(x, self.weight.val(), self.bias.val(), self.stride)
    }

    /// The same, then `silu`, in one pass.
    pub fn activated(&self, x: Tensor<4>) -> Tensor<4> {
        convolution_then(x, self.weight.val(), self.bias.val(), self.stride, After::Silu, None)
    }

    /// The same as [`Conv2d::forward`], added to a `residual` of the output's shape in one pass.
    pub fn onto(&self, residual: Tensor<4>, x: Tensor<4>) -> Tensor<4> {
        let (weight, bias) = (self.weight.val(), self.bias.val());
        convolution_then(x, weight, bias, self.stride, After::Nothing, Some(residual))
    }
}

/// The hidden width of a perceptron that widens by `ratio`.
pub fn multiple(width: usize, ratio: f64) -> usize {
    ((width as f64 * ratio) as usize).max(1)
}

/// Group normalisation (Wu and He 2018, <https://arxiv.org/abs/1803.08494>).
#[derive(Module, Debug)]
pub struct GroupNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
    groups: usize,
}

impl GroupNorm {
    /// `groups` must divide `channels`.
    pub fn new(groups: usize, channels: usize, init: &Init) -> Self {
        Self { gamma: init.constant([channels], 1.0), beta: init.constant([channels], 0.0), groups }
    }

    /// `γ (x − mean) / sqrt(var + 1e-5) + β`, mean and variance over a group's channels and all places.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.affine(x, self.gamma.val().unsqueeze(), self.beta.val().unsqueeze(), After::Nothing)
    }

    /// The same, then `silu`.
    pub fn activated(&self, x: Tensor<4>) -> Tensor<4> {
        self.affine(x, self.gamma.val().unsqueeze(), self.beta.val().unsqueeze(), After::Silu)
    }

    /// `silu(x̂ (1 + scale) + shift)`, of the normalised, with both `[batch, channels]`: adaptive group normalisation
    /// (Dhariwal and Nichol 2021, <https://arxiv.org/abs/2105.05233>, section 3), folded into one scale and one shift.
    pub fn modulated(&self, x: Tensor<4>, scale: Tensor<2>, shift: Tensor<2>) -> Tensor<4> {
        let gain = scale + 1.0;
        let gamma = self.gamma.val().unsqueeze::<2>() * gain.clone();
        let beta = self.beta.val().unsqueeze::<2>() * gain + shift;
        self.affine(x, gamma, beta, After::Silu)
    }

    fn affine(&self, x: Tensor<4>, gamma: Tensor<2>, beta: Tensor<2>, after: After) -> Tensor<4> {
        wide(x, |x| {
            let [gamma, beta] = [gamma, beta].map(|line| like(line, x.dtype()));
            group_norm(x, gamma, beta, self.groups, after)
        })
    }
}

/// Layer normalisation (Ba et al. 2016, <https://arxiv.org/abs/1607.06450>).
#[derive(Module, Debug)]
pub struct LayerNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
}

impl LayerNorm {
    /// Over a last axis of this width.
    pub fn new(width: usize, init: &Init) -> Self {
        Self { gamma: init.constant([width], 1.0), beta: init.constant([width], 0.0) }
    }

    /// `γ (x − mean) / sqrt(var + 1e-6) + β`, mean and variance over the last axis.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        normalised(x, self.gamma.val().unsqueeze(), self.beta.val().unsqueeze())
    }
}

/// `γ (x − mean) / sqrt(var + 1e-6) + β` over the last axis, with `γ` and `β` of shape `[1 | batch, width]`: for all samples or for each.
pub fn normalised<const D: usize>(x: Tensor<D>, gamma: Tensor<2>, beta: Tensor<2>) -> Tensor<D> {
    let (shape, [samples, width]) = (x.dims(), gamma.dims());
    let rows = shape[..D - 1].iter().product::<usize>() / samples;
    wide(x, |x| {
        let [gamma, beta] = [gamma, beta].map(|line| like(line, x.dtype()));
        layer_norm(x.reshape([samples, rows, width]), gamma, beta).reshape(shape)
    })
}

/// Dropout (Srivastava et al. 2014) whose mask comes from our own generator.
#[derive(Module, Debug)]
pub struct Dropout {
    probability: f64,
    layer: usize,
}

impl Dropout {
    /// `layer` tells the dropouts of one network apart.
    pub fn new(probability: f64, layer: usize) -> Self {
        Self { probability, layer }
    }

    /// Sets values to zero with the probability and scales the rest so that the mean stays.
    pub fn forward<const D: usize>(&self, x: Tensor<D>, mode: Mode) -> Tensor<D> {
        let Mode::Train(key) = mode else { return x };
        if self.probability == 0.0 {
            return x;
        }
        let shape = x.dims();
        let row: usize = shape[1..].iter().product();
        let mut mask = vec![0.0_f32; shape[0] * row];
        for (i, values) in mask.chunks_mut(row).enumerate() {
            let key = crate::random::Key { index: key.index + i as u64, ..key };
            key.draw(key.draw + self.layer as u32).fill_uniform(values);
        }
        let keep = 1.0 - self.probability;
        mask.iter_mut().for_each(|u| *u = if f64::from(*u) < keep { (1.0 / keep) as f32 } else { 0.0 });
        let mask = Tensor::<D>::from_data(TensorData::new(mask, shape), (&x.device(), x.dtype()));
        x * mask
    }
}
