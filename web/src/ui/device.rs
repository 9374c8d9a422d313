//! Where this module computes.

use burn::prelude::Device;
use kiln::{Result, error};

/// The engines that a page can ask for.
const ENGINES: &[&str] = &["cpu", "webgpu"];

/// The device of an engine. WebGPU's has to be waited for before the first tensor, and has sung like the CPU.
pub(crate) async fn choose(engine: &str) -> Result<Device> {
    match engine {
        "cpu" => kiln::device::cpu(),
        "webgpu" => webgpu().await,
        other => Err(error::unknown("engine", other, ENGINES)),
    }
}

/// The adapter that the browser prefers; the page has looked before that there is one that Burn can use.
#[cfg(feature = "gpu")]
async fn webgpu() -> Result<Device> {
    use std::cell::RefCell;

    // A runtime is begun once; later models share it.
    thread_local! {
        static TRUSTED: RefCell<Option<Device>> = const { RefCell::new(None) };
    }
    if let Some(device) = TRUSTED.with_borrow(Clone::clone) {
        return Ok(device);
    }
    let device = Device::wgpu_options().init_async().await;
    let device = device
        .map_err(|error| kiln::Error::Device(format!("WebGPU does not start: {error}; use the CPU")))?;
    kiln::canary::operations(&device, &kiln::device::cpu()?).await?;
    TRUSTED.set(Some(device.clone()));
    Ok(device)
}

/// This module has no WebGPU.
#[cfg(not(feature = "gpu"))]
fn webgpu() -> std::future::Ready<Result<Device>> {
    std::future::ready(Err(kiln::Error::Device(
        "this module computes on the CPU only: load the one for WebGPU".into(),
    )))
}
