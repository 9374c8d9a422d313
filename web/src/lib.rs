//! Kiln in a browser tab: models as JavaScript objects. `worker.js` is the one that calls it.
//!
//! Two modules are made of this crate: one for the CPU, and one that has WebGPU too (feature `gpu`).

#[cfg(target_arch = "wasm32")]
mod start;
#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(target_arch = "wasm32")]
mod engine;
#[cfg(all(target_arch = "wasm32", feature = "bench"))]
mod block;

#[cfg(all(target_arch = "wasm32", feature = "bench"))]
pub use block::Block;
#[cfg(target_arch = "wasm32")]
pub use engine::{Engine, samplers};
