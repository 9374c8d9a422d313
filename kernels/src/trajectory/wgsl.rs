//! The same in WGSL on a given device, for programs that draw: positions go straight into a buffer of vertices.
//!
//! The source is `trajectory.wgsl`, behind a few constants of the network. It asks for no more than WebGPU promises: seven storage buffers and
//! one of uniforms, 256 invocations, 16 KiB of shared memory.

use burn::tensor::Tensor;
use burn::tensor::wgpu::wgpu;
use burn::tensor::wgpu::wgpu::util::{BufferInitDescriptor, DeviceExt};
use burn_cubecl::cubecl::prelude::*;

use super::layout::{Layout, words};
use super::{Activation, Evaluation, Field, REGISTERS, Stack, check_draws};
use crate::gpu::workgroups;
use crate::normals::Draws;
use crate::normals::table::{FINE, POINT, TABLE};

const SOURCE: &str = include_str!("trajectory.wgsl");

/// A field's numbers, read from where its tensors lie.
#[derive(Clone, Debug)]
pub struct Numbers {
    features: usize,
    hidden: usize,
    evaluations: usize,
    /// First, hidden and last, each `[from, to]`.
    matrices: Vec<Vec<f32>>,
    /// `[evaluations, 1 + layers, hidden]`.
    biases: Vec<f32>,
    output_bias: Vec<f32>,
    activation: Activation,
    stack: Stack,
}

impl Numbers {
    /// Of a field; `None` where they cannot be read.
    pub async fn read(field: &Field) -> Option<Self> {
        let [features, hidden] = field.input.dims();
        let mut matrices = Vec::new();
        for matrix in [&field.input].into_iter().chain(&field.hidden).chain([&field.output]) {
            matrices.push(floats(matrix.clone()).await?);
        }
        Some(Self {
            features,
            hidden,
            evaluations: field.biases.dims()[0],
            matrices,
            biases: floats(field.biases.clone()).await?,
            output_bias: floats(field.output_bias.clone()).await?,
            activation: field.activation,
            stack: field.shape,
        })
    }

    /// All weights one behind the other, widened: `[features, wide]`, `[layers, wide, wide]`, `[features, wide]` of the last layer, and its
    /// bias.
    fn weights(&self, layout: Layout) -> Vec<f32> {
        let (width, wide) = (self.hidden, layout.wide as usize);
        let [first, hidden @ .., last] = &self.matrices[..] else { return Vec::new() };
        let across = (0..self.features).flat_map(|f| last.iter().skip(f).step_by(self.features));
        let across: Vec<f32> = across.copied().collect();
        let mut all = widened(first, width, [self.features, wide]);
        hidden.iter().for_each(|matrix| all.extend(widened(matrix, width, [wide, wide])));
        all.extend(widened(&across, width, [self.features, wide]));
        all.extend(&self.output_bias);
        all.resize(all.len().next_multiple_of(4), 0.0);
        all
    }
}

async fn floats<const D: usize>(x: Tensor<D>) -> Option<Vec<f32>> {
    Some(x.into_data_async().await.ok()?.iter::<f32>().collect())
}

/// Rows of `columns` as the first of `[rows, wide]`, with zeros behind.
fn widened(matrix: &[f32], columns: usize, [rows, wide]: [usize; 2]) -> Vec<f32> {
    let mut out = vec![0.0; rows * wide];
    for (row, out) in matrix.chunks_exact(columns).zip(out.chunks_exact_mut(wide)) {
        out[..columns].copy_from_slice(row);
    }
    out
}

/// A course of particles, ready to be flown on a device.
#[derive(Debug)]
pub struct Flight {
    device: wgpu::Device,
    pipeline: wgpu::ComputePipeline,
    layout: Layout,
    particles: usize,
    evaluations: usize,
    draws: Option<Draws>,
    /// Registers between launches, weights, biases, course, and the table of normal numbers.
    buffers: [wgpu::Buffer; 5],
}

