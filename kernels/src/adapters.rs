//! The graphics adapters of this machine.

use serde::Serialize;

/// One graphics adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adapter {
    /// What its driver calls it.
    pub name: String,
    /// The interface it is reached by: `vulkan`, `metal`, `dx12`, `gl`.
    pub backend: String,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Which of its kind it is, counted from 0.
    pub index: usize,
    /// The driver and its version.
    pub driver: String,
    /// The most bytes one buffer may hold.
    pub max_buffer: u64,
    /// The most bytes of shared memory a workgroup may use.
    pub max_shared: u32,
    /// The most invocations of a workgroup.
    pub max_invocations: u32,
    /// Whether shaders may compute in half precision.
    pub half: bool,
}

/// A kind of adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A GPU with memory of its own.
    Discrete,
    /// A GPU that shares the processor's memory.
    Integrated,
    /// A share of a GPU.
    Virtual,
    /// A program on the processor: right, and slow.
    Software,
    /// The driver does not say.
    Other,
}

impl Kind {
    /// Whether there is hardware behind it.
    pub fn hardware(self) -> bool {
        matches!(self, Self::Discrete | Self::Integrated | Self::Virtual)
    }
}

/// Every adapter, in the driver's order, without those that cannot compute.
#[cfg(all(feature = "gpu", not(target_family = "wasm")))]
pub fn list() -> Vec<Adapter> {
    use burn::tensor::wgpu::wgpu;

    // As Burn's own order has it, OpenGL only where there is nothing better: waking it has side effects on the terminal.
    let chain = [wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12, wgpu::Backends::GL];
    let mut found = chain.into_iter().map(|backends| {
        let descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor { backends, ..descriptor });
        pollster::block_on(instance.enumerate_adapters(backends))
    });
    let found = found.find(|adapters| !adapters.is_empty()).unwrap_or_default();
    let mut counts = std::collections::HashMap::new();
    found.iter().map(|adapter| describe(adapter, &mut counts)).collect()
}

#[cfg(all(feature = "gpu", not(target_family = "wasm")))]
fn describe(
    adapter: &burn::tensor::wgpu::wgpu::Adapter,
    counts: &mut std::collections::HashMap<u8, usize>,
) -> Adapter {
    use burn::tensor::wgpu::wgpu;

    let (info, limits) = (adapter.get_info(), adapter.limits());
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => Kind::Discrete,
        wgpu::DeviceType::IntegratedGpu => Kind::Integrated,
        wgpu::DeviceType::VirtualGpu => Kind::Virtual,
        wgpu::DeviceType::Cpu => Kind::Software,
        wgpu::DeviceType::Other => Kind::Other,
    };
    let count = counts.entry(kind as u8).or_insert(0);
    *count += 1;
    Adapter {
        name: info.name,
        backend: info.backend.to_string(),
        kind,
        index: *count - 1,
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        max_buffer: limits.max_buffer_size,
        max_shared: limits.max_compute_workgroup_storage_size,
        max_invocations: limits.max_compute_invocations_per_workgroup,
        half: adapter.features().contains(wgpu::Features::SHADER_F16),
    }
}

/// This build has no graphics.
#[cfg(not(all(feature = "gpu", not(target_family = "wasm"))))]
pub fn list() -> Vec<Adapter> {
    Vec::new()
}

/// The device of an adapter; `None` where its kind cannot be named.
#[cfg(feature = "gpu")]
pub fn device(adapter: &Adapter) -> Option<burn::prelude::Device> {
    use burn::tensor::DeviceKind;

    let kind = match adapter.kind {
        Kind::Discrete => DeviceKind::DiscreteGpu(adapter.index),
        Kind::Integrated => DeviceKind::IntegratedGpu(adapter.index),
        Kind::Virtual => DeviceKind::VirtualGpu(adapter.index),
        Kind::Software => DeviceKind::Cpu,
        Kind::Other => return None,
    };
    Some(burn::prelude::Device::wgpu(kind))
}

/// This build has no graphics.
#[cfg(not(feature = "gpu"))]
pub fn device(_adapter: &Adapter) -> Option<burn::prelude::Device> {
    None
}
