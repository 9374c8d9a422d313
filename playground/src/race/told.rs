//! What the panel is told.

use serde::{Deserialize, Serialize};

use super::{Apart, Racer};

/// What the panel is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Report {
    /// A race begins: what was told of the one before is void.
    Begun(Start),
    /// The reference has ended.
    Reference(Reference),
    /// The next frame of a racer.
    Frame(usize, Frame),
    /// A racer cannot run, or cannot go on: which, and why.
    Out(usize, String),
    /// What a racer comes to in another number of steps.
    Mark(usize, Mark),
    /// All have arrived, and every mark is there.
    Done,
    /// Why there is no race.
    Refused(String),
}

/// Who races.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Shape of a sample.
    pub shape: Vec<usize>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// In the order of their numbers.
    pub racers: Vec<Racer>,
}

/// The reference, in short.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// How it walks.
    pub racer: Racer,
    /// Evaluations of the network.
    pub evaluations: usize,
    /// The noise that all begin with, as it is shown, `[samples, features]`.
    pub start: Vec<f32>,
    /// Where it leads.
    pub end: Vec<f32>,
    /// The sliced distance of two sets of so many samples that are drawn alike, where that is known.
    pub floor: Option<f64>,
}

/// A racer after a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The noise level: `σ/α`, of an interpolant the time that is left.
    pub level: f64,
    /// Evaluations of the network so far.
    pub evaluations: usize,
    /// How far it is from the reference at this level.
    pub apart: Apart,
    /// The samples as they are shown, `[samples, features]`.
    pub rows: Vec<f32>,
}

/// The end of a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Evaluations of the network.
    pub evaluations: usize,
    /// How far it is from the reference.
    pub apart: Apart,
}
