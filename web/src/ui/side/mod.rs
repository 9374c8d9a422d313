//! Who computes: a worker, or this very module, on the GPU that draws the window.

#[cfg(feature = "gpu")]
mod easel;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(not(feature = "gpu"))]
mod worker;

#[cfg(feature = "gpu")]
pub(super) use gpu::Side;
#[cfg(not(feature = "gpu"))]
pub(super) use worker::Side;
