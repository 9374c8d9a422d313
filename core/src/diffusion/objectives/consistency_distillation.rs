//! Consistency distillation: the network learns where the teacher's ODE through `x` ends.
//!
//! ```text
//! L = E λ d(f(x; σ_{i+1}), f̄(x̂; σ_i)),   x = y + σ_{i+1} n,   x̂ = Heun's step of the teacher from x at σ_{i+1} to σ_i
//! ```
//!
//! Song et al. 2023, Algorithm 2, <https://arxiv.org/abs/2303.01469>, with `f̄ = f` without gradient, the pseudo-Huber metric and the
//! weight `λ = 1/(σ_{i+1} − σ_i)` of the improved techniques (Song and Dhariwal 2023, Table 1, <https://arxiv.org/abs/2310.14189>): with
//! the first paper's `λ = 1` the low levels, through which all that is learnt has to pass, are learnt too slowly. A student whose
//! network is laid out as its teacher's begins with the teacher's weights. At the lowest level the target is `x̂` itself, whatever the
//! prediction. The teacher may be guided, which the student then is by itself: draw from it without guidance (Luo et al. 2023,
//! <https://arxiv.org/abs/2310.04378>).

use burn::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{DiffusionConfig, Noisy};
use super::consistency::{distance, target};
use super::trajectory::{heun, levels};
use super::{Lesson, Objective, teacher};
use crate::Result;
use crate::classes::Guide;
use crate::config::check::{at_least, positive};
use crate::guidance::Learns;
use crate::model::{Model, Teaching};
use crate::nn::Interface;
use crate::registry::{About, Member};

/// Consistency distillation (CD).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConsistencyDistillation {
    /// Levels of the teacher's walk, both ends included; 18 in the paper for CIFAR-10.
    pub levels: usize,
    /// The exponent of their spacing.
    pub rho: f64,
    /// Scale of the teacher's classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// The pseudo-Huber constant `c`, divided by the square root of the number of features.
    pub huber: f64,
}

impl Default for ConsistencyDistillation {
    fn default() -> Self {
        Self { levels: 18, rho: 7.0, guidance: 1.0, huber: 0.00054 }
    }
}

impl Member for ConsistencyDistillation {
    const ABOUT: About = About {
        summary: "Consistency distillation of a teacher, for one or two steps; noise levels and weight are its own",
        paper: "Song et al. 2023, Algorithm 2, https://arxiv.org/abs/2303.01469",
    };
}

impl Objective for ConsistencyDistillation {
    fn loss(&self, lesson: &Lesson) -> Tensor<1> {
        let levels = levels(lesson.model.range, self.levels, self.rho);
        let pair = |u: f64| (u * (levels.len() - 1) as f64) as usize;
        let pairs: Vec<usize> = lesson.chances().map(|mut chance| pair(chance.uniform())).collect();
        let [above, below] = [1, 0].map(|up| pairs.iter().map(|i| levels[i + up]).collect::<Vec<f64>>());
        let n = lesson.noise();
        let x = lesson.examples() + n * lesson.column(&above, |sigma| sigma);
        let class = lesson.one_hot(&lesson.classes());
        let x_hat = self.walked(lesson, x.clone().without_autodiff(), [&above, &below], class.as_ref());
        let wanted = target(lesson, x_hat, &pairs, Noisy::new(below.clone(), class.clone()));
        distance(lesson, x, class, wanted, [&above, &below], self.huber)
    }

    fn learns(&self) -> Learns {
        Learns::ConsistencyFunction
    }

    fn ignores(&self) -> &'static [&'static str] {
        &["noise", "weight", "coupling"]
    }

    fn teaching(&self) -> Teaching {
        Teaching::Needed
    }

    fn check_teacher(&self, _model: &DiffusionConfig, teacher: &dyn Model) -> Result<()> {
        teacher::says(teacher, &[Learns::Mean])?;
        teacher::guides(teacher, self.guidance)
    }

    fn check(&self, _model: &DiffusionConfig, interface: &Interface) -> Result<()> {
        at_least("levels", self.levels, 2)?;
        positive("rho", self.rho)?;
        positive("huber", self.huber)?;
        teacher::guidable(self.guidance, interface)
    }
}

impl ConsistencyDistillation {
    /// Where the teacher walks to.
    fn walked(
        &self,
        lesson: &Lesson,
        x: Tensor<2>,
        ends: [&[f64]; 2],
        class: Option<&Tensor<2>>,
    ) -> Tensor<2> {
        let (teacher, class) = (lesson.teacher(), class.map(|class| class.clone().without_autodiff()));
        let guide = Guide { class, scale: self.guidance };
        let denoise = |x: Tensor<2>, sigma: &[f64]| {
            guide.answer(|class| teacher.denoise_each(x.clone(), sigma, class.as_ref()))
        };
        heun(denoise, x, ends)
    }
}
