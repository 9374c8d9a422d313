//! The hand-written program, on a device of its own.

use burn::prelude::*;
use burn::tensor::DType;
use burn::tensor::wgpu::wgpu;
use burn::tensor::wgpu::wgpu::naga;
use burn::tensor::wgpu::wgpu::util::{BufferInitDescriptor, DeviceExt};
use burn_cubecl::cubecl::prelude::*;

use super::super::layout::Layout;
use super::super::wgsl::{Flight, Numbers, source};
use super::*;

/// The software adapter, with no more than WebGPU promises.
fn software() -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::VULKAN,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
    let wanted = devices().iter().any(|(name, _)| *name == "gpu-software");
    let software = |adapter: &wgpu::Adapter| adapter.get_info().device_type == wgpu::DeviceType::Cpu;
    let adapter = adapters.into_iter().find(|adapter| wanted && software(adapter))?;
    let device = adapter.request_device(&wgpu::DeviceDescriptor::default());
    Some(pollster::block_on(device).expect("a device"))
}

/// Where the particles are after some evaluations.
fn flown((device, queue): &(wgpu::Device, wgpu::Queue), flight: &Flight, x: &[f32], upto: usize) -> Vec<f64> {
    let bytes = f32::as_bytes(x);
    let usage = wgpu::BufferUsages::STORAGE;
    let start = device.create_buffer_init(&BufferInitDescriptor { label: None, contents: bytes, usage });
    let [positions, read] = [
        usage | wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_SRC,
        wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
    ]
    .map(|usage| {
        let size = bytes.len() as u64;
        device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    flight.encode(&mut encoder, &start, &positions, upto);
    encoder.copy_buffer_to_buffer(&positions, 0, &read, 0, bytes.len() as u64);
    queue.submit([encoder.finish()]);
    read.map_async(wgpu::MapMode::Read, .., |mapped| mapped.expect("memory that can be read"));
    device.poll(wgpu::PollType::wait_indefinitely()).expect("an answer");
    let bytes = read.get_mapped_range(..).expect("memory that has been mapped");
    f32::from_bytes(&bytes).iter().map(|x| f64::from(*x)).collect()
}

#[test]
fn the_program_is_valid_for_every_network() {
    for activation in ACTIVATIONS {
        for (stack, layers) in [(Stack::Plain, 0), (Stack::Plain, 3), (Stack::Residual, 2)] {
            for (features, hidden) in [(1, 16), (8, 16), (3, 100), (2, 128), (8, 256)] {
                let layout = Layout::of(features, hidden, layers).expect("a layout");
                let module = naga::front::wgsl::parse_str(&source(layout, activation, stack));
                let module = module.unwrap_or_else(|error| panic!("{error:?}"));
                let flags = naga::valid::ValidationFlags::all();
                let mut validator = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty());
                validator.validate(&module).unwrap_or_else(|error| panic!("{error:?}"));
            }
        }
    }
}

/// All of a course and a part of it, with noise.
#[test]
fn the_program_flies_as_written() {
    let Some(place) = software() else { return };
    let rows = [runge_kutta(1, 0.3), maruyama(2, 0.1), adams(3, 0.2)].concat();
    for (activation, stack) in ACTIVATIONS.into_iter().zip([Stack::Plain, Stack::Residual].repeat(2)) {
        for (features, hidden, particles) in
            [(1, 5, 1), (2, 64, 257), (3, 100, 33), (8, 16, 300), (2, 128, 70)]
        {
            let sizes = Sizes { features, hidden, layers: 2 };
            let exact = (&Device::flex(), DType::F64);
            let x = values([particles, features], (exact.0, exact.1, 9));
            let draws = draws(particles, features);
            let field = field(sizes, rows.len(), (activation, stack), exact);
            let numbers = pollster::block_on(Numbers::read(&field)).expect("numbers");
            let flight = Flight::new(&place.0, &numbers, &rows, Some(draws), particles).expect("a flight");
            let single: Vec<f32> = x.clone().into_data().iter::<f32>().collect();
            for upto in [0, 1, 5, rows.len()] {
                let biases = field.biases.clone().narrow(0, 0, upto.max(1));
                let part = Field { biases, ..field.clone() };
                let wanted = plain(&super::numbers(x.clone()), &part, &rows[..upto], draws);
                let far = far(&flown(&place, &flight, &single, upto), &wanted);
                let case = format!("{sizes:?} {activation:?} {stack:?}, {particles} particles, up to {upto}");
                assert!(far < 3e-5, "{case}: {far}");
            }
        }
    }
}

/// More rounds than a launch has, and a network that is too large.
#[test]
fn the_program_flies_long_courses_to_their_end() {
    let Some(place) = software() else { return };
    let sizes = Sizes { features: 1, hidden: 256, layers: 4 };
    let (course, kind) = (euler(150, 0.01), (Activation::Tanh, Stack::Plain));
    let exact = (&Device::flex(), DType::F64);
    let field = field(sizes, course.len(), kind, exact);
    let numbers = pollster::block_on(Numbers::read(&field)).expect("numbers");
    let flight = Flight::new(&place.0, &numbers, &course, None, 2).expect("a flight");
    let wanted = plain(&[0.5, -1.0], &field, &course, draws(2, 1));
    let far = far(&flown(&place, &flight, &[0.5, -1.0], course.len()), &wanted);
    assert!(far < 3e-5, "{far}");
    let none = Sizes { features: 1, hidden: 257, layers: 0 };
    let field = super::field(none, 1, kind, exact);
    let numbers = pollster::block_on(Numbers::read(&field)).expect("numbers");
    assert!(Flight::new(&place.0, &numbers, &euler(1, 0.1), None, 2).is_none());
}
