//! The same on the processor: a tile of particles goes through the whole course within the nearest caches.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use pulp::{Simd, WithSimd};

use super::{
    Activation, Evaluation, Plan, REGISTERS, SELU_BEND, SELU_SCALE, Stack, TrajectoryOps, reference,
};
use crate::activation::flex::silu;
use crate::flex::{all_straight, numbers, tensor};
use crate::normals::Draws;
use crate::threads;
use crate::tile::{Block, ROWS, Taps};
use crate::vectors::{exp, widest};

/// Particles of a tile.
const TILE: usize = 64;

impl TrajectoryOps for Flex {
    fn trajectory(
        x: FloatTensor<Self>,
        input: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        output: FloatTensor<Self>,
        biases: FloatTensor<Self>,
        output_bias: FloatTensor<Self>,
        plan: Plan,
    ) -> FloatTensor<Self> {
        let Some(given) = all_straight([&x, &input, &hidden, &output, &biases, &output_bias]) else {
            return reference::integrate::<Self>(x, [input, hidden, output, biases, output_bias], &plan);
        };
        let ([features, width], layers) = (input.shape().dims(), biases.shape()[1] - 1);
        let [particles, input, hidden, output, biases, output_bias] = given.each_ref().map(numbers);
        let layers = hidden.chunks_exact(width * width).take(layers);
        let network = Network {
            first: Layer::of(input, [features, width]),
            hidden: layers.map(|weights| Layer::of(weights, [width, width])).collect(),
            last: Layer::of(output, [width, features]),
            biases,
            output_bias,
        };
        let mut out = particles.to_vec();
        threads::parts(&mut out, TILE * features, |from, particles| {
            widest(Flight { network: &network, plan: &plan, first: from / features, particles });
        });
        tensor(out, x.shape())
    }
}

/// Weights as they are read: `[to / ROWS, from, ROWS]`, with zeros behind.
struct Layer {
    weights: Vec<f32>,
    sizes: [usize; 2],
}

impl Layer {
    fn of(weights: &[f32], [from, to]: [usize; 2]) -> Self {
        let mut packed = vec![0.0; to.next_multiple_of(ROWS) * from];
        for (i, row) in weights.chunks_exact(to).enumerate() {
            for (j, weight) in row.iter().enumerate() {
                packed[(j / ROWS * from + i) * ROWS + j % ROWS] = *weight;
            }
        }
        Self { weights: packed, sizes: [from, to] }
    }

    /// Rows of what it gives.
    fn rows(&self) -> usize {
        self.sizes[1].next_multiple_of(ROWS)
    }

    /// `W x + b` of the first particles of a tile, `[from, TILE]` → `[rows, TILE]`.
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, bias: &[f32], count: usize, x: &[f32], out: &mut [f32]) {
        let taps = Taps::at([0]);
        for (j, row) in out.chunks_exact_mut(TILE).enumerate() {
            row.fill(bias.get(j).copied().unwrap_or(0.0));
        }
        let blocks = self.weights.chunks_exact(self.sizes[0] * ROWS);
        for (weights, out) in blocks.zip(out.chunks_exact_mut(ROWS * TILE)) {
            Block { weights, x, channel: TILE, taps: &taps }.compute(simd, count, true, out, TILE);
        }
    }
}

struct Network<'a> {
    first: Layer,
    hidden: Vec<Layer>,
    last: Layer,
    /// `[evaluations, 1 + layers, hidden]`.
    biases: &'a [f32],
    output_bias: &'a [f32],
}

/// What a tile's numbers are computed in, `[.., TILE]` each.
struct Scratch {
    sums: Vec<f32>,
    active: Vec<f32>,
    stream: Vec<f32>,
    answers: Vec<f32>,
}

impl Network<'_> {
    fn scratch(&self) -> Scratch {
        let hidden = || vec![0.0; self.first.rows() * TILE];
        let answers = vec![0.0; self.last.rows() * TILE];
        Scratch { sums: hidden(), active: hidden(), stream: hidden(), answers }
    }

    /// `F_e(u)` of a tile, into its answers.
    #[inline(always)]
    fn answer<S: Simd>(&self, simd: S, u: &[f32], (e, count): (usize, usize), plan: &Plan, at: &mut Scratch) {
        let width = self.first.sizes[1];
        let mut biases = self.biases.chunks_exact(width).skip(e * (1 + self.hidden.len()));
        let mut bias = || biases.next().expect("there should be a row of biases for each layer");
        self.first.apply(simd, bias(), count, u, &mut at.stream);
        activated(&at.stream, plan.activation, &mut at.active);
        for (i, layer) in self.hidden.iter().enumerate() {
            layer.apply(simd, bias(), count, &at.active, &mut at.sums);
            if plan.stack == Stack::Residual && i % 2 == 1 {
                at.stream.iter_mut().zip(&at.sums).for_each(|(h, more)| *h += more);
                activated(&at.stream, plan.activation, &mut at.active);
            } else {
                activated(&at.sums, plan.activation, &mut at.active);
            }
        }
        self.last.apply(simd, self.output_bias, count, &at.active, &mut at.answers);
    }
}

