//! Rows that are brought to mean 0 and variance 1, then scaled and shifted, on graphics adapters: what group and layer normalisation share.
//!
//! A workgroup has a row. Each number of a row belongs to a channel, whose scale and shift are those of the layer or of the sample.

use burn::backend::ops::FloatTensorOps;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;
use burn_cubecl::tensor::CubeTensor;

use crate::gpu::{UNITS, fresh, invocations, sigmoid, sum_of_units, workgroups};

/// How numbers lie: `[samples, rows, numbers]`, and where a number's channel is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub samples: usize,
    /// Rows of a sample.
    pub rows: usize,
    /// Numbers of a row.
    pub numbers: usize,
    /// Channels that a row begins after the one before it.
    pub step: usize,
    /// Numbers of a channel within a row, one after the other.
    pub places: usize,
    pub channels: usize,
    /// Whether each sample has its own scale and shift.
    pub own: bool,
}

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Lying {
    count: u32,
    rows: u32,
    numbers: u32,
    step: u32,
    places: u32,
    channels: u32,
    own: u32,
}

impl Layout {
    fn lying(&self) -> LyingLaunch {
        LyingLaunch::new(
            (self.samples * self.rows) as u32,
            self.rows as u32,
            self.numbers as u32,
            self.step as u32,
            self.places as u32,
            self.channels as u32,
            u32::from(self.own),
        )
    }
}

/// `γ x̂ + β`, gated by its own sigmoid where `gated`.
pub(crate) fn forward(
    x: CubeTensor,
    [gamma, beta]: [CubeTensor; 2],
    layout: Layout,
    epsilon: f64,
    gated: bool,
) -> CubeTensor {
    let y = fresh(&x, x.meta.shape().clone());
    normalise::launch(
        &x.client.clone(),
        workgroups(layout.samples * layout.rows),
        CubeDim::new_1d(UNITS),
        x.into_tensor_arg(),
        gamma.into_tensor_arg(),
        beta.into_tensor_arg(),
        y.clone().into_tensor_arg(),
        layout.lying(),
        epsilon as f32,
        gated,
    );
    y
}

/// The gradient of `x`, and each row's mean and `1 / sqrt(var + ε)`, `[samples · rows, 2]`.
pub(crate) fn backward(
    x: CubeTensor,
    [gamma, beta, gradient]: [CubeTensor; 3],
    layout: Layout,
    epsilon: f64,
    gated: bool,
) -> (CubeTensor, CubeTensor) {
    let dx = fresh(&x, x.meta.shape().clone());
    let moments = fresh(&x, [layout.samples * layout.rows, 2].into());
    normalise_backward::launch(
        &x.client.clone(),
        workgroups(layout.samples * layout.rows),
        CubeDim::new_1d(UNITS),
        x.into_tensor_arg(),
        gamma.into_tensor_arg(),
        beta.into_tensor_arg(),
        gradient.into_tensor_arg(),
        dx.clone().into_tensor_arg(),
        moments.clone().into_tensor_arg(),
        layout.lying(),
        epsilon as f32,
        gated,
    );
    (dx, moments)
}

/// Where the scale and the shift of a row's number are.
#[cube]
fn channel_of(lying: &Lying, row: u32, number: u32) -> usize {
    let sample = row / lying.rows * lying.own;
    (sample * lying.channels + row % lying.rows * lying.step + number / lying.places) as usize
}

/// Mean and `1 / sqrt(var + ε)` of a row.
#[cube]
fn moments_of(
    x: &Tensor<f32>,
    begin: usize,
    numbers: u32,
    epsilon: f32,
    shared: &mut Shared<[f32]>,
) -> (f32, f32) {
    let size = f32::cast_from(numbers);
    let mut sum = 0.0f32;
    let mut i = UNIT_POS;
    while i < numbers {
        sum += x[begin + i as usize];
        i += UNITS;
    }
    let mean = sum_of_units(sum, shared) / size;
    let mut squares = 0.0f32;
    let mut i = UNIT_POS;
    while i < numbers {
        let away = x[begin + i as usize] - mean;
        squares += away * away;
        i += UNITS;
    }
    let variance = sum_of_units(squares, shared) / size;
    (mean, 1.0f32 / (variance + epsilon).sqrt())
}

