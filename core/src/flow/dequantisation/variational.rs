//! Noise that has learnt where in the cell a flow likes a number to be.
//!
//! ```text
//! ε ~ N(0, 1),   v = e(ε; g(x)),   y = x + w (σ(v) − ½),   −ln q = −ln N(ε) + Σ ln e' + Σ ln σ'(v) + d ln w
//! ```
//!
//! `e` is an element whose parameters a conditioner makes of the data: given those, the numbers' noises are independent.

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, sigmoid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dequantiser, Spread, levels};
use crate::Result;
use crate::config::check::{at_least, under};
use crate::flow::bases::log_normal;
use crate::flow::conditioners::{ConditionerConfig, Question};
use crate::flow::elements::ElementConfig;
use crate::flow::partition::Partition;
use crate::likelihood::Cells;
use crate::nn::{Condition, Init, Mode, Network};
use crate::random::Purpose;
use crate::registry::{About, Member};
use crate::samplers::Noise;

/// Noise that is learnt.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Variational {
    /// Levels of the data in [-1, 1], such as the 256 of bytes.
    pub levels: u32,
    /// What becomes of each number's normal noise.
    pub element: ElementConfig,
    /// The network that makes its parameters of the data.
    pub conditioner: ConditionerConfig,
}

impl Default for Variational {
    fn default() -> Self {
        let element = ElementConfig::named("affine").expect("the default should be registered");
        Self { levels: 256, element, conditioner: ConditionerConfig::default() }
    }
}

impl Member for Variational {
    const ABOUT: About = About {
        summary: "Learnt within the cell of each level",
        paper: "Ho et al. 2019, https://arxiv.org/abs/1902.00275, section 3.1",
    };
}

impl Dequantiser for Variational {
    fn cells(&self) -> Option<Cells> {
        Some(levels(self.levels))
    }

    fn build(&self, shape: &[usize], init: &Init) -> Result<Box<dyn Spread>> {
        at_least("levels", self.levels as usize, 2)?;
        under("element", self.element.check())?;
        let question = Question::of(&self.element, &Partition::all(shape), 0);
        let network = under("conditioner", self.conditioner.build(&question, init))?;
        Ok(Box::new(Learnt { network, element: self.element.clone(), cells: levels(self.levels) }))
    }
}

struct Learnt {
    network: Box<dyn Network>,
    element: ElementConfig,
    cells: Cells,
}

impl Spread for Learnt {
    fn spread(&self, x: Tensor<2>, noise: &Noise, mode: Mode) -> [Tensor<2>; 2] {
        let features = x.dims()[1] as f64;
        let n = noise.draw(Purpose::Augment, 1).cast(x.dtype());
        let parameters = self.network.forward(x.clone(), &Condition::default(), mode);
        let [v, slopes] = self.element.normalise(n.clone(), parameters);
        let within = (log_sigmoid(v.clone()) + log_sigmoid(-v.clone())).sum_dim(1);
        let log = slopes + within - log_normal(n) + features * self.cells.width().ln();
        [x + (sigmoid(v) - 0.5) * self.cells.width(), log]
    }

    fn network(&self) -> Option<&dyn Network> {
        Some(&*self.network)
    }

    fn network_mut(&mut self) -> Option<&mut dyn Network> {
        Some(&mut *self.network)
    }
}
