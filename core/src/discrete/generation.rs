//! What a request asks for, checked and put together: the prediction with its guidance, and the walk.

use std::rc::Rc;

use burn::prelude::*;
use burn::tensor::activation::log_softmax;

use super::Trained;
use super::process::Predictor;
use super::walk::{Given, Walk, times};
use crate::classes::{Guide, Taught};
use crate::config::check::under;
use crate::editing::{Edit, spread};
use crate::model::{Asked, Card, Generation, Helpers, Request};
use crate::samplers::Noise;
use crate::{Error, Result};

/// Begins a generation; fails where the request does not fit the model.
pub(super) fn begin(
    model: &Rc<Trained>,
    card: &Card,
    request: &Request,
    helpers: &Helpers,
) -> Result<Box<dyn Generation>> {
    request.check(helpers, "a model of tokens", why_not)?;
    let own = &model.config.sampling;
    let taught = Taught { classes: model.classes, label_dropout: model.config.label_dropout };
    let guide = Guide::asked(request, own.guidance, taught, &model.device)?;
    let decoding = request.decoding.clone().unwrap_or_else(|| own.decoding.clone());
    under("decoding", model.config.check_decoding(&decoding))?;
    let steps = request.steps.unwrap_or(own.steps);
    if steps == 0 {
        return Err(Error::argument("steps: at least 1 is needed, not 0"));
    }
    let noise = request.noise(card.features(), &model.device);
    let (walked, start) = match &request.edit {
        None => (steps, (None, None)),
        Some(edit) => start(model, card, edit, steps, &noise)?,
    };
    let (predictor, process) = (predictor(model, guide), model.process.clone());
    Ok(Box::new(Walk::new(predictor, process, decoding, times(steps, walked), start, noise)))
}

/// Steps to walk, and what they start from and keep.
type Start = (usize, (Option<Tensor<2>>, Option<Given>));

fn start(model: &Trained, card: &Card, edit: &Edit, steps: usize, noise: &Noise) -> Result<Start> {
    edit.check(&card.shape)?;
    match edit {
        Edit::From { rows, strength } => {
            check_tokens(rows, model.process.vocabulary)?;
            let walked = libm::ceil(strength * steps as f64) as usize;
            Ok((walked.clamp(1, steps), (Some(spread(rows, noise.features, noise)), None)))
        }
        Edit::Inpaint { rows, mask, method } => {
            if method.name() != "replace" {
                return Err(Error::argument(format!(
                    "method: tokens that are known are kept as they are; take `replace`, not `{}`",
                    method.name()
                )));
            }
            check_tokens(rows, model.process.vocabulary)?;
            let kept = spread(mask, noise.features, noise).lower_elem(0.5);
            Ok((steps, (None, Some(Given { rows: spread(rows, noise.features, noise), kept }))))
        }
        Edit::Measured { .. } | Edit::Between { .. } => Err(Error::argument(
            "edit: tokens are drawn into (`inpaint`) or over (`from`); they are neither measured nor mixed",
        )),
    }
}

fn check_tokens(rows: &[f32], vocabulary: usize) -> Result<()> {
    let token = |value: &f32| value.fract() == 0.0 && *value >= 0.0 && (*value as usize) < vocabulary;
    match rows.iter().position(|value| !token(value)) {
        None => Ok(()),
        Some(at) => Err(Error::argument(format!(
            "edit.rows: number {at} is {}, which is no token; they are 0 to {}",
            rows[at],
            vocabulary - 1
        ))),
    }
}

/// `ln p(x_0|x_t, class)`, or `∝ (1 − g) ln p(x_0|x_t) + g ln p(x_0|x_t, class)` (Schiff et al. 2024, Eq. 4,
/// <https://arxiv.org/abs/2412.10193>), and how many evaluations of the network it takes.
fn predictor(model: &Rc<Trained>, guide: Guide) -> (Box<dyn Predictor>, usize) {
    let (model, evaluations) = (model.clone(), guide.evaluations());
    let predictor = move |x: Tensor<2>, times: &[f64]| {
        let log_p = guide.answer(|class| model.predict(x.clone(), times, class));
        if guide.pairs() { log_softmax(log_p, 2) } else { log_p }
    };
    (Box::new(predictor), evaluations)
}

/// A walk of tokens has no solver, no frame and no levels of noise.
fn why_not(asked: Asked) -> Option<&'static str> {
    match asked {
        Asked::Steps(_) | Asked::Guidance | Asked::Decoding | Asked::Edit => None,
        Asked::Sampler => Some("say how tokens are drawn with a decoder (ancestral, confidence)"),
        Asked::Schedule => Some("the model has its own"),
        Asked::Grid => Some("its steps are evenly spaced"),
        Asked::Epsilon => Some("it walks by no SDE"),
        Asked::Guiding => Some("guidance is a scale alone"),
        Asked::Weak | Asked::Classifier => Some("it is guided by its classes"),
    }
}