#[cube(launch)]
fn normalise(
    x: &Tensor<f32>,
    gamma: &Tensor<f32>,
    beta: &Tensor<f32>,
    y: &mut Tensor<f32>,
    lying: Lying,
    epsilon: f32,
    #[comptime] gated: bool,
) {
    let row = CUBE_POS as u32;
    if row >= lying.count {
        terminate!();
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(UNITS as usize));
    let begin = (row * lying.numbers) as usize;
    let (mean, scale) = moments_of(x, begin, lying.numbers, epsilon, &mut shared);
    let mut i = UNIT_POS;
    while i < lying.numbers {
        let channel = channel_of(&lying, row, i);
        let v = gamma[channel] * ((x[begin + i as usize] - mean) * scale) + beta[channel];
        if comptime!(gated) {
            y[begin + i as usize] = v * sigmoid(v);
        } else {
            y[begin + i as usize] = v;
        }
        i += UNITS;
    }
}

/// `∂L/∂v` of `y = v`, or of `y = v σ(v)`.
#[cube]
pub(crate) fn through_gate(v: f32, gradient: f32, #[comptime] gated: bool) -> f32 {
    if comptime!(gated) {
        let s = sigmoid(v);
        gradient * (s * (1.0f32 + v * (1.0f32 - s)))
    } else {
        gradient
    }
}

/// `∂L/∂x = (gγ − mean(gγ) − x̂ mean(gγ x̂)) / sqrt(var + ε)`.
#[cube(launch)]
fn normalise_backward(
    x: &Tensor<f32>,
    gamma: &Tensor<f32>,
    beta: &Tensor<f32>,
    gradient: &Tensor<f32>,
    dx: &mut Tensor<f32>,
    moments: &mut Tensor<f32>,
    lying: Lying,
    epsilon: f32,
    #[comptime] gated: bool,
) {
    let row = CUBE_POS as u32;
    if row >= lying.count {
        terminate!();
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(UNITS as usize));
    let begin = (row * lying.numbers) as usize;
    let (mean, scale) = moments_of(x, begin, lying.numbers, epsilon, &mut shared);
    if UNIT_POS == 0 {
        moments[2 * row as usize] = mean;
        moments[2 * row as usize + 1] = scale;
    }
    let mut plain = 0.0f32;
    let mut along = 0.0f32;
    let mut i = UNIT_POS;
    while i < lying.numbers {
        let at = begin + i as usize;
        let channel = channel_of(&lying, row, i);
        let normal = (x[at] - mean) * scale;
        let g = through_gate(gamma[channel] * normal + beta[channel], gradient[at], gated) * gamma[channel];
        plain += g;
        along += g * normal;
        i += UNITS;
    }
    let size = f32::cast_from(lying.numbers);
    let plain = sum_of_units(plain, &mut shared) / size;
    let along = sum_of_units(along, &mut shared) / size;
    let mut i = UNIT_POS;
    while i < lying.numbers {
        let at = begin + i as usize;
        let channel = channel_of(&lying, row, i);
        let normal = (x[at] - mean) * scale;
        let g = through_gate(gamma[channel] * normal + beta[channel], gradient[at], gated) * gamma[channel];
        dx[at] = (g - plain - normal * along) * scale;
        i += UNITS;
    }
}

