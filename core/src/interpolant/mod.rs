//! Stochastic interpolants: from any distribution to any other, by a velocity that is learnt without simulating it.
//!
//! ```text
//! x_t = a(t) x₀ + b(t) x₁ + γ(t) z,   (x₀, x₁) from a coupling of source and data, z standard normal
//! v(x, t) = E[ȧ x₀ + ḃ x₁ + γ̇ z | x_t = x],   η(x, t) = E[z | x_t = x],   score = −η/γ
//! L = E_t ‖v(x_t, t) − (ȧ x₀ + ḃ x₁ + γ̇ z)‖² + ‖η(x_t, t) − z‖²
//! ```
//!
//! Albergo and Vanden-Eijnden 2023, <https://arxiv.org/abs/2209.15571>; Albergo, Boffi and Vanden-Eijnden 2023,
//! <https://arxiv.org/abs/2303.08797>. Conditional flow matching is a row of the same table (Tong et al. 2024,
//! <https://arxiv.org/abs/2302.00482>; Lipman et al. 2023, <https://arxiv.org/abs/2210.02747>): the linear path with constant noise and rows
//! coupled independently (I-CFM) or by optimal transport (OT-CFM), or with a bridge's noise and an entropic plan (SB-CFM). `dx/dt = v`
//! carries the source to the data, and so does an SDE for whichever noise is added on the way.

mod path;
mod gamma;
mod source;
mod pair;
mod solver;
mod trained;
mod walk;
mod likelihood;

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::check::{at_least, under, within};
use crate::data::{Batch, Split};
use crate::diffusion::CouplingConfig;
use crate::model::{Family, Learning, Model};
use crate::nn::{Condition, Init, Interface, Network, NetworkConfig, column, one_hot};
use crate::random::{Key, Purpose};
use crate::registry::{About, Member};
use crate::samplers::SamplerConfig;
use crate::{Error, Result};

pub use crate::epsilon::{Epsilon, EpsilonConfig};
pub use gamma::{Gamma, GammaConfig};
pub use path::{Path, PathConfig};
pub use source::{Gaussian, SourceConfig};
pub use trained::Interpolant;

/// An interpolant between two distributions. The defaults are those of OT-CFM without noise.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InterpolantConfig {
    /// The path between two rows.
    pub path: PathConfig,
    /// Noise on the way.
    pub noise: GammaConfig,
    /// Where rows come from: `gaussian`, or a dataset of the data's shape.
    pub source: SourceConfig,
    /// Which row of the source goes with which example of a batch.
    pub coupling: CouplingConfig,
    /// Whether the noise is learnt beside the velocity, by a second network: its score lets samples walk by an SDE.
    pub score: bool,
    /// The network.
    pub network: NetworkConfig,
    /// How often the class is hidden while learning, for classifier-free guidance; 1 learns without classes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub label_dropout: f64,
    /// How to sample where a request does not say.
    pub sampling: Box<Sampling>,
}

/// How to sample.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// The solver: one of the ODE's, or `euler_ancestral` for the SDE by Euler's method.
    pub sampler: SamplerConfig,
    /// How many steps; a solver that chooses its own begins with one of that length.
    pub steps: usize,
    /// How much noise the SDE adds; `eta` of the sampler scales its standard deviation.
    pub epsilon: EpsilonConfig,
    /// Scale of classifier-free guidance; 1 is none.
    pub guidance: f64,
}

impl Default for Sampling {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            sampler: SamplerConfig::named("heun").expect(named),
            steps: 25,
            epsilon: EpsilonConfig::named("proportional").expect(named),
            guidance: 1.0,
        }
    }
}

impl Default for InterpolantConfig {
    fn default() -> Self {
        let named = "the default should be registered";
        Self {
            path: PathConfig::named("linear").expect(named),
            noise: GammaConfig::named("none").expect(named),
            source: SourceConfig::Gaussian(Gaussian::default()),
            coupling: CouplingConfig::named("transport").expect(named),
            score: false,
            network: NetworkConfig::named("mlp").expect(named),
            label_dropout: 0.1,
            sampling: Box::default(),
        }
    }
}

