//! A walk by Kiln, pair of levels by pair of levels: the originals' pairs do not always join.

use std::cell::Cell;

use burn::prelude::*;
use burn::tensor::DType;
use kiln::Result;
use kiln::samplers::{SamplerConfig, Walk};
use kiln::schedules::{Level, ScheduleConfig};

use super::network::Network;
use super::replay::{Order, Replay, numbers, tensor};

/// Everything that a walk needs.
pub struct Plan {
    pub sampler: SamplerConfig,
    pub schedule: ScheduleConfig,
    /// From where to where, step by step.
    pub pairs: Vec<[Level; 2]>,
    pub network: Network,
    /// Whether the network is asked before the step's noise is added, and not again.
    pub asked_early: bool,
    pub order: Order,
    pub start: Vec<f64>,
    pub rows: usize,
}

/// Where it went.
pub struct Trajectory {
    /// The state after each step, with the evaluations until then.
    pub states: Vec<(usize, Vec<f64>)>,
    pub evaluations: usize,
}

impl Trajectory {
    pub fn last(&self) -> &[f64] {
        &self.states.last().expect("a step").1
    }
}

impl Plan {
    /// The same pairs from a list of levels that join.
    pub fn joined(levels: &[Level]) -> Vec<[Level; 2]> {
        levels.windows(2).map(|pair| [pair[0], pair[1]]).collect()
    }

    /// Walks, in tensors of that type.
    pub fn run(&self, noise: &[Vec<f64>], dtype: DType) -> Result<Trajectory> {
        let list = noise;
        let replay = Replay { list, order: self.order, rows: self.rows, dtype, next: Cell::new(0) };
        let mut levels: Vec<Level> = self.pairs.iter().map(|pair| pair[0]).collect();
        levels.extend(self.pairs.last().map(|pair| pair[1]));
        let walk = Walk::new(&self.network, &*self.schedule, &levels, &replay);
        self.sampler.check()?;
        let mut sampler = self.sampler.build();
        let mut x = tensor(&self.start, self.rows, dtype);
        let mut states = Vec::new();
        for (i, [from, to]) in self.pairs.iter().enumerate() {
            walk.begin(i);
            *self.network.seen.borrow_mut() =
                self.asked_early.then(|| (x.clone() / from.alpha, from.ratio()));
            x = sampler.step(&walk, x, *from, *to)?;
            states.push((walk.evaluations(), numbers(x.clone())));
        }
        Ok(Trajectory { states, evaluations: walk.evaluations() })
    }
}
