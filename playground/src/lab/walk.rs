//! Particles on their way from noise to data: every frame of a generation, kept.

use kiln::model::{Generate, Generation, Model, Request};
use kiln::random::{Key, Purpose};
use kiln::{Result, weights};
use serde::{Deserialize, Serialize};

use super::families::Family;

/// Where particles were, frame by frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Film {
    /// Steps of training that the model had.
    pub trained: u64,
    /// Of each frame: the noise level `σ/α` of what walks; for a flow, the share of layers that are left.
    pub levels: Vec<f64>,
    /// Evaluations of the network, for each particle.
    pub evaluations: usize,
    /// As they are shown, `[frames, particles, 2]`, flattened.
    pub points: Vec<f32>,
}

impl Film {
    /// How many frames there are.
    pub fn frames(&self) -> usize {
        self.levels.len()
    }

    /// How many particles there are.
    pub fn particles(&self) -> usize {
        self.points.len() / 2 / self.frames().max(1)
    }

    /// The points of a frame, `[particles, 2]`.
    pub fn frame(&self, frame: usize) -> &[f32] {
        let length = 2 * self.particles();
        &self.points[frame * length..(frame + 1) * length]
    }

    /// The frames around a time from 0 (noise) to 1 (data), and how far it is from the one to the other.
    pub fn around(&self, time: f64) -> (usize, usize, f32) {
        let last = self.frames().saturating_sub(1);
        let at = time.clamp(0.0, 1.0) * last as f64;
        let left = at as usize;
        (left, (left + 1).min(last), (at - left as f64) as f32)
    }

    /// The noise level at a time.
    pub fn level(&self, time: f64) -> f64 {
        let (left, right, share) = self.around(time);
        let (a, b) = (self.levels[left], self.levels[right]);
        a + (b - a) * f64::from(share)
    }
}

/// A generation that is being filmed.
pub(super) struct Walk {
    generation: Box<dyn Generation>,
    family: &'static Family,
    film: Film,
}

impl Walk {
    /// Begins with the noise itself as first frame.
    pub(super) fn begin(
        model: &dyn Model,
        request: &Request,
        family: &'static Family,
        trained: u64,
    ) -> Result<Self> {
        let generation = model.generate(request)?;
        let mut points = vec![0.0; 2 * request.count];
        for (i, point) in points.chunks_exact_mut(2).enumerate() {
            Key::new(request.seed, Purpose::Noise, request.first + i as u64).fill_normal(point);
        }
        let range = model.generator().and_then(Generate::range);
        let film = Film { trained, levels: vec![range.map_or(1.0, |[_, top]| top)], evaluations: 0, points };
        Ok(Self { generation, family, film })
    }

    /// Takes a step; the film once it has ended.
    pub(super) async fn step(&mut self) -> Result<Option<Film>> {
        let Some(frame) = self.generation.step() else {
            self.film.evaluations = self.generation.evaluations();
            return Ok(Some(std::mem::take(&mut self.film)));
        };
        let frame = frame?;
        let scale = 1.0 / (self.family.shrink)(frame.level) as f32;
        self.film.levels.push(frame.level);
        self.film.points.extend(weights::read(frame.x).await?.into_iter().map(|value| value * scale));
        Ok(None)
    }
}
