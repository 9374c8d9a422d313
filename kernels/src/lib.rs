//! The only crate that names CubeCL or wgpu: fused operations, and the graphics adapters that they run on.

#![expect(
    clippy::inline_always,
    reason = "a vector's instructions are at hand only within the function that was told of them"
)]

pub mod activation;
pub mod adapters;
pub mod attention;
pub mod combine;
pub mod convolution;
pub mod coupling;
mod direction;
#[cfg(feature = "flex")]
mod flex;
#[cfg(all(test, feature = "gpu", not(target_vendor = "apple")))]
mod floor;
#[cfg(feature = "gpu")]
mod gpu;
pub mod group_norm;
pub mod layer_norm;
pub mod linear;
pub mod memory;
#[cfg(feature = "gpu")]
mod normalising;
pub mod normals;
mod numbers;
pub mod pairs;
#[cfg(feature = "gpu")]
pub mod plane;
pub mod spline;
#[cfg(all(test, feature = "flex"))]
mod testing;
mod threads;
#[cfg(feature = "flex")]
mod tile;
pub mod tokens;
pub mod trajectory;
#[cfg_attr(
    not(feature = "flex"),
    expect(dead_code, reason = "only pairs of rows are looked at without tensors")
)]
mod vectors;
