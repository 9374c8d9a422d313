//! The likelihood of a variational autoencoder: importance sampling with its posterior, some of the samples a step.
//!
//! ```text
//! ln p(x) ≈ ln (1/K) Σ_k p(x|z_k) p(z_k) / q(z_k|x)
//! ```
//!
//! Burda et al. 2016, <https://arxiv.org/abs/1509.00519>, Theorem 1: a lower bound in the mean, which rises to `ln p(x)` with `K`.

use std::rc::Rc;

use burn::prelude::*;

use super::observation::Support;
use super::{Vae, Variational};
use crate::distributions::special::log_sum_exp;
use crate::likelihood::{Cells, Counted, Estimation, Likelihood, LikelihoodConfig, Method, Query};
use crate::nn::Mode;
use crate::random::Purpose;
use crate::samplers::Noise;
use crate::vae::network::Read;
use crate::{Error, Result};

/// Rows of the decoder in a step, where there are as many samples.
const AT_ONCE: usize = 2000;

impl Likelihood for Vae {
    fn judge(&self, rows: Tensor<2>, query: &Query) -> Result<Box<dyn Estimation>> {
        let [batch, _] = self.card.judged(&rows)?;
        let samples = samples(query.method.as_ref())?;
        let class = query.told(batch, self.card.classes.len(), self.config.label_dropout, &self.device)?;
        let rows = rows.without_autodiff();
        let (x, constant) = observed(self.config.decoder.support(), rows, query)?;
        let noise = Noise { features: self.network.latents(), ..query.noise(&x) };
        let read = self.network.read(x.clone(), class.as_ref(), Mode::Infer);
        let weights = Weights { network: self.network.clone(), x, class, read, noise };
        let chunk = (AT_ONCE / batch).clamp(1, samples);
        let steps = samples.div_ceil(chunk);
        let mut sums: Option<Tensor<2>> = None;
        Ok(Box::new(Counted::new(steps, move |step| {
            let (from, to) = (step * chunk, ((step + 1) * chunk).min(samples));
            let fresh = log_sum_exp(weights.of(from, to), 0);
            let all = match sums.take() {
                Some(sums) => log_sum_exp(Tensor::cat(vec![sums, fresh], 0), 0),
                None => fresh,
            };
            sums = Some(all.clone());
            let log_prob = all.reshape([-1]) + (constant - (samples as f64).ln());
            Ok((step + 1 == steps).then_some(log_prob))
        })))
    }
}

/// `K`.
fn samples(method: Option<&LikelihoodConfig>) -> Result<usize> {
    let method = method.map_or_else(|| LikelihoodConfig::named("importance"), |method| Ok(method.clone()))?;
    let LikelihoodConfig::Importance(importance) = method else {
        return Err(Error::argument(format!(
            "likelihood: a variational autoencoder has no `{}`; take `importance`",
            method.name()
        )));
    };
    importance.check()?;
    Ok(importance.samples)
}

/// What the observation model is shown, and what is added to its log-probability: a density is spread over cells, and probabilities of
/// bytes are those of their cells, or densities within them.
fn observed(support: Support, rows: Tensor<2>, query: &Query) -> Result<(Tensor<2>, f64)> {
    let features = rows.dims()[1] as f64;
    match (support, &query.cells) {
        (Support::Line, Some(cells)) => {
            let noise = query.noise(&rows);
            Ok((cells.spread(rows, &noise), features * cells.width().ln()))
        }
        (Support::Bytes, None) => Ok((rows, -features * Cells::BYTES.width().ln())),
        (Support::Bytes, Some(cells)) if *cells != Cells::BYTES => Err(Error::argument(
            "likelihood: this model knows the probability of bytes, and these data are others",
        )),
        (Support::Line, None) | (Support::Bytes | Support::Unit, _) => Ok((rows, 0.0)),
    }
}

/// The importance weights of rows.
struct Weights {
    network: Rc<Variational>,
    x: Tensor<2>,
    class: Option<Tensor<2>>,
    read: Read,
    /// As wide as latents.
    noise: Noise,
}

impl Weights {
    /// `ln p(x|z_k) p(z_k) / q(z_k|x)` of the samples from `from` to before `to`, `[samples, rows]`.
    fn of(&self, from: usize, to: usize) -> Tensor<2> {
        let (network, k) = (&self.network, to - from);
        let noise = (from..to).map(|draw| self.noise.draw(Purpose::Noise, draw as u32)).collect();
        let drawn = network.draw(&self.read.repeated(k), Tensor::cat(noise, 0));
        let class = self.class.as_ref().map(|class| class.clone().repeat_dim(0, k));
        let x = self.x.clone().repeat_dim(0, k);
        let log_x = network.log_likelihood(x, drawn.z.clone(), class.as_ref(), Mode::Infer);
        let log_w = log_x + network.log_prior(drawn.z, Mode::Infer) - drawn.log_q;
        log_w.reshape([k, self.noise.rows])
    }
}
