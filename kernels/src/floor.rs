//! A software adapter that claims no more than WebGPU promises: what a kernel asks beyond it is refused, as a browser would refuse it.
//!
//! Shaders are made for what an adapter has, so that what is tested here is what a browser without any extra compiles.

use std::sync::OnceLock;

use burn::prelude::*;
use burn::tensor::wgpu::WgpuSetup;
use burn::tensor::wgpu::wgpu::{self, hal::Instance as _};

type Vulkan = wgpu::hal::api::Vulkan;

/// The only one: `None` where there is no software adapter.
pub(crate) fn device() -> Option<Device> {
    static DEVICE: OnceLock<Option<Device>> = OnceLock::new();
    DEVICE.get_or_init(|| setup().map(registered)).clone()
}

pub(crate) fn registered(setup: WgpuSetup) -> Device {
    Device::wgpu_options().setup(setup).init().expect("a device of WebGPU's floor")
}

pub(crate) fn setup() -> Option<WgpuSetup> {
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    let instance =
        wgpu::Instance::new(wgpu::InstanceDescriptor { backends: wgpu::Backends::VULKAN, ..descriptor });
    let adapter = adapter(&instance)?;
    let request = adapter.request_device(&wgpu::DeviceDescriptor::default());
    let (device, queue) = pollster::block_on(request).expect("what WebGPU promises");
    Some(WgpuSetup { instance, backend: adapter.get_info().backend, adapter, device, queue })
}

#[expect(unsafe_code, reason = "wgpu lets nobody else say less of an adapter than its driver does")]
fn adapter(instance: &wgpu::Instance) -> Option<wgpu::Adapter> {
    // SAFETY: the adapter is this instance's, and claims less than it has.
    unsafe {
        let adapters = instance.as_hal::<Vulkan>()?.enumerate_adapters(None);
        let mut adapter =
            adapters.into_iter().find(|adapter| adapter.info.device_type == wgpu::DeviceType::Cpu)?;
        adapter.features = wgpu::Features::empty();
        adapter.capabilities.limits = wgpu::Limits::default();
        Some(instance.create_adapter_from_hal(adapter))
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::tensor::FloatTensor;
    use burn::backend::{Backend, Dispatch, backend_extension};
    use burn_cubecl::CubeBackend;
    use burn_cubecl::cubecl;
    use burn_cubecl::cubecl::prelude::*;

    use super::{registered, setup, wgpu};
    use burn::prelude::Tensor;

    /// What wgpu has against a shader, if anything.
    fn refusal(device: &wgpu::Device, source: &str) -> Option<String> {
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let source = wgpu::ShaderSource::Wgsl(source.into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
        let _pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        pollster::block_on(scope.pop()).map(|error| error.to_string())
    }

    /// A shader of so many buffers and invocations, with something before it and something in it.
    fn shader(buffers: u32, invocations: u32, [before, body]: [&str; 2]) -> String {
        let each = |f: fn(u32) -> String| (0..buffers).map(f).collect::<String>();
        let declared =
            each(|i| format!("@group(0) @binding({i}) var<storage, read_write> b{i}: array<u32>;\n"));
        let used = each(|i| format!("b{i}[0] = tile;\n"));
        format!(
            "{before}\n{declared}var<workgroup> tile: u32;\n\
             @compute @workgroup_size({invocations}) fn main() {{ {used} {body} }}"
        )
    }

    #[test]
    fn it_grants_what_webgpu_promises_and_no_more() {
        let Some(setup) = setup() else { return };
        let refused = |source: String| refusal(&setup.device, &source);
        assert_eq!(refused(shader(8, 256, ["", ""])), None);
        let beyond = [
            shader(9, 256, ["", ""]),
            shader(8, 257, ["", ""]),
            shader(1, 1, ["enable f16;", "b0[0] = u32(f16(b0[0]));"]),
            shader(1, 1, ["enable subgroups;", "b0[0] = subgroupAdd(b0[0]);"]),
            shader(1, 1, ["", "b0[0] = u32(u64(b0[0]) >> 1);"]),
            shader(1, 1, ["", "b0[0] = u32(f64(b0[0]));"]),
        ];
        for source in beyond {
            assert!(refused(source.clone()).is_some(), "granted:\n{source}");
        }
    }

    /// 16 KiB of shared memory, and one number more.
    const NUMBERS: u32 = 4097;

    #[cube(launch)]
    fn greedy(x: &mut cubecl::prelude::Tensor<f32>) {
        let mut shared = Shared::<[f32]>::new_slice(comptime!(NUMBERS as usize));
        shared[UNIT_POS as usize] = x[ABSOLUTE_POS];
        sync_cube();
        x[ABSOLUTE_POS] = shared[((UNIT_POS + 1u32) % NUMBERS) as usize];
    }

    #[backend_extension(Cube, Fusion: cfg(feature = "fusion"))]
    trait GreedyOps: Backend {
        #[fusion(dtype = x, shape = x)]
        fn greedy(x: FloatTensor<Self>) -> FloatTensor<Self>;
    }

    impl GreedyOps for CubeBackend {
        fn greedy(x: FloatTensor<Self>) -> FloatTensor<Self> {
            let one = CubeCount::Static(1, 1, 1);
            greedy::launch(&x.client.clone(), one, CubeDim::new_1d(1), x.clone().into_tensor_arg());
            x
        }
    }

    /// wgpu does not count shared memory, CubeCL does. On a device of its own, which is of no use afterwards.
    #[test]
    fn a_kernel_that_asks_for_more_is_an_error_where_it_is_read() {
        let Some(device) = setup().map(registered) else { return };
        let x = Tensor::<1>::ones([1], &device);
        let y = Tensor::<1>::from_dispatch(<Dispatch as GreedyOps>::greedy(x.into_dispatch()));
        assert!(y.try_into_data().is_err());
    }
}
