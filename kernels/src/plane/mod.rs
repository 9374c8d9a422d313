//! Points of the plane drawn from where they were computed: nothing is read back.
//!
//! A program that draws on the device that computes hands over a tensor of frames, and draws any time between two of them, and the ways that
//! points have gone. It asks for no more than WebGPU promises: one storage buffer that vertices read, and one of uniforms.

#[cfg(all(test, not(target_vendor = "apple")))]
mod tests;

use burn::tensor::Tensor;
use burn::tensor::wgpu::wgpu;
use burn::tensor::wgpu::wgpu::util::{BufferInitDescriptor, DeviceExt};
use burn_cubecl::cubecl::prelude::CubeElement;
use burn_cubecl::cubecl::wgpu::{AutoCompiler, WgpuResource, WgpuServer};
use burn_cubecl::tensor::CubeTensor;

pub use burn::tensor::wgpu::wgpu::{RenderPass, TextureFormat};

const SOURCE: &str = include_str!("plane.wgsl");

/// How points are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// The frames around the time that is shown.
    pub frames: [u32; 2],
    /// How far it is from the one to the other, from 0 to 1.
    pub share: f32,
    /// Half the side of the window, in units of the plane.
    pub half: f32,
    /// Half the width of a point, as a share of half the window.
    pub radius: f32,
    /// Colours of where points began, around the circle: red, green, blue and opacity, as they are written (sRGB).
    pub wheel: [[f32; 4]; 4],
    /// Opacity of points; none are drawn at 0.
    pub opacity: f32,
    /// How many points' ways are drawn, and their opacity.
    pub ways: (u32, f32),
}

/// What draws, on a device and to one kind of target.
#[derive(Clone, Debug)]
pub struct Brush {
    device: wgpu::Device,
    linear: bool,
    layout: wgpu::BindGroupLayout,
    particles: wgpu::RenderPipeline,
    ways: wgpu::RenderPipeline,
}

/// Points that are ready to be drawn.
#[derive(Debug)]
pub struct Drawn {
    bound: wgpu::BindGroup,
    points: u32,
    look: Look,
    /// The memory is not given to others while it is drawn from.
    _held: CubeTensor,
}

impl Brush {
    /// For the targets of a window.
    pub fn new(device: &wgpu::Device, target: TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("plane"),
            source: wgpu::ShaderSource::Wgsl(SOURCE.into()),
        });
        let layout = layout(device);
        let pipeline = |entry, topology| pipeline(device, &module, &layout, (entry, topology), target);
        Self {
            particles: pipeline("particle", wgpu::PrimitiveTopology::TriangleStrip),
            ways: pipeline("way", wgpu::PrimitiveTopology::LineStrip),
            device: device.clone(),
            linear: target.is_srgb(),
            layout,
        }
    }

    /// Makes points `[frames, points, 2]` ready; `None` where they do not lie on a graphics adapter, in single precision. What has been asked of
    /// them is handed to the adapter, before what draws.
    pub fn ready(&self, film: &Tensor<3>, look: Look) -> Option<Drawn> {
        let [frames, points, two] = film.dims();
        let last = look.frames[0].max(look.frames[1]) as usize;
        assert!(two == 2 && last < frames, "plane: frame {last} of points {:?}", film.dims());
        let held = straight(film.clone())?;
        let resource = lying(&held)?;
        let look = Look { ways: (look.ways.0.min(points as u32), look.ways.1), ..look };
        let told = self.device.create_buffer_init(&BufferInitDescriptor {
            label: Some("plane"),
            contents: f32::as_bytes(&self.told(&look, points as u32)),
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let numbers = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &resource.buffer,
            offset: resource.offset,
            size: std::num::NonZeroU64::new(4 * held.meta.num_elements() as u64),
        });
        let bound = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("plane"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: told.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: numbers },
            ],
        });
        Some(Drawn { bound, points: points as u32, look, _held: held })
    }

    /// Draws them over what is there; the pass's viewport is the window.
    pub fn draw(&self, pass: &mut RenderPass<'_>, drawn: &Drawn) {
        let (ways, faint) = drawn.look.ways;
        pass.set_bind_group(0, &drawn.bound, &[]);
        let shown = drawn.look.frames[usize::from(drawn.look.share > 0.0)];
        if ways > 0 && faint > 0.0 && shown > 0 {
            pass.set_pipeline(&self.ways);
            pass.draw(0..shown + 1, 0..ways);
        }
        if drawn.look.opacity > 0.0 {
            pass.set_pipeline(&self.particles);
            pass.draw(0..4, 0..drawn.points);
        }
    }

    /// The uniforms: `Look` of the shader.
    fn told(&self, look: &Look, points: u32) -> [f32; 28] {
        let mut told = [0.0; 28];
        told[..16].copy_from_slice(look.wheel.as_flattened());
        told[16..18].fill(1.0 / look.half);
        told[18..20].fill(look.radius);
        let [left, right] = look.frames.map(f32::from_bits);
        told[20..24].copy_from_slice(&[left, right, look.share, f32::from_bits(points)]);
        told[24..27].copy_from_slice(&[look.opacity, look.ways.1, f32::from_bits(u32::from(self.linear))]);
        told
    }
}

/// A tensor's memory, in order; `None` where it is another backend's.
#[cfg(not(feature = "fusion"))]
fn straight(x: Tensor<3>) -> Option<CubeTensor> {
    use burn::backend::{BackendTensor, DispatchTensorKind};
    let DispatchTensorKind::Cube(BackendTensor::Float(x)) = x.detach().into_dispatch().kind else {
        return None;
    };
    let [x] = crate::gpu::straight([&x])?;
    Some(x)
}

/// What is fused has no memory yet.
#[cfg(feature = "fusion")]
fn straight(_: Tensor<3>) -> Option<CubeTensor> {
    None
}

fn lying(x: &CubeTensor) -> Option<WgpuResource> {
    let resource = x.client.get_resource::<WgpuServer<AutoCompiler>>(x.handle.clone()).ok()?;
    x.client.flush().ok()?;
    Some(resource.resource().clone())
}

fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let entry = |binding, visibility, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("plane"),
        entries: &[
            entry(0, wgpu::ShaderStages::VERTEX_FRAGMENT, wgpu::BufferBindingType::Uniform),
            entry(1, wgpu::ShaderStages::VERTEX, wgpu::BufferBindingType::Storage { read_only: true }),
        ],
    })
}

fn pipeline(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    layout: &wgpu::BindGroupLayout,
    (entry, topology): (&str, wgpu::PrimitiveTopology),
    target: TextureFormat,
) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("plane"),
        bind_group_layouts: &[Some(layout)],
        ..Default::default()
    });
    let options = wgpu::PipelineCompilationOptions::default;
    let target = wgpu::ColorTargetState {
        format: target,
        blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        write_mask: wgpu::ColorWrites::ALL,
    };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("plane"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some(entry),
            compilation_options: options(),
            buffers: &[],
        },
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some("ink"),
            compilation_options: options(),
            targets: &[Some(target)],
        }),
        primitive: wgpu::PrimitiveState { topology, ..Default::default() },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        multiview_mask: None,
        cache: None,
    })
}
