//! A trained network as a denoiser.

use burn::prelude::*;

use super::{DiffusionConfig, Noisy};
use crate::guidance::{Conditional, Learns};
use crate::nn::{Interface, Mode, Network};
use crate::samplers::{Evaluation, Flow, Vector};

/// What a generation shares with its model.
pub(crate) struct Trained {
    pub(super) config: DiffusionConfig,
    pub(super) network: Box<dyn Network>,
    pub(super) interface: Interface,
    pub(super) device: Device,
}

impl Conditional for Trained {
    fn denoise(&self, x: Tensor<2>, sigma: f64, class: Option<&Tensor<2>>) -> Tensor<2> {
        self.denoise_each(x, &[sigma], class)
    }

    fn denoise_each(&self, x: Tensor<2>, sigma: &[f64], class: Option<&Tensor<2>>) -> Tensor<2> {
        let input = self.told(sigma, sigma, class.cloned());
        self.config.evaluate(&*self.network, x, &input, Mode::Infer).0
    }

    fn evaluate(&self, x: Vector, sigma: f64, next: f64, class: Option<&Tensor<2>>) -> Evaluation {
        let (f, v) = self.ask(self.scaled(&x, sigma), [sigma, next], class.cloned());
        Evaluation { mean: self.mean(x, f, sigma), v }
    }

    fn evaluate_both(&self, x: Vector, sigma: f64, next: f64, class: &Tensor<2>) -> (Evaluation, Vector) {
        let rows = class.dims()[0];
        let both = Tensor::cat(vec![class.clone(), class.zeros_like()], 0);
        let twice = self.scaled(&x, sigma).repeat_dim(0, 2);
        let (f, v) = self.ask(twice, [sigma, next], Some(both));
        let away = self.mean(x.clone(), f.clone().narrow(0, rows, rows), sigma);
        let mean = self.mean(x, f.narrow(0, 0, rows), sigma);
        (Evaluation { mean, v: v.map(|v| v.narrow(0, 0, rows)) }, away)
    }

    fn flow(&self, sigmas: &[[f64; 2]]) -> Option<Flow> {
        let [from, next]: [Vec<f64>; 2] = [0, 1].map(|i| sigmas.iter().map(|pair| pair[i]).collect());
        let field = self.network.field(&self.told(&from, &next, None).condition())?;
        let scales = |sigma: &f64| {
            let [skip, out] = self.config.prediction.coefficients(*sigma, self.config.sigma_data);
            [self.config.c_in(*sigma), skip, out]
        };
        Some(Flow { field, scales: from.iter().map(scales).collect() })
    }

    fn learns(&self) -> Learns {
        self.config.objective.learns()
    }

    fn unconditional(&self) -> bool {
        self.interface.classes.is_empty() || self.config.label_dropout > 0.0
    }
}

impl Trained {
    fn told(&self, sigma: &[f64], next: &[f64], class: Option<Tensor<2>>) -> Noisy {
        // A model without classes may help one that has some.
        let class = class.filter(|_| !self.interface.classes.is_empty());
        let input = Noisy::new(sigma.to_vec(), class);
        if self.config.objective.tells_span() { input.toward(next.to_vec()) } else { input }
    }

    /// What the network sees of `x`.
    fn scaled(&self, x: &Vector, sigma: f64) -> Tensor<2> {
        Vector::sum([(self.config.c_in(sigma), x.clone())]).into_tensor()
    }

    /// `F`, and what it tells of the variance.
    fn ask(
        &self,
        x: Tensor<2>,
        [sigma, next]: [f64; 2],
        class: Option<Tensor<2>>,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let input = self.told(&[sigma], &[next], class);
        self.config.split(self.network.forward(x, &input.condition(), Mode::Infer))
    }

    /// `c_skip x + c_out F`.
    fn mean(&self, x: Vector, f: Tensor<2>, sigma: f64) -> Vector {
        let [skip, out] = self.config.prediction.coefficients(sigma, self.config.sigma_data);
        Vector::sum([(skip, x), (out, f.into())])
    }
}
