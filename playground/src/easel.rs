//! Points that are drawn where they were computed.
//!
//! Where one GPU computes and draws, frames of particles stay on it: a shell that can draw from there has an [`Easel`].

use burn::prelude::*;
use egui::{Color32, Rect, Shape};

/// The most bytes of frames that every GPU draws from.
const BYTES: usize = 128 << 20;

/// Frames of particles on the device that computed them: `[frames, particles, 2]`.
#[derive(Clone, Debug)]
pub struct Frames(Box<Tensor<3>>);

impl Frames {
    /// One after the other, `[particles, 2]` each.
    pub(crate) fn new(frames: Vec<Tensor<2>>) -> Self {
        Self(Box::new(Tensor::stack(frames, 0)))
    }

    /// `[frames, particles, 2]`
    pub fn tensor(&self) -> &Tensor<3> {
        &self.0
    }

    /// Whether so many can be drawn.
    pub(crate) fn fit(frames: usize, particles: usize) -> bool {
        frames.saturating_mul(particles).saturating_mul(8) <= BYTES
    }
}

/// How they are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// The frames around the time that is shown.
    pub frames: [usize; 2],
    /// How far it is from the one to the other, from 0 to 1.
    pub share: f32,
    /// Half the side of the window, in units of the plane.
    pub half: f32,
    /// Half the width of a particle, in points of the screen.
    pub radius: f32,
    /// Colours of where particles began, around the circle.
    pub wheel: [Color32; 4],
    /// Opacity of particles; none are drawn at 0.
    pub opacity: f32,
    /// How many particles' ways are drawn, and their opacity.
    pub ways: (usize, f32),
}

/// What draws from the device that computes.
pub trait Easel {
    /// Particles in a square of the screen; nothing where they lie on another device.
    fn draw(&self, rect: Rect, frames: &Frames, look: &Look) -> Option<Shape>;
}
