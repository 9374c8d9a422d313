//! What a run leaves behind: its folder, its facts, its checkpoints; and reading them back.
//!
//! ```text
//! outputs/runs/2026-11-21T10-15-00_mnist-flow_k3f9/
//!   config.yaml  meta.json  lock  facts/events.jsonl  facts/scalars.csv
//!   checkpoints/step_001000/ {model, ema, optimizer, state, manifest.json}   checkpoints/latest
//!   averages/step_001000/ {track_0, track_1, manifest.json}   (with `train.ema: power`)
//!   samples/step_001000.png   figures/
//! ```
//!
//! A kill at any instant leaves a folder that is read, reported on and resumed from. Only the process that trains
//! writes to it, and holds its lock; opening and reading change nothing, so that a report can be made of a run under way.

mod disk;
mod timestamp;
mod meta;
mod lines;
mod events;
mod scalars;
mod manifest;
mod checkpoint;
mod store;
mod run;

pub use checkpoint::{Checkpoint, Recovered};
pub use events::Event;
pub use meta::{Meta, SCHEMA};
pub use run::{Lock, Run, plain, suffix};
pub use scalars::Scalars;
pub use timestamp::Timestamp;

#[cfg(test)]
mod tests;
