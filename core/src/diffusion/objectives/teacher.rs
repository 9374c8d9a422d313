//! What an objective asks of its teacher.

use crate::config::check::within;
use crate::guidance::Learns;
use crate::model::{Generate, Model};
use crate::nn::Interface;
use crate::{Error, Result};

fn wrong(message: String) -> Error {
    Error::config("train.teacher", message)
}

/// Refuses a teacher that has learnt none of these.
pub(super) fn says(teacher: &dyn Model, wanted: &[Learns]) -> Result<()> {
    let Some(denoiser) = teacher.generator().and_then(Generate::denoiser) else { return Ok(()) };
    let learnt = denoiser.learns();
    if wanted.contains(&learnt) {
        return Ok(());
    }
    let wanted: Vec<&str> = wanted.iter().map(|learns| learns.words()).collect();
    Err(wrong(format!(
        "it has learnt {}, and what is learnt here is learnt from {}: take the model that it has learnt from, or another of the \
         objective `denoise`",
        learnt.words(),
        wanted.join(" or ")
    )))
}

/// Refuses a teacher that is to be guided away from no class without having learnt what that is.
pub(super) fn guides(teacher: &dyn Model, guidance: f64) -> Result<()> {
    let denoiser = teacher.generator().and_then(Generate::denoiser);
    if guidance == 1.0 || denoiser.is_none_or(|denoiser| denoiser.unconditional()) {
        return Ok(());
    }
    Err(wrong(format!(
        "it has never learnt without a class (its `label_dropout` was 0), so that nothing is there to be guided away from: take the \
         guidance 1, this is {guidance}, or another teacher"
    )))
}

/// Noise levels at the end and at the start of a teacher's walks.
pub(super) fn range(teacher: &dyn Model) -> Option<[f64; 2]> {
    teacher.generator().and_then(Generate::range)
}

/// Refuses a scale of guidance where there are no classes to be guided towards.
pub(super) fn guidable(guidance: f64, interface: &Interface) -> Result<()> {
    within("guidance", guidance, 0.0, 1e3)?;
    if guidance != 1.0 && interface.classes.is_empty() {
        let message = format!("wanted 1, as this model is told no classes; this is {guidance}");
        return Err(Error::config("guidance", message));
    }
    Ok(())
}
