//! A model for given classes, guided away from another prediction: of no class, or of a weaker model.
//!
//! Ho and Salimans 2022, <https://arxiv.org/abs/2207.12598>; Karras et al. 2024, "Guiding a diffusion model with a bad version of
//! itself", <https://arxiv.org/abs/2406.02507>.

use std::cell::RefCell;
use std::rc::Rc;

use burn::prelude::*;

use super::methods::Rule;
use super::{Conditional, Guiding, rescale};
use crate::samplers::{Denoiser, Evaluation, Flow, Vector};

/// The denoiser of a model for given classes, guided.
pub struct Guided {
    model: Rc<dyn Conditional>,
    class: Option<Tensor<2>>,
    weak: Option<Rc<dyn Conditional>>,
    scale: f64,
    guiding: Guiding,
    rule: RefCell<Box<dyn Rule>>,
}

impl Guided {
    /// `class` is `[batch, classes]`, one-hot; `None` where the model has none, and then nothing guides.
    pub fn new(model: Rc<dyn Conditional>, class: Option<Tensor<2>>, scale: f64, guiding: &Guiding) -> Self {
        let rule = RefCell::new(guiding.method.build());
        Self { model, class, weak: None, scale, guiding: guiding.clone(), rule }
    }

    /// The same, away from a weaker model of the same classes instead of from no class: autoguidance.
    pub fn away_from(self, weak: Rc<dyn Conditional>) -> Self {
        Self { weak: Some(weak), ..self }
    }

    /// What is said for the class, and `D⁻`.
    fn pair(&self, x: Vector, sigma: f64, next: f64) -> Option<(Evaluation, Vector)> {
        let class = self.class.as_ref();
        if let Some(weak) = &self.weak {
            let strong = self.model.evaluate(x.clone(), sigma, next, class);
            return Some((strong, weak.evaluate(x, sigma, next, class).mean));
        }
        Some(self.model.evaluate_both(x, sigma, next, class?))
    }
}

impl Denoiser for Guided {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self.evaluate(x.into(), sigma, sigma).mean.into_tensor()
    }

    /// The mean is guided, the variance that of the class (as in GLIDE, Nichol et al. 2022, <https://arxiv.org/abs/2112.10741>).
    fn evaluate(&self, x: Vector, sigma: f64, next: f64) -> Evaluation {
        let scale = self.guiding.scale(self.scale, sigma);
        if scale == 1.0 || (self.class.is_none() && self.weak.is_none()) {
            return self.model.evaluate(x, sigma, next, self.class.as_ref());
        }
        let (Evaluation { mean: towards, v }, away) =
            self.pair(x, sigma, next).expect("there should be something to be guided away from");
        let plain = (self.guiding.rescale > 0.0).then(|| towards.clone());
        let guided = self.rule.borrow_mut().guide(towards, away, sigma, scale);
        let mean = match plain {
            Some(plain) => rescale(guided.into_tensor(), &plain.into_tensor(), self.guiding.rescale).into(),
            None => guided,
        };
        Evaluation { mean, v }
    }

    /// Where nothing guides.
    fn flow(&self, sigmas: &[[f64; 2]]) -> Option<Flow> {
        let plain = self.class.is_none() && self.weak.is_none();
        if plain { self.model.flow(sigmas) } else { None }
    }

    fn forget(&self) {
        *self.rule.borrow_mut() = self.guiding.method.build();
    }
}
