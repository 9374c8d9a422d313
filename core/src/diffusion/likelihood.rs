//! The likelihood of a diffusion model: its denoiser, handed to the methods of [`crate::likelihood`].

use std::rc::Rc;

use burn::prelude::*;

use super::{Diffusion, Trained};
use crate::guidance::Conditional;
use crate::likelihood::{Estimation, Likelihood, LikelihoodConfig, Process, Query};
use crate::samplers::{Denoiser, Evaluation, Vector};
use crate::{Error, Result};

impl Likelihood for Diffusion {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, _] = self.card.judged(&rows)?;
        let (core, config) = (self.core.clone(), &self.core.config);
        let class = query.told(batch, core.interface.classes.len(), config.label_dropout, &core.device)?;
        let process = Process {
            denoiser: Box::new(Told { core, class }),
            sigma_data: config.sigma_data,
            range: config.range,
            table: config.noise.table(),
        };
        let method = match &query.method {
            Some(method) => method.clone(),
            None => LikelihoodConfig::named("ode")?,
        };
        // Reverse kernels go by the score, the flow by the mean alone.
        if config.is_coupled() && matches!(method, LikelihoodConfig::Bound(_)) {
            return Err(Error::argument(format!(
                "likelihood: the bound is that of noise that is independent of the data, and this model's went with them (`coupling: {}`); \
                 take the method `ode`",
                config.coupling.name()
            )));
        }
        method.begin(process, rows, query)
    }
}

/// A model that has been told the class of each row.
struct Told {
    core: Rc<Trained>,
    class: Option<Tensor<2>>,
}

impl Denoiser for Told {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        self.core.denoise(x, sigma, self.class.as_ref())
    }

    fn evaluate(&self, x: Vector, sigma: f64, next: f64) -> Evaluation {
        self.core.evaluate(x, sigma, next, self.class.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::config::typed;
    use crate::diffusion::DiffusionConfig;
    use crate::likelihood::finish;
    use crate::model::Family;
    use crate::nn::{Init, Interface};

    use super::*;

    #[test]
    fn a_model_of_discrete_time_is_asked_at_each_of_its_levels() {
        let noise = json!({ "kind": "discrete", "betas": { "train_steps": 12 } });
        let network = json!({ "kind": "mlp", "hidden": 8, "blocks": 1 });
        let config: DiffusionConfig = typed(json!({ "noise": noise, "network": network })).expect("a model");
        let (interface, device) = (Interface::new(vec![2], vec![]), Device::flex());
        let network = config.network(&interface, &Init::new(1, &device)).expect("a network");
        let model = config.model(&interface, network, &device).expect("a model");
        let method = Some(LikelihoodConfig::named("bound").expect("the bound"));
        let judge = model.likelihood().expect("a likelihood");
        let query = Query { method, ..Query::default() };
        let mut estimation = judge.judge(Tensor::ones([3, 2], &device), &query).expect("a start");
        assert!(finish(&mut *estimation).is_ok());
        assert_eq!(estimation.evaluations(), 12);
    }
}
