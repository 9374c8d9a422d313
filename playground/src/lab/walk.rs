//! Particles on their way from noise to data: every frame of a generation, kept.

use burn::prelude::*;
use kiln::model::{Generate, Generation, Model, Request};
use kiln::random::{Key, Purpose};
use kiln::{Result, weights};
use serde::{Deserialize, Serialize};

use super::families::Family;
use crate::easel::Frames;

/// Where particles were, frame by frame.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Film {
    /// Steps of training that the model had.
    pub trained: u64,
    /// Of each frame: the noise level `σ/α` of what walks; for a flow, the share of layers that are left.
    pub levels: Vec<f64>,
    /// Evaluations of the network, for each particle.
    pub evaluations: usize,
    /// How many particles there are.
    pub particles: usize,
    /// As they are shown, `[frames, particles, 2]`, flattened; the first and the last frame alone where all are on the device.
    pub points: Vec<f32>,
    /// All frames, where they stay on the device.
    #[serde(skip)]
    pub kept: Option<Frames>,
}

impl Film {
    /// How many frames there are.
    pub fn frames(&self) -> usize {
        self.levels.len()
    }

    /// Where particles began, `[particles, 2]`.
    pub fn start(&self) -> &[f32] {
        &self.points[..2 * self.particles]
    }

    /// Where they have arrived, `[particles, 2]`.
    pub fn end(&self) -> &[f32] {
        &self.points[self.points.len() - 2 * self.particles..]
    }

    /// The points of a frame, `[particles, 2]`, where frames are not on the device.
    pub fn frame(&self, frame: usize) -> &[f32] {
        let length = 2 * self.particles;
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
    /// The frames after the first, where they stay on the device.
    kept: Option<Vec<Tensor<2>>>,
}

impl Walk {
    /// Begins with the noise itself as first frame. Frames that `stay` on the device do so as far as it draws so many.
    pub(super) fn begin(
        model: &dyn Model,
        request: &Request,
        family: &'static Family,
        trained: u64,
        stay: bool,
    ) -> Result<Self> {
        let generation = model.generate(request)?;
        let particles = request.count;
        let mut points = vec![0.0; 2 * particles];
        for (i, point) in points.chunks_exact_mut(2).enumerate() {
            Key::new(request.seed, Purpose::Noise, request.first + i as u64).fill_normal(point);
        }
        let range = model.generator().and_then(Generate::range);
        let levels = vec![range.map_or(1.0, |[_, top]| top)];
        let kept = (stay && Frames::fit(generation.steps() + 1, particles)).then(Vec::new);
        let film = Film { trained, levels, evaluations: 0, particles, points, kept: None };
        Ok(Self { generation, family, film, kept })
    }

    /// Takes a step; the film once it has ended.
    pub(super) async fn step(&mut self) -> Result<Option<Film>> {
        let Some(frame) = self.generation.step() else { return Ok(Some(self.end().await?)) };
        let frame = frame?;
        let scale = 1.0 / (self.family.shrink)(frame.level);
        self.film.levels.push(frame.level);
        match &mut self.kept {
            Some(kept) => kept.push(frame.x * scale),
            None => self.film.points.extend(weights::read(frame.x * scale).await?),
        }
        Ok(None)
    }

    /// The film. Of frames that stay on the device the last is read, for numbers that are told of it.
    async fn end(&mut self) -> Result<Film> {
        self.film.evaluations = self.generation.evaluations();
        if let Some((last, kept)) = self.kept.take().and_then(|kept| Some((kept.last()?.clone(), kept))) {
            let start = TensorData::new(self.film.points.clone(), [self.film.particles, 2]);
            let frames = std::iter::once(Tensor::from_data(start, &last.device())).chain(kept);
            self.film.kept = Some(Frames::new(frames.collect()));
            self.film.points.extend(weights::read(last).await?);
        }
        Ok(std::mem::take(&mut self.film))
    }
}