impl Member for InterpolantConfig {
    const ABOUT: About = About {
        summary: "Stochastic interpolants between any two distributions; I-CFM, OT-CFM and SB-CFM",
        paper: "Albergo, Boffi and Vanden-Eijnden 2023, https://arxiv.org/abs/2303.08797; Tong et al. 2024, https://arxiv.org/abs/2302.00482",
    };
}

/// Rows of a batch on their way, and what is to be learnt of them.
struct Passing {
    /// `x_t`, `[batch, features]`.
    x: Tensor<2>,
    /// `ȧ x₀ + ḃ x₁ + γ̇ z`.
    velocity: Tensor<2>,
    /// `z`.
    noise: Tensor<2>,
}

impl InterpolantConfig {
    /// The classes that this model is told of. Tokens are to it numbers like any other.
    fn interface(&self, interface: &Interface) -> Interface {
        let classes = if self.label_dropout < 1.0 { interface.classes.clone() } else { Vec::new() };
        interface.plain(classes)
    }

    fn check(&self) -> Result<()> {
        under("noise", self.noise.check())?;
        under("coupling", self.coupling.check())?;
        within("label_dropout", self.label_dropout, 0.0, 1.0)?;
        under("sampling.epsilon", self.sampling.epsilon.check())?;
        under("sampling.sampler", self.sampling.sampler.check())?;
        at_least("sampling.steps", self.sampling.steps, 1)?;
        within("sampling.guidance", self.sampling.guidance, 0.0, 1e3)?;
        if self.score && matches!(self.noise, GammaConfig::Silence(_)) {
            let message =
                "there is no noise on the way whose score could be learnt; set `noise`, or leave this out";
            return Err(Error::config("score", message));
        }
        self.check_passage()?;
        self.check_bridge()?;
        solver::choose(self, &self.sampling.sampler)
            .map(drop)
            .map_err(|error| Error::config("sampling.sampler", error.to_string()))
    }

    /// Refuses a path that is at one point, whatever its ends, where no noise tells the rows apart.
    fn check_passage(&self) -> Result<()> {
        if !matches!((&self.path, &self.noise), (PathConfig::EncodingDecoding(_), GammaConfig::Silence(_))) {
            return Ok(());
        }
        let message = "half-way along `encoding_decoding` there is nothing but noise, and `none` is none; take `sine_squared`";
        Err(Error::config("noise", message))
    }

    /// Refuses two diffusions for the two halves of one Schrödinger bridge.
    fn check_bridge(&self) -> Result<()> {
        match (&self.noise, &self.coupling) {
            (GammaConfig::BrownianBridge(noise), CouplingConfig::Bridge(coupling))
                if coupling.scale.is_some_and(|scale| scale != noise.scale) =>
            {
                let message = format!(
                    "the coupling is that of a bridge of diffusion {}, and the noise is of {}: wanted the same, or no scale of the coupling",
                    coupling.scale.unwrap_or_default(),
                    noise.scale
                );
                Err(Error::config("coupling.scale", message))
            }
            _ => Ok(()),
        }
    }

    /// The interpolant between the rows of a batch and those of the source that go with them, each at its own time.
    fn passing(&self, x0: Tensor<2>, x1: Tensor<2>, z: Tensor<2>, times: &[f64]) -> Passing {
        let weighted = |weights: fn(&Self, f64) -> [f64; 3]| {
            let column = |i: usize| column(times.iter().map(|t| weights(self, *t)[i]), &x0);
            x0.clone() * column(0) + x1.clone() * column(1) + z.clone() * column(2)
        };
        let (x, velocity) = (weighted(Self::weights), weighted(Self::slopes));
        Passing { x, velocity, noise: z }
    }

