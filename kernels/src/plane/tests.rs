//! What is drawn, on a software adapter.

use burn::prelude::Device;
use burn::tensor::wgpu::wgpu::naga;
use burn::tensor::wgpu::{WgpuSetup, wgpu};

use super::*;
use crate::floor::{registered, setup};

const SIDE: u32 = 64;

/// Red is right, green above, blue left, grey below.
const WHEEL: [[f32; 4]; 4] =
    [[0.0, 0.0, 1.0, 1.0], [0.5, 0.5, 0.5, 1.0], [1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]];

const LOOK: Look =
    Look { frames: [0, 1], share: 0.5, half: 2.0, radius: 0.07, wheel: WHEEL, opacity: 1.0, ways: (0, 0.0) };

#[test]
fn the_program_is_valid() {
    let module = naga::front::wgsl::parse_str(SOURCE).unwrap_or_else(|error| panic!("{error:?}"));
    let flags = naga::valid::ValidationFlags::all();
    let mut validator = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty());
    validator.validate(&module).unwrap_or_else(|error| panic!("{error:?}"));
}

/// The pixels of a picture, `[SIDE, SIDE, 4]` by rows from the top.
fn picture(setup: &WgpuSetup, brush: &Brush, drawn: &Drawn, format: TextureFormat) -> Vec<u8> {
    let (device, queue) = (&setup.device, &setup.queue);
    let size = wgpu::Extent3d { width: SIDE, height: SIDE, depth_or_array_layers: 1 };
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let read = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: u64::from(4 * SIDE * SIDE),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    let target = wgpu::RenderPassColorAttachment {
        view: &view,
        depth_slice: None,
        resolve_target: None,
        ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
    };
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        color_attachments: &[Some(target)],
        ..wgpu::RenderPassDescriptor::default()
    });
    brush.draw(&mut pass, drawn);
    drop(pass);
    let layout =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * SIDE), rows_per_image: None };
    let to = wgpu::TexelCopyBufferInfo { buffer: &read, layout };
    encoder.copy_texture_to_buffer(texture.as_image_copy(), to, size);
    queue.submit([encoder.finish()]);
    read.map_async(wgpu::MapMode::Read, .., |mapped| mapped.expect("memory that can be read"));
    device.poll(wgpu::PollType::wait_indefinitely()).expect("an answer");
    read.get_mapped_range(..).expect("memory that has been mapped").to_vec()
}

/// The colour at a point of the plane.
fn colour(picture: &[u8], [x, y]: [f32; 2]) -> [u8; 3] {
    let pixel = |at: f32| (f32::midpoint(at / LOOK.half, 1.0) * SIDE as f32) as usize;
    let at = 4 * (pixel(-y) * SIDE as usize + pixel(x));
    [picture[at], picture[at + 1], picture[at + 2]]
}

/// Three points that go one unit to the right, and a fourth that is lost: computed on the device.
fn film(device: &Device) -> Tensor<3> {
    let start = [[1.0, 0.1], [0.1, 0.97], [-1.1, 0.1], [0.1, -0.97]];
    let start = Tensor::<2>::from_floats(start, device).unsqueeze::<3>();
    let step = Tensor::<3>::from_floats([[[1.0, 0.0]]], device);
    let away = Tensor::<3>::from_floats([[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [f32::NAN, 0.0]]], device);
    Tensor::cat(vec![start.clone(), start + step + away], 0)
}

#[test]
fn points_are_drawn_between_their_frames() {
    let Some(setup) = setup() else { return };
    let device = registered(setup.clone());
    let film = film(&device);
    for format in [TextureFormat::Rgba8Unorm, TextureFormat::Rgba8UnormSrgb] {
        let brush = Brush::new(&setup.device, format);
        let shown = |look| {
            let drawn = brush.ready(&film, look).expect("points of this device");
            picture(&setup, &brush, &drawn, format)
        };
        let middle = shown(LOOK);
        let tints = [[1.5, 0.1], [0.6, 0.97], [-0.6, 0.1]].map(|at| colour(&middle, at));
        for (i, tint) in tints.into_iter().enumerate() {
            let strongest = (0..3).max_by_key(|c| tint[*c]).expect("three");
            assert_eq!(strongest, i, "point {i} is {tint:?}");
            assert!(tint[i] > 200, "point {i} is {tint:?}");
        }
        assert_eq!(colour(&middle, [1.0, 0.1]), [0; 3], "where it was");
        assert_eq!(colour(&middle, [0.1, -0.97]), [0; 3], "what is nowhere");
        let faint = shown(Look { opacity: 0.5, share: 0.0, ..LOOK });
        let red = colour(&faint, [1.0, 0.1])[0];
        assert!((110..=135).contains(&red), "half of red is {red}");
        let ways = shown(Look { opacity: 0.0, ways: (2, 1.0), ..LOOK });
        assert!(colour(&ways, [1.5, 0.1])[0] > 200, "the first way");
        assert!(colour(&ways, [0.6, 0.97])[1] > 200, "the second way");
        assert_eq!(colour(&ways, [-0.6, 0.1]), [0; 3], "a third is not asked for");
    }
}

#[test]
fn points_of_the_processor_are_refused() {
    let Some(setup) = setup() else { return };
    let brush = Brush::new(&setup.device, TextureFormat::Rgba8Unorm);
    assert!(brush.ready(&film(&Device::flex()), LOOK).is_none());
}