impl Flight {
    /// Of so many particles; `None` where the network is larger than the kernel has room for: more than 8 features, hidden layers of more
    /// than 256 numbers, or more than 16 of them.
    ///
    /// Course and draws are those of [`super::integrate`].
    pub fn new(
        device: &wgpu::Device,
        numbers: &Numbers,
        course: &[Evaluation],
        draws: Option<Draws>,
        particles: usize,
    ) -> Option<Self> {
        let found = numbers.evaluations;
        assert!(found == course.len(), "trajectory: biases of {found} evaluations, not {}", course.len());
        check_draws(particles, numbers.features, course, draws);
        let layout = Layout::of(numbers.features, numbers.hidden, numbers.matrices.len() - 2)?;
        let rows = course.len() * (layout.layers as usize + 1);
        let biases = widened(&numbers.biases, numbers.hidden, [rows, layout.wide as usize]);
        let table: Vec<u32> = TABLE.iter().flatten().copied().collect();
        let storage = |bytes: &[u8]| buffer(device, bytes, wgpu::BufferUsages::STORAGE);
        let state = vec![0.0; REGISTERS * particles * numbers.features];
        let buffers = [
            storage(f32::as_bytes(&state)),
            storage(f32::as_bytes(&numbers.weights(layout))),
            storage(f32::as_bytes(&biases)),
            storage(u32::as_bytes(&words(course))),
            storage(u32::as_bytes(&table)),
        ];
        let pipeline = pipeline(device, &source(layout, numbers.activation, numbers.stack));
        let evaluations = course.len();
        Some(Self { device: device.clone(), pipeline, layout, particles, evaluations, draws, buffers })
    }

    /// Writes where the particles that begin at `start` are after the first `upto` evaluations: both buffers are `[particles, features]` in
    /// single precision, to be bound as storage.
    pub fn encode(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        start: &wgpu::Buffer,
        positions: &wgpu::Buffer,
        upto: usize,
    ) {
        assert!(upto <= self.evaluations, "trajectory: {upto} of {} evaluations", self.evaluations);
        if self.particles == 0 {
            return;
        }
        let CubeCount::Static(x, y, _) = workgroups(self.particles.div_ceil(self.layout.tile() as usize))
        else {
            unreachable!("workgroups are counted here");
        };
        // After none, the particles are where they begin.
        let none = (upto == 0).then_some(0..0);
        for part in self.layout.launches(upto).chain(none) {
            let bound = self.bound(start, positions, [part.start, part.end]);
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &bound, &[]);
            pass.dispatch_workgroups(x, y, 1);
        }
    }

    fn bound(
        &self,
        start: &wgpu::Buffer,
        positions: &wgpu::Buffer,
        [begin, end]: [u32; 2],
    ) -> wgpu::BindGroup {
        let (seed, [_, low, high]) = self.draws.map_or(([0; 2], [0; 3]), |draws| (draws.seed, draws.first));
        let told = [self.particles as u32, begin, end, 0, seed[0], seed[1], low, high];
        let told = buffer(&self.device, u32::as_bytes(&told), wgpu::BufferUsages::UNIFORM);
        let [state, rest @ ..] = &self.buffers;
        let all = [&told, start, state, positions].into_iter().chain(rest);
        let entries: Vec<_> = all
            .zip(0..)
            .map(|(buffer, binding)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("trajectory"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &entries,
        })
    }
}

/// With a word where there would be none: buffers are not empty.
fn buffer(device: &wgpu::Device, bytes: &[u8], usage: wgpu::BufferUsages) -> wgpu::Buffer {
    let contents = if bytes.is_empty() { &[0; 16] } else { bytes };
    device.create_buffer_init(&BufferInitDescriptor { label: Some("trajectory"), contents, usage })
}

fn pipeline(device: &wgpu::Device, source: &str) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("trajectory"),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("trajectory"),
        layout: None,
        module: &module,
        entry_point: Some("fly"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

/// The program for a network.
pub(super) fn source(layout: Layout, activation: Activation, stack: Stack) -> String {
    let kind = match activation {
        Activation::Silu => 0,
        Activation::Selu => 1,
        Activation::Tanh => 2,
        Activation::Relu => 3,
    };
    let Layout { features, layers, wide } = layout;
    let numbers = [
        ("FEATURES", features),
        ("LAYERS", layers),
        ("WIDE", wide),
        ("ACTIVATION", kind),
        ("OWN", layout.own()),
        ("PARTS", layout.parts()),
        ("POINT", POINT),
        ("FINE", FINE),
    ];
    let numbers = numbers.map(|(name, number)| format!("const {name}: u32 = {number}u;\n")).concat();
    let residual = format!("const RESIDUAL: bool = {};\n", stack == Stack::Residual);
    [numbers.as_str(), &residual, SOURCE].concat()
}
