//! Devices by name, and which one to take.
//!
//! `auto` takes a hardware GPU where there is one, else the CPU; a software adapter only where it is named.

pub use burn::prelude::Device;
use burn::prelude::{Tensor, TensorData};
use kiln_kernels::adapters::{self, Adapter};
pub use kiln_kernels::memory::keep as keep_memory;
use serde::Serialize;

use crate::{Error, Result};

/// A device that is there.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// What `--device` calls it.
    pub name: String,
    /// What it is, in words.
    pub what: String,
    /// The graphics adapter; `None` for the CPU.
    pub adapter: Option<Adapter>,
}

/// Every device that is there: the CPU, then the graphics adapters as `gpu:0`, `gpu:1`, ...
pub fn list() -> Vec<Found> {
    let cpu = cfg!(any(feature = "cpu", feature = "flex")).then(|| Found {
        name: "cpu".into(),
        what: "this processor, all cores".into(),
        adapter: None,
    });
    let gpu = |(i, adapter): (usize, Adapter)| Found {
        name: format!("gpu:{i}"),
        what: format!("{} ({})", adapter.name, adapter.backend),
        adapter: Some(adapter),
    };
    cpu.into_iter().chain(adapters::list().into_iter().enumerate().map(gpu)).collect()
}

/// The device called `name`: `auto`, `cpu`, `gpu` (the first hardware GPU) or one of [`list`]'s.
pub fn choose(name: &str) -> Result<(Found, Device)> {
    // Asking for adapters wakes the graphics driver: not for a name that does not need it.
    if name == "cpu" && cfg!(any(feature = "cpu", feature = "flex")) {
        let what = "this processor, all cores".into();
        return Ok((Found { name: name.into(), what, adapter: None }, cpu()?));
    }
    let found = list();
    let hardware = |found: &&Found| found.adapter.as_ref().is_some_and(|adapter| adapter.kind.hardware());
    let chosen = match name {
        "auto" => found.iter().find(hardware).or_else(|| found.iter().find(|found| found.adapter.is_none())),
        "gpu" => found.iter().find(hardware),
        name => found.iter().find(|found| found.name == name),
    };
    let device = chosen.and_then(|chosen| match &chosen.adapter {
        Some(adapter) => adapters::device(adapter),
        None => cpu().ok(),
    });
    match (chosen, device) {
        (Some(chosen), Some(device)) => Ok((chosen.clone(), device)),
        _ => Err(absent(name, &found)),
    }
}

/// The CPU.
#[cfg(any(feature = "cpu", feature = "flex"))]
pub fn cpu() -> Result<Device> {
    Ok(Device::flex())
}

/// This build has no CPU backend.
#[cfg(not(any(feature = "cpu", feature = "flex")))]
pub fn cpu() -> Result<Device> {
    Err(Error::Device("this build of Kiln has no CPU backend: build it with feature `cpu`".into()))
}

/// The first number of a tensor, at once: for decisions that a computation cannot go on without, as the step of an adaptive solver.
///
/// Whoever can wait reads with [`crate::weights::read`]. In a browser only the CPU answers at once.
pub fn read_now(tensor: Tensor<1>) -> Result<f64> {
    let why = "a sampler that chooses its own steps needs a device that answers at once: take the CPU, or another sampler";
    Ok(*read_all_now(tensor, why)?.first().expect("a tensor should hold a number"))
}

/// All numbers of a tensor, at once: for what is worked out once, before a walk begins. `why` is the error where that cannot be.
pub fn read_all_now(tensor: Tensor<1>, why: &str) -> Result<Vec<f64>> {
    Ok(answer(tensor, why)?.iter::<f64>().collect())
}

fn answer(tensor: Tensor<1>, why: &str) -> Result<TensorData> {
    use std::task::{Context, Poll, Waker};
    if !cfg!(target_arch = "wasm32") {
        let read = tensor.try_into_data();
        return read.map_err(|error| Error::Device(format!("the result could not be read: {error:?}")));
    }
    let mut reading = std::pin::pin!(tensor.into_data_async());
    match reading.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(data)) => Ok(data),
        Poll::Ready(Err(error)) => Err(Error::Device(format!("the result could not be read: {error:?}"))),
        Poll::Pending => Err(Error::Device(why.into())),
    }
}

fn absent(name: &str, found: &[Found]) -> Error {
    let there: Vec<String> = found.iter().map(|found| format!("{} = {}", found.name, found.what)).collect();
    let gpu = if name.starts_with("gpu") && !cfg!(feature = "gpu") {
        " (this build has no GPU backend: build it with feature `gpu`)"
    } else {
        ""
    };
    Error::Device(format!("there is no device `{name}`{gpu}; there are: auto, {}", there.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_device_is_an_error_that_lists_what_is_there() {
        let error = choose("gpu:99").expect_err("no hundred adapters").to_string();
        assert!(
            error.starts_with("there is no device `gpu:99`") && error.contains("cpu = this processor"),
            "{error}"
        );
    }

    #[test]
    fn auto_is_never_a_software_adapter() {
        let (found, _) = choose("auto").expect("a device");
        assert!(found.adapter.is_none_or(|adapter| adapter.kind.hardware()), "{}", found.name);
    }
}
