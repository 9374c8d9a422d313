//! A walk by Kiln, pair of levels by pair of levels: the originals' pairs do not always join.

use std::cell::Cell;

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
    /// Whether the network is asked once a step.
    pub once: bool,
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
        self.walk(noise, dtype, None)
    }

    /// What single precision in the original makes of this walk: the largest change when the levels, the state after each step and
    /// a root are off by a unit in its last place, up or down.
    pub fn wobble(&self, noise: &[Vec<f64>], far: impl Fn(&Trajectory) -> f64) -> Result<f64> {
        let walks = (0..4).map(|variant| Ok(far(&self.walk(noise, DType::F64, Some(variant))?)));
        walks.collect::<Result<Vec<f64>>>().map(|all| all.into_iter().fold(0.0, f64::max))
    }

    fn walk(&self, noise: &[Vec<f64>], dtype: DType, variant: Option<usize>) -> Result<Trajectory> {
        let replay = Replay { list: noise, order: self.order, rows: self.rows, dtype, next: Cell::new(0) };
        let pairs = self.pairs(variant);
        let mut levels: Vec<Level> = pairs.iter().map(|pair| pair[0]).collect();
        levels.extend(pairs.last().map(|pair| pair[1]));
        let walk = Walk::new(&self.network, &*self.schedule, &levels, &replay);
        self.sampler.check()?;
        let mut sampler = self.sampler.build();
        let mut x = tensor(&self.start, self.rows, dtype);
        let mut states = Vec::new();
        self.network.off.set(variant.map_or(0, |variant| if variant % 2 == 0 { 1 } else { -1 }));
        for (i, [from, to]) in pairs.iter().enumerate() {
            walk.begin(i);
            let early = self.asked_early || variant.is_some() && self.once;
            *self.network.seen.borrow_mut() =
                early.then(|| (x.clone() / from.alpha, self.pairs[i][0].ratio()));
            if variant.is_some() {
                x = x.cast(DType::F32).cast(dtype);
            }
            x = sampler.step(&walk, x.into(), *from, *to)?.into_tensor();
            states.push((walk.evaluations(), numbers(x.clone())));
        }
        Ok(Trajectory { states, evaluations: walk.evaluations() })
    }

    /// The pairs of levels, off by a unit in the last place of single precision in a variant.
    fn pairs(&self, variant: Option<usize>) -> Vec<[Level; 2]> {
        let Some(variant) = variant else { return self.pairs.clone() };
        let off = |level: Level, i: usize| {
            let sign = if (i >> (variant / 2)) % 2 == variant % 2 { 1.0 } else { -1.0 };
            let ratio = level.ratio() * (1.0 + sign / f64::from(1 << 23));
            if level.sigma == 0.0 { level } else { Level::at(&*self.schedule, self.schedule.time(ratio)) }
        };
        let ends = |(i, pair): (usize, &[Level; 2])| [off(pair[0], i), off(pair[1], i + 1)];
        self.pairs.iter().enumerate().map(ends).collect()
    }
}
