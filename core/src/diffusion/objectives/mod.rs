//! Training objectives: what the network's output is held to.
//!
//! They share the frame of the family, `x = y + σ n` and `D = c_skip x + c_out F`. Denoising learns the mean of the data at every
//! level; the others learn where a whole step, or the whole walk, leads: from the data, or from a trained model of them.

mod lesson;
mod teacher;
mod trajectory;
mod huber;
mod denoise;
mod consistency;
mod consistency_distillation;
mod progressive;
mod reflow;
mod shortcut;

use burn::prelude::*;

use super::DiffusionConfig;
use crate::Result;
use crate::guidance::Learns;
use crate::model::{Model, Teaching};
use crate::nn::Interface;

pub use lesson::Lesson;

/// What is learnt.
pub trait Objective {
    /// The loss of a batch, a scalar `[1]`, still on the device.
    fn loss(&self, lesson: &Lesson) -> Tensor<1>;

    /// What the network learns to say.
    fn learns(&self) -> Learns {
        Learns::Mean
    }

    /// Keys of the model that it does not read: its noise levels, its weight or its pairs are its own.
    fn ignores(&self) -> &'static [&'static str] {
        &[]
    }

    /// What it wants of a teacher.
    fn teaching(&self) -> Teaching {
        Teaching::Unused
    }

    /// Refuses a teacher of the same data that says something else than what is learnt from.
    fn check_teacher(&self, _model: &DiffusionConfig, _teacher: &dyn Model) -> Result<()> {
        Ok(())
    }

    /// Whether the network is told how far the step leads that is to be taken.
    fn tells_span(&self) -> bool {
        false
    }

    /// Refuses options that its type alone does not, or that the model's do not fit.
    fn check(&self, _model: &DiffusionConfig, _interface: &Interface) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The training objectives that a configuration can name.
    pub enum ObjectiveConfig("objective"): dyn Objective {
        "denoise" => denoise::Denoise,
        "consistency" => consistency::Consistency,
        "consistency_distillation" => consistency_distillation::ConsistencyDistillation,
        "progressive" => progressive::Progressive,
        "reflow" => reflow::Reflow,
        "shortcut" => shortcut::Shortcut,
    }
}

#[cfg(test)]
mod tests;