/// The gradients of scale and shift, `[samples | 1, channels]`.
pub(crate) fn channel_gradients(
    x: CubeTensor,
    [gamma, beta, gradient, moments]: [CubeTensor; 4],
    layout: Layout,
    gated: bool,
) -> [CubeTensor; 2] {
    let sums = [(); 2].map(|()| fresh(&x, [layout.samples, layout.channels].into()));
    let [dgamma, dbeta] = sums.clone();
    let (client, channels) = (x.client.clone(), layout.samples * layout.channels);
    // Rows that share their channels are summed column by column: what is read together lies together.
    let columns = layout.step == 0;
    let (count, dim) =
        if columns { invocations(channels) } else { (workgroups(channels), CubeDim::new_1d(UNITS)) };
    let launch = if columns { sum_columns::launch } else { sum_places::launch };
    launch(
        &client,
        count,
        dim,
        x.into_tensor_arg(),
        gamma.into_tensor_arg(),
        beta.into_tensor_arg(),
        gradient.into_tensor_arg(),
        moments.into_tensor_arg(),
        dgamma.into_tensor_arg(),
        dbeta.into_tensor_arg(),
        layout.lying(),
        gated,
    );
    sums.map(|sums| if layout.own { sums } else { CubeBackend::float_sum_dim(sums, 0) })
}

/// A workgroup has a channel of a sample, whose numbers lie one after the other.
#[cube(launch)]
fn sum_places(
    x: &Tensor<f32>,
    gamma: &Tensor<f32>,
    beta: &Tensor<f32>,
    gradient: &Tensor<f32>,
    moments: &Tensor<f32>,
    dgamma: &mut Tensor<f32>,
    dbeta: &mut Tensor<f32>,
    lying: Lying,
    #[comptime] gated: bool,
) {
    let at = CUBE_POS as u32;
    if at as usize >= dgamma.len() {
        terminate!();
    }
    let channel = at % lying.channels;
    let row = at / lying.channels * lying.rows + channel / lying.step;
    let first = (row * lying.numbers + channel % lying.step * lying.places) as usize;
    let mean = moments[2 * row as usize];
    let scale = moments[2 * row as usize + 1];
    let place = channel_of(&lying, row, channel % lying.step * lying.places);
    let mut along = 0.0f32;
    let mut plain = 0.0f32;
    let mut i = UNIT_POS;
    while i < lying.places {
        let normal = (x[first + i as usize] - mean) * scale;
        let g = through_gate(gamma[place] * normal + beta[place], gradient[first + i as usize], gated);
        along += g * normal;
        plain += g;
        i += UNITS;
    }
    let mut shared = Shared::<[f32]>::new_slice(comptime!(UNITS as usize));
    let along = sum_of_units(along, &mut shared);
    let plain = sum_of_units(plain, &mut shared);
    if UNIT_POS == 0 {
        dgamma[at as usize] = along;
        dbeta[at as usize] = plain;
    }
}

/// An invocation has a column of a sample's rows.
#[cube(launch)]
fn sum_columns(
    x: &Tensor<f32>,
    gamma: &Tensor<f32>,
    beta: &Tensor<f32>,
    gradient: &Tensor<f32>,
    moments: &Tensor<f32>,
    dgamma: &mut Tensor<f32>,
    dbeta: &mut Tensor<f32>,
    lying: Lying,
    #[comptime] gated: bool,
) {
    let at = ABSOLUTE_POS as u32;
    if at as usize >= dgamma.len() {
        terminate!();
    }
    let column = at % lying.channels;
    let first = at / lying.channels * lying.rows;
    let place = channel_of(&lying, first, column);
    let mut along = 0.0f32;
    let mut plain = 0.0f32;
    for i in 0..lying.rows {
        let row = (first + i) as usize;
        let number = row * lying.numbers as usize + column as usize;
        let normal = (x[number] - moments[2 * row]) * moments[2 * row + 1];
        let g = through_gate(gamma[place] * normal + beta[place], gradient[number], gated);
        along += g * normal;
        plain += g;
    }
    dgamma[at as usize] = along;
    dbeta[at as usize] = plain;
}
