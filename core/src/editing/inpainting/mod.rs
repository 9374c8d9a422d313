//! Inpainting: ways to draw part of a sample so that it fits the rest.

mod replace;
mod repaint;
mod dps;

use crate::Result;

/// What a way of inpainting asks of a walk.
pub trait Inpainting {
    /// The levels that are visited in a walk of so many steps (see [`super::Course::route`]).
    fn route(&self, steps: usize) -> Vec<usize> {
        (0..=steps).collect()
    }

    /// The pull towards what is known; where there is none, the known part is put back after each step.
    fn pull(&self) -> Option<&Dps> {
        None
    }

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Refuses walks in which it could not do what it is for.
    fn check_steps(&self, _steps: usize) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The ways of inpainting that a configuration can name.
    pub enum InpaintConfig("inpainting method"): dyn Inpainting {
        "replace" => replace::Replace,
        "repaint" => repaint::Repaint,
        "dps" => dps::Dps,
    }
}
