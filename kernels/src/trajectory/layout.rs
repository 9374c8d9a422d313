//! How graphics adapters share out the work: what a workgroup has in its memory, and what is done in one launch.
//!
//! A workgroup of 256 invocations has a tile of particles, and `hidden` numbers of each in shared memory, `[hidden, particles]`: as
//! many particles as fit into 16 KiB. An invocation computes four numbers of four particles of every layer. Networks are widened by zeros to
//! the next of these widths, which changes nothing: every `φ` leaves zero as it is.

use std::ops::Range;

use super::{Evaluation, FEATURES};

/// Invocations of a workgroup, each of which has four numbers of four particles.
pub(super) const UNITS: u32 = 256;
/// Vectors of four in shared memory: 16 KiB.
pub(super) const SHARED: u32 = 1024;
/// Words of an evaluation.
pub(super) const WORDS: usize = 16;
/// Rounds of all loops of an invocation, about: software adapters leave a loop when there have been 65,535 in all, without a word, and
/// browsers end what takes seconds. Longer courses are flown in several launches.
const ROUNDS: usize = 1 << 15;
/// Layers that are known to be right and fast; those of more are for the reference.
const LAYERS: usize = 16;
/// Into how many parts the sums of the last layer are cut at most.
const PARTS: u32 = 16;

/// A network's sizes, and what follows from them.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(super) struct Layout {
    pub features: u32,
    pub layers: u32,
    /// Numbers of a hidden layer, widened.
    pub wide: u32,
}

impl Layout {
    /// Where there is one.
    pub fn of(features: usize, hidden: usize, layers: usize) -> Option<Self> {
        let wide = [16, 32, 64, 128, 256].into_iter().find(|wide| *wide as usize >= hidden)?;
        let fit = layers <= LAYERS && (1..=FEATURES).contains(&features);
        fit.then_some(Self { features: features as u32, layers: layers as u32, wide })
    }

    /// Particles of a workgroup.
    pub const fn tile(self) -> u32 {
        4 * SHARED / self.wide
    }

    /// Of a workgroup's particles and their features, those that belong to one invocation: one feature of four particles each.
    pub const fn slots(self) -> u32 {
        self.features * self.tile() / 4
    }

    /// Slots of an invocation.
    pub const fn own(self) -> u32 {
        self.slots().div_ceil(UNITS)
    }

    /// Into how many parts the sums of the last layer are cut, so that invocations without a slot have something to do.
    pub const fn parts(self) -> u32 {
        let spare = UNITS / self.slots();
        match spare.checked_ilog2() {
            Some(power) if spare < PARTS => 1 << power,
            Some(_) => PARTS,
            None => 1,
        }
    }

    /// Evaluations of each launch.
    pub fn launches(self, evaluations: usize) -> impl Iterator<Item = Range<u32>> {
        let rounds = 1 + self.layers * (1 + self.wide / 4) + self.wide / 4 / self.parts() + self.parts();
        let part = (ROUNDS / rounds as usize).max(1);
        (0..evaluations).step_by(part).map(move |from| from as u32..(from + part).min(evaluations) as u32)
    }
}

/// The course as kernels read it, [`WORDS`] an evaluation: `ask`, `scale`, `skip`, `out`, `then` and the noise's weight as the bits of
/// single precision, its draw, and whether there is one.
pub(super) fn words(course: &[Evaluation]) -> Vec<u32> {
    let mut words = Vec::with_capacity(course.len() * WORDS);
    for Evaluation { ask, scale, skip, out, then, noise } in course {
        let (draw, weight) = noise.unwrap_or_default();
        let numbers = ask.iter().chain([scale, skip, out]).chain(then).chain([&weight]);
        words.extend(numbers.map(|number| (*number as f32).to_bits()));
        words.extend([draw, u32::from(noise.is_some())]);
    }
    words
}
