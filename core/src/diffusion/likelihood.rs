//! The likelihood of a diffusion model: its denoiser, handed to the methods of [`crate::likelihood`].

use std::rc::Rc;

use burn::prelude::*;

use super::{Diffusion, Trained};
use crate::guidance::Conditional;
use crate::likelihood::{Estimation, Likelihood, LikelihoodConfig, Process, Query};
use crate::nn::one_hot;
use crate::samplers::{Denoiser, Evaluation};
use crate::{Error, Result};

impl Likelihood for Diffusion {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, features] = rows.dims();
        if batch == 0 || features != self.card.features() {
            return Err(Error::argument(format!(
                "likelihood: wanted rows of {} numbers, at least 1; these are {batch} of {features}",
                self.card.features()
            )));
        }
        let class = classes(&self.core, batch, query)?;
        let (core, config) = (self.core.clone(), &self.core.config);
        let denoiser = Box::new(Told { core, class });
        let process = Process { denoiser, sigma_data: config.sigma_data, range: config.range };
        let method = match &query.method {
            Some(method) => method.clone(),
            None => LikelihoodConfig::named("ode")?,
        };
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

    fn evaluate(&self, x: Tensor<2>, sigma: f64, next: f64) -> Evaluation {
        self.core.evaluate(x, sigma, next, self.class.as_ref())
    }
}

/// The one-hot rows of the query's classes; rows of zeros where it names none.
fn classes(model: &Trained, batch: usize, query: &Query) -> Result<Option<Tensor<2>>> {
    let known = model.interface.classes.len();
    let rows: Vec<Option<u32>> = match &query.classes {
        None if known == 0 => return Ok(None),
        None if model.config.label_dropout == 0.0 => {
            return Err(Error::argument(
                "classes: this model has only learnt log p(x | class); give each row's class",
            ));
        }
        None => vec![None; batch],
        Some(_) if known == 0 => {
            return Err(Error::argument("classes: this model has learnt no classes; leave them out"));
        }
        Some(classes) => classes.iter().copied().map(Some).collect(),
    };
    if rows.len() != batch {
        return Err(Error::argument(format!(
            "classes: wanted one for each of {batch} rows, these are {}",
            rows.len()
        )));
    }
    match rows.iter().flatten().find(|class| **class as usize >= known) {
        Some(class) => Err(Error::argument(format!(
            "class: {class} is out of range; the classes are 0 to {}",
            known - 1
        ))),
        None => Ok(Some(one_hot(&rows, known, &model.device))),
    }
}
