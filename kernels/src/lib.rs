//! The only crate that names CubeCL or wgpu: fused operations, and the graphics adapters that they run on.

pub mod adapters;
pub mod combine;
pub mod normals;
mod threads;