/// Some particles' whole course.
struct Flight<'a> {
    network: &'a Network<'a>,
    plan: &'a Plan,
    /// The number of the first.
    first: usize,
    /// `[.., features]`.
    particles: &'a mut [f32],
}

impl WithSimd for Flight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let features = self.network.first.sizes[0];
        let mut scratch = self.network.scratch();
        let mut registers = vec![vec![0.0; features * TILE]; REGISTERS];
        let [mut asked, mut seen] = [(); 2].map(|()| vec![0.0; features * TILE]);
        for (tile, particles) in self.particles.chunks_mut(TILE * features).enumerate() {
            let (first, count) = (self.first + tile * TILE, particles.len() / features);
            registers.iter_mut().for_each(|register| register.fill(0.0));
            each(particles, features, |at, x| registers[0][at] = *x);
            for (e, evaluation) in self.plan.course.iter().enumerate() {
                sum(&registers, evaluation.ask, &mut asked);
                let scale = evaluation.scale as f32;
                seen.iter_mut().zip(&asked).for_each(|(seen, u)| *seen = scale * u);
                self.network.answer(simd, &seen, (e, count), self.plan, &mut scratch);
                registers[1..].rotate_right(1);
                let [skip, out] = [evaluation.skip, evaluation.out].map(|weight| weight as f32);
                let pairs = asked.iter().zip(&scratch.answers);
                registers[1].iter_mut().zip(pairs).for_each(|(d, (u, f))| *d = skip * u + out * f);
                sum(&registers, evaluation.then, &mut asked);
                registers[0].copy_from_slice(&asked);
                add_noise(&mut registers[0], evaluation, self.plan.draws, [first, count]);
            }
            each(particles, features, |at, x| *x = registers[0][at]);
        }
    }
}

/// The numbers of some particles, and where each lies in a tile.
fn each(particles: &mut [f32], features: usize, mut f: impl FnMut(usize, &mut f32)) {
    for (i, particle) in particles.chunks_exact_mut(features).enumerate() {
        particle.iter_mut().enumerate().for_each(|(feature, x)| f(feature * TILE + i, x));
    }
}

/// `Σ w_i r_i`.
#[inline(always)]
fn sum(registers: &[Vec<f32>], weights: [f64; REGISTERS], out: &mut [f32]) {
    out.fill(0.0);
    for (register, weight) in registers.iter().zip(weights) {
        let weight = weight as f32;
        out.iter_mut().zip(register).for_each(|(sum, r)| *sum += weight * r);
    }
}

/// `x + w n`, of `count` particles from `first` on.
fn add_noise(x: &mut [f32], evaluation: &Evaluation, draws: Option<Draws>, [first, count]: [usize; 2]) {
    let (Some((draw, weight)), Some(draws)) = (evaluation.noise, draws) else { return };
    let [_, low, high] = draws.stream(first);
    let mut normals = vec![0.0; count * draws.features];
    Draws { first: [draw, low, high], rows: count, ..draws }.fill(&mut normals);
    each(&mut normals, draws.features, |at, n| x[at] += weight as f32 * *n);
}

/// `φ`.
#[inline(always)]
fn activated(x: &[f32], activation: Activation, out: &mut [f32]) {
    let pairs = out.iter_mut().zip(x);
    match activation {
        Activation::Silu => pairs.for_each(|(y, &x)| *y = silu(x)),
        Activation::Selu => pairs.for_each(|(y, &x)| *y = selu(x)),
        Activation::Tanh => pairs.for_each(|(y, &x)| *y = 1.0 - 2.0 / (exp(2.0 * x) + 1.0)),
        Activation::Relu => pairs.for_each(|(y, &x)| *y = x.max(0.0)),
    }
}

#[inline(always)]
fn selu(x: f32) -> f32 {
    let [above, below] = [x.max(0.0), exp(x.min(0.0)) - 1.0];
    SELU_SCALE as f32 * above + SELU_BEND as f32 * below
}
