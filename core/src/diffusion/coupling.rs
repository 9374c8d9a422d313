//! Couplings: which noise goes with which example of a batch.
//!
//! Paired at random, the paths from noise to data cross, and the field that a model learns is their mean: curved. Paired by optimal
//! transport within the batch they cross less, so fewer steps integrate them. Pooladian et al. 2023,
//! <https://arxiv.org/abs/2304.14772>; Tong et al. 2024 (OT-CFM, and by entropic transport the Schrödinger bridge),
//! <https://arxiv.org/abs/2302.00482>.
//!
//! Noise that goes with its data is not independent of them: the mean that is learnt gives the ODE, but `(D − x)/σ²` is not the score of
//! the data with noise. Such a model is drawn from without noise on the way.

mod assignment;
mod sinkhorn;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use assignment::assign;

use crate::Result;
use crate::config::check::positive;
use crate::random::Stream;
use crate::registry::{About, Member};

/// A way of pairing.
pub trait Coupling {
    /// For each example the row of its noise. `data` and `noise` are `rows` rows each; `chance` decides where the way is random.
    fn pair(&self, data: &[f32], noise: &[f32], rows: usize, chance: &mut Stream) -> Vec<usize>;

    /// Refuses options that its type alone does not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

registry! {
    /// The couplings that a configuration can name.
    pub enum CouplingConfig("coupling"): dyn Coupling {
        "independent" => independent::Independent,
        "transport" => transport::Transport,
        "bridge" => bridge::Bridge,
    }
}

mod independent {
    use super::{About, Coupling, Deserialize, JsonSchema, Member, Serialize, Stream};

    /// Each example has its own noise, whatever the batch.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Independent {}

    impl Member for Independent {
        const ABOUT: About =
            About { summary: "At random", paper: "Lipman et al. 2023, https://arxiv.org/abs/2210.02747" };
    }

    impl Coupling for Independent {
        fn pair(&self, _data: &[f32], _noise: &[f32], rows: usize, _chance: &mut Stream) -> Vec<usize> {
            (0..rows).collect()
        }
    }
}

mod transport {
    use super::{About, Coupling, Deserialize, JsonSchema, Member, Serialize, Stream, assignment, distances};

    /// The pairing with the least sum of squared distances in the batch, exactly. The batch's size matters: it is part of the method.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Transport {}

    impl Member for Transport {
        const ABOUT: About = About {
            summary: "By exact optimal transport within the batch (OT-CFM)",
            paper: "Tong et al. 2024, https://arxiv.org/abs/2302.00482; Pooladian et al. 2023, https://arxiv.org/abs/2304.14772",
        };
    }

    impl Coupling for Transport {
        fn pair(&self, data: &[f32], noise: &[f32], rows: usize, _chance: &mut Stream) -> Vec<usize> {
            assignment::assign(&distances(data, noise, rows), rows)
        }
    }
}

mod bridge {
    use super::{
        About, Coupling, Deserialize, JsonSchema, Member, Result, Serialize, Stream, distances, draw,
        positive, sinkhorn,
    };

    /// Pairs drawn from the entropic transport plan of the batch: the Schrödinger bridge's coupling.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct Bridge {
        /// Regularisation as a share of the mean squared distance.
        pub epsilon: f64,
        /// Diffusion `s` of the bridge: the regularisation is then `2 s²`, whatever `epsilon` says.
        pub scale: Option<f64>,
    }

    impl Default for Bridge {
        fn default() -> Self {
            Self { epsilon: 0.05, scale: None }
        }
    }

    impl Member for Bridge {
        const ABOUT: About = About {
            summary: "Drawn from the entropic transport plan of the batch (Schrödinger bridge)",
            paper: "Tong et al. 2024, Proposition 3.5, https://arxiv.org/abs/2302.00482",
        };
    }

    impl Coupling for Bridge {
        fn pair(&self, data: &[f32], noise: &[f32], rows: usize, chance: &mut Stream) -> Vec<usize> {
            let cost = distances(data, noise, rows);
            let share = |scale: f64| 2.0 * scale * scale * cost.len() as f64 / cost.iter().sum::<f64>();
            let plan = sinkhorn::plan(&cost, rows, self.scale.map_or(self.epsilon, share));
            plan.chunks(rows).map(|row| draw(row, chance.uniform())).collect()
        }
        fn check(&self) -> Result<()> {
            positive("epsilon", self.epsilon)?;
            self.scale.map_or(Ok(()), |scale| positive("scale", scale))
        }
    }
}

/// `‖data_i − noise_j‖²`, `[rows, rows]`.
fn distances(data: &[f32], noise: &[f32], rows: usize) -> Vec<f64> {
    let features = data.len() / rows.max(1);
    let squared = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    let against = |y: &[f32]| noise.chunks(features).map(|n| squared(y, n)).collect::<Vec<f64>>();
    data.chunks(features).flat_map(against).collect()
}

/// The index at which the weights' running sum passes the share `u` of their total.
fn draw(weights: &[f64], u: f64) -> usize {
    let mut left = u * weights.iter().sum::<f64>();
    for (i, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return i;
        }
    }
    weights.len() - 1
}

#[cfg(test)]
mod tests {
    use super::{Bridge, CouplingConfig, distances};
    use crate::random::{Key, Purpose};

    fn normals(index: u64, count: usize) -> Vec<f32> {
        let mut values = vec![0.0; count];
        Key::new(3, Purpose::Noise, index).fill_normal(&mut values);
        values
    }

    fn cost(data: &[f32], noise: &[f32], rows: usize, pairs: &[usize]) -> f64 {
        let all = distances(data, noise, rows);
        pairs.iter().enumerate().map(|(i, j)| all[i * rows + j]).sum()
    }

    /// Transport is cheapest, chance dearest; the entropic plan tends to the first as its regularisation falls.
    #[test]
    fn couplings_are_ordered_by_their_cost() {
        let rows = 64;
        let (data, noise) = (normals(1, rows * 2), normals(2, rows * 2));
        let of = |config: CouplingConfig| {
            let mut chance = Key::new(1, Purpose::Level, 9).stream();
            cost(&data, &noise, rows, &config.pair(&data, &noise, rows, &mut chance))
        };
        let random = of(CouplingConfig::named("independent").expect("independent"));
        let exact = of(CouplingConfig::named("transport").expect("transport"));
        let bridge = |epsilon| of(CouplingConfig::Bridge(Bridge { epsilon, ..Bridge::default() }));
        assert!(exact < bridge(0.05) && bridge(0.05) < random, "{exact} {} {random}", bridge(0.05));
        assert!(bridge(1e-3) < 1.2 * exact && bridge(10.0) > 0.6 * random);
    }
}
