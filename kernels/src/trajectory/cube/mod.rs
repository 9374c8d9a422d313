//! The same on graphics adapters: a workgroup takes a tile of particles through the whole course.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "a kernel's array is not as small as its name on the host"
)]

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Shape, Slice};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl;
use burn_cubecl::cubecl::prelude::*;
use burn_cubecl::tensor::CubeTensor;

use super::layout::{Layout, SHARED, UNITS, WORDS, words};
use super::{Activation, Plan, REGISTERS, Stack, TrajectoryOps, reference};
use crate::gpu::{straight, workgroups};
use crate::normals::Draws;
use crate::normals::cube::{Stream, block_of_words, normal, table};

mod layers;

use layers::{last, through};

type Primitive = FloatTensor<CubeBackend>;
type Four = Vector<f32, Const<4>>;

impl TrajectoryOps for CubeBackend {
    fn trajectory(
        x: Primitive,
        input: Primitive,
        hidden: Primitive,
        output: Primitive,
        biases: Primitive,
        output_bias: Primitive,
        plan: Plan,
    ) -> Primitive {
        let ([features, width], layers) = (input.shape().dims(), biases.shape()[1] - 1);
        let given = straight([&x, &input, &hidden, &output, &biases, &output_bias]);
        let (Some(given), Some(layout)) = (given, Layout::of(features, width, layers)) else {
            return reference::integrate::<Self>(x, [input, hidden, output, biases, output_bias], &plan);
        };
        let [x, input, hidden, output, biases, output_bias] = given;
        let weights = weights(layout, input, hidden, output);
        let biases = padded(biases, [plan.course.len(), layers + 1, layout.wide as usize]);
        let state = registers(x.clone());
        let course = course(&x, &plan);
        let draws = plan.draws.unwrap_or(Draws { seed: [0; 2], first: [0; 3], rows: 0, features });
        let table = table(&x.client, &x.device);
        let particles = x.shape()[0];
        for part in layout.launches(plan.course.len()) {
            fly::launch(
                &x.client,
                workgroups(particles.div_ceil(layout.tile() as usize)),
                CubeDim::new_1d(UNITS),
                state.clone().into_tensor_arg(),
                weights.clone().into_tensor_arg(),
                biases.clone().into_tensor_arg(),
                output_bias.clone().into_tensor_arg(),
                course.clone().into_tensor_arg(),
                table.clone().into_tensor_arg(),
                draws.launch(),
                ToldLaunch::new(particles as u32, part.start, part.end),
                Built { layout, activation: plan.activation, stack: plan.stack },
            );
        }
        let first = Self::float_slice(state, &[Slice::from(0..1), Slice::full(), Slice::full()]);
        Self::float_reshape(first, x.shape())
    }
}

/// All weights one behind the other, widened: `[features, wide]`, `[layers, wide, wide]`, and the last layer's as `[features, wide]`.
fn weights(layout: Layout, input: Primitive, hidden: Primitive, output: Primitive) -> Primitive {
    let [features, layers, wide] = [layout.features, layout.layers, layout.wide].map(|size| size as usize);
    let mut all = vec![flat(padded(input, [features, wide]))];
    if layers > 0 {
        all.push(flat(padded(hidden, [layers, wide, wide])));
    }
    all.push(flat(padded(CubeBackend::float_transpose(output), [features, wide])));
    CubeBackend::float_cat(all, 0)
}

fn flat(x: Primitive) -> Primitive {
    let numbers = x.shape().num_elements();
    CubeBackend::float_reshape(x, Shape::new([numbers]))
}

/// With zeros behind.
fn padded<const D: usize>(x: Primitive, shape: [usize; D]) -> Primitive {
    let size = x.shape();
    let zeros = CubeBackend::float_zeros(Shape::new(shape), &x.device, x.dtype.into());
    let slices: Vec<Slice> = (0..D).map(|d| Slice::from(0..size[d])).collect();
    CubeBackend::float_slice_assign(zeros, &slices, x)
}

/// `[REGISTERS, particles, features]`, of which the first are `x` and the rest zero: memory of nobody else's.
fn registers(x: Primitive) -> Primitive {
    let [particles, features] = x.shape().dims();
    padded(
        CubeBackend::float_reshape(x, Shape::new([1, particles, features])),
        [REGISTERS, particles, features],
    )
}

fn course(on: &Primitive, plan: &Plan) -> Primitive {
    let words = words(&plan.course);
    let handle = on.client.create_from_slice(u32::as_bytes(&words));
    let shape = Shape::new([words.len()]);
    CubeTensor::new_contiguous(on.client.clone(), on.device.clone(), shape, handle, DType::U32)
}

#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Told {
    particles: u32,
    /// Evaluations of this launch.
    begin: u32,
    end: u32,
}

/// What a kernel is built for.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
struct Built {
    layout: Layout,
    activation: Activation,
    stack: Stack,
}

