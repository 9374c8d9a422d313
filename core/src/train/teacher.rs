//! Teachers: trained models that others learn from. Whether there is to be one, whether it fits, and what is taken over of it.

use burn::prelude::*;

use super::RunConfig;
use crate::model::{Card, Generate, Model, Teaching};
use crate::nn::Named;
use crate::{Error, Result};

fn wrong(message: impl Into<String>) -> Error {
    Error::config("train.teacher", message)
}

/// Refuses a run that lacks a teacher, or that has no use for the one it names.
pub(super) fn check_named(run: &RunConfig) -> Result<()> {
    match (run.model.teaching(), &run.train.teacher) {
        (Teaching::Needed, None) => Err(wrong(
            "what is learnt here is learnt from a trained model: name one, as in train.teacher=mnist/edm (an entry of the zoo, a \
             weight file or the folder of a run)",
        )),
        (Teaching::Unused, Some(name)) => Err(unused(name)),
        _ => Ok(()),
    }
}

fn unused(name: &str) -> Error {
    wrong(format!(
        "`{name}` would not be asked anything, as this objective learns from the data alone: leave it out, or take an objective \
         that has a teacher, such as consistency_distillation"
    ))
}

/// Refuses a teacher that is of no use, does not denoise samples, or is of other data.
pub(super) fn check(teaching: Teaching, own: &Card, teacher: &dyn Model) -> Result<()> {
    let card = teacher.card();
    if teaching == Teaching::Unused {
        return Err(unused(card.family));
    }
    if teacher.generator().and_then(Generate::denoiser).is_none() {
        return Err(wrong(format!("a {} does not denoise; take a diffusion model", card.family)));
    }
    if teacher.codec().is_some() {
        return Err(wrong(format!(
            "a {} model denoises latents, and these data are samples; take a diffusion model of samples",
            card.family
        )));
    }
    if card.shape != own.shape {
        return Err(wrong(format!(
            "it knows samples of shape {:?}, these data are of {:?}; take one of the same data",
            card.shape, own.shape
        )));
    }
    if card.classes != own.classes {
        return Err(wrong(format!(
            "it is told {}, this model {}; take one of the same classes, or set model.label_dropout as the teacher's (1 is no classes)",
            words(&card.classes),
            words(&own.classes)
        )));
    }
    Ok(())
}

/// `no classes`, or `10 classes (0 to 9)`.
fn words(classes: &[String]) -> String {
    match classes {
        [] => "no classes".to_owned(),
        [first, .., last] => format!("{} classes ({first} to {last})", classes.len()),
        [only] => format!("one class ({only})"),
    }
}

/// The teacher's weights, where its network is laid out as the student's: parameters of the same paths and shapes.
pub(super) fn weights(own: &[Named], teacher: &dyn Model) -> Option<Vec<Tensor<1>>> {
    let theirs = teacher.parameters();
    let alike = own.len() == theirs.len()
        && own.iter().zip(&theirs).all(|(own, their)| own.path == their.path && own.shape == their.shape);
    alike.then(|| theirs.into_iter().map(|named| named.value).collect())
}
