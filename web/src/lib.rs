//! Kiln in a browser tab: the playground in a canvas, and what computes for it.
//!
//! Three modules are made of this crate: `cpu` computes in a worker, `ui` is the window drawn by WebGL beside it, and `gpu` is the window drawn by
//! WebGPU with what computes on the same device.

#[cfg(target_arch = "wasm32")]
mod start;
#[cfg(all(target_arch = "wasm32", any(feature = "worker", feature = "window")))]
mod message;
#[cfg(all(target_arch = "wasm32", any(feature = "worker", feature = "gpu", feature = "bench")))]
mod failure;
#[cfg(all(target_arch = "wasm32", any(feature = "worker", feature = "gpu")))]
mod engine;
#[cfg(all(target_arch = "wasm32", feature = "worker"))]
mod worker;
#[cfg(all(target_arch = "wasm32", feature = "window"))]
mod ui;
#[cfg(all(target_arch = "wasm32", feature = "bench"))]
mod block;

#[cfg(all(target_arch = "wasm32", feature = "bench"))]
pub use block::Block;
#[cfg(all(target_arch = "wasm32", feature = "window"))]
pub use ui::Window;
#[cfg(all(target_arch = "wasm32", feature = "worker"))]
pub use worker::Worker;