    /// `a`, `b` and `γ`.
    fn weights(&self, t: f64) -> [f64; 3] {
        let [a, b] = self.path.at(t);
        [a, b, self.noise.at(t)]
    }

    /// `ȧ`, `ḃ` and `γ̇`.
    fn slopes(&self, t: f64) -> [f64; 3] {
        let [a, b] = self.path.slope(t);
        [a, b, self.noise.slope(t)]
    }

    /// The rows of the source that go with the batch's examples, in their order.
    fn coupled(&self, batch: &Batch, interface: &Interface, seed: u64) -> Vec<f32> {
        let (rows, features) = (batch.size(), interface.features());
        // A formula, not a file: there is nothing to keep open between batches.
        let source =
            self.source.open(interface, Split::Train).expect("the source should have been opened before");
        let mut x0 = vec![0.0; rows * features];
        for (row, x0) in x0.chunks_mut(features).enumerate() {
            source.fill(Key::new(seed, Purpose::Noise, batch.first + row as u64), x0);
        }
        if matches!(self.coupling, CouplingConfig::Independent(_)) {
            return x0;
        }
        let mut chance = Key::new(seed, Purpose::Coupling, batch.first).stream();
        let order = self.coupling.pair(&batch.x, &x0, rows, &mut chance);
        order.iter().flat_map(|row| x0[row * features..(row + 1) * features].iter().copied()).collect()
    }

    /// The mean squared errors of velocity and noise for these pairs.
    fn errors(&self, output: Tensor<2>, passing: Passing) -> Tensor<1> {
        let features = passing.x.dims()[1];
        let velocity = output.clone().narrow(1, 0, features);
        let loss = (velocity - passing.velocity).square().mean();
        if !self.score {
            return loss;
        }
        loss + (output.narrow(1, features, features) - passing.noise).square().mean()
    }
}

/// What a network is told of the time: within ±2, where its Fourier features are at their best.
fn told(times: &[f64]) -> Vec<f64> {
    times.iter().map(|t| 4.0 * t - 2.0).collect()
}

impl Family for InterpolantConfig {
    fn network(&self, interface: &Interface, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        under("source", self.source.open(interface, Split::Train))?;
        let interface = self.interface(interface);
        let build = |init: &Init| under("network", self.network.build(&interface, init));
        if !self.score {
            return build(init);
        }
        let [velocity, noise] = pair::NAMES;
        Ok(Box::new(pair::Pair([build(&init.at(velocity))?, build(&init.at(noise))?])))
    }

    fn model(
        &self,
        interface: &Interface,
        network: Box<dyn Network>,
        device: &Device,
    ) -> Result<Box<dyn Model>> {
        Ok(Box::new(self.trained(interface, network, device)?))
    }

    fn loss(
        &self,
        network: &dyn Network,
        interface: &Interface,
        batch: &Batch,
        learning: &Learning,
    ) -> Tensor<1> {
        let interface = self.interface(interface);
        let (rows, features) = (batch.size(), interface.features());
        let mut times = Vec::with_capacity(rows);
        for row in 0..rows as u64 {
            times.push(Key::new(learning.seed, Purpose::Level, batch.first + row).stream().uniform());
        }
        let device = learning.device;
        // The first draw is the source's.
        let z =
            Key::new(learning.seed, Purpose::Noise, batch.first).draw(1).normal_rows(rows, features, device);
        let x0 = TensorData::new(self.coupled(batch, &interface, learning.seed), [rows, features]);
        let x0 = Tensor::<2>::from_data(x0, device);
        let passing = self.passing(x0, learning.rows(batch), z, &times);
        let (known, classes) = (interface.classes.len(), learning.classes(batch, self.label_dropout));
        let class = (known > 0).then(|| one_hot(&classes, known, device));
        let condition = Condition { noise: told(&times), class, ..Condition::default() };
        let output = network.forward(passing.x.clone(), &condition, learning.mode);
        self.errors(output, passing)
    }
}

#[cfg(test)]
mod tests;