#[cube(launch)]
fn fly(
    state: &mut Tensor<f32>,
    weights: &Tensor<Four>,
    biases: &Tensor<Four>,
    output_bias: &Tensor<f32>,
    course: &Tensor<u32>,
    table: &Tensor<u32>,
    stream: Stream,
    told: Told,
    #[comptime] built: Built,
) {
    let layout = comptime!(built.layout);
    let first = CUBE_POS as u32 * comptime!(layout.tile());
    if first >= told.particles {
        terminate!();
    }
    let own = comptime!(layout.own() as usize);
    let mut shared = Shared::<[Four]>::new_slice(comptime!(SHARED as usize));
    let mut registers = Array::<Four>::new(comptime!(own * REGISTERS));
    let mut asked = Array::<Four>::new(own);
    #[unroll]
    for slot in 0..own {
        read(state, &mut registers, first, told.particles, slot, layout);
    }
    for e in told.begin..told.end {
        let row = (e * comptime!(WORDS as u32)) as usize;
        #[unroll]
        for slot in 0..own {
            let at = UNIT_POS + comptime!(slot as u32 * UNITS);
            if at < comptime!(layout.slots()) {
                asked[slot] = sum(&registers, course, row, slot);
                shared[at as usize] = asked[slot] * Four::new(coefficient(course, row + 5));
            }
        }
        sync_cube();
        through(weights, biases, &mut shared, e, built);
        let answers = last(weights, &mut shared, layout);
        #[unroll]
        for slot in 0..own {
            let at = UNIT_POS + comptime!(slot as u32 * UNITS);
            if at < comptime!(layout.slots()) {
                let feature = at / comptime!(layout.tile() / 4);
                let answer = answers[slot] + Four::new(output_bias[feature as usize]);
                let skip = Four::new(coefficient(course, row + 6));
                let out = Four::new(coefficient(course, row + 7));
                push(&mut registers, skip * asked[slot] + out * answer, slot);
                let mut x = sum(&registers, course, row + 8, slot);
                if course[row + 15] == 1u32 {
                    let particle = first + at % comptime!(layout.tile() / 4) * 4u32;
                    let weight = Four::new(coefficient(course, row + 13));
                    x += weight * normals(table, &stream, course[row + 14], particle, feature);
                }
                registers[comptime!(slot * REGISTERS)] = x;
            }
        }
    }
    #[unroll]
    for slot in 0..own {
        write(state, &registers, first, told.particles, slot, layout);
    }
}

/// A number of the course.
#[cube]
fn coefficient(course: &Tensor<u32>, at: usize) -> f32 {
    f32::reinterpret(course[at])
}

/// `Σ w_i r_i` of a slot's registers.
#[cube]
fn sum(registers: &Array<Four>, course: &Tensor<u32>, at: usize, #[comptime] slot: usize) -> Four {
    let mut sum = Four::new(0.0f32);
    #[unroll]
    for i in 0..REGISTERS {
        sum += Four::new(coefficient(course, at + i)) * registers[comptime!(slot * REGISTERS + i)];
    }
    sum
}

/// The newest estimate; the oldest is forgotten.
#[cube]
fn push(registers: &mut Array<Four>, estimate: Four, #[comptime] slot: usize) {
    #[unroll]
    for i in 2..REGISTERS {
        let from = comptime!(slot * REGISTERS + REGISTERS - i);
        registers[comptime!(from + 1)] = registers[from];
    }
    registers[comptime!(slot * REGISTERS + 1)] = estimate;
}

/// Where a particle's feature lies in a register's memory, and whether it does.
#[cube]
fn place(first: u32, particles: u32, slot: u32, lane: u32, #[comptime] layout: Layout) -> (u32, bool) {
    let groups = comptime!(layout.tile() / 4);
    let particle = first + slot % groups * 4u32 + lane;
    let inside = particle < particles && slot < comptime!(layout.slots());
    let at = particle * comptime!(layout.features) + slot / groups;
    (select(inside, at, 0u32), inside)
}

#[cube]
fn read(
    state: &mut Tensor<f32>,
    registers: &mut Array<Four>,
    first: u32,
    particles: u32,
    #[comptime] slot: usize,
    #[comptime] layout: Layout,
) {
    let each = particles * comptime!(layout.features);
    #[unroll]
    for i in 0..REGISTERS {
        let mut four = Four::new(0.0f32);
        #[unroll]
        for lane in 0..4usize {
            let (at, inside) =
                place(first, particles, UNIT_POS + comptime!(slot as u32 * UNITS), lane as u32, layout);
            let value = state[(i as u32 * each + at) as usize];
            four.insert(lane, select(inside, value, 0.0f32));
        }
        registers[comptime!(slot * REGISTERS + i)] = four;
    }
}

#[cube]
fn write(
    state: &mut Tensor<f32>,
    registers: &Array<Four>,
    first: u32,
    particles: u32,
    #[comptime] slot: usize,
    #[comptime] layout: Layout,
) {
    let each = particles * comptime!(layout.features);
    #[unroll]
    for i in 0..REGISTERS {
        let four = registers[comptime!(slot * REGISTERS + i)];
        #[unroll]
        for lane in 0..4usize {
            let (at, inside) =
                place(first, particles, UNIT_POS + comptime!(slot as u32 * UNITS), lane as u32, layout);
            if inside {
                state[(i as u32 * each + at) as usize] = four.extract(lane);
            }
        }
    }
}

/// A feature's numbers of four particles.
#[cube]
fn normals(table: &Tensor<u32>, stream: &Stream, draw: u32, particle: u32, feature: u32) -> Four {
    let mut numbers = Four::new(0.0f32);
    #[unroll]
    for lane in 0..4usize {
        let words = block_of_words(stream, draw, particle + lane as u32, feature / 4u32);
        let at = feature % 4u32;
        let low = select(at == 0u32, words[0], words[1]);
        let high = select(at == 2u32, words[2], words[3]);
        numbers.insert(lane, normal(table, select(at < 2u32, low, high)));
    }
    numbers
}
