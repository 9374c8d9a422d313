//! Predictions that a scheduler keeps within the range of the data: no sampler's matter here, but said.

use super::fields::{Fields, Switch};
use crate::Result;

/// `clip_sample` and what belongs to it.
pub(super) fn clipped(fields: &mut Fields, default: Switch) -> Result<()> {
    let clips = fields.on("clip_sample", default)?;
    let range = fields.number("clip_sample_range", 1.0)?;
    if clips.is_on() && fields.clip.is_none() {
        fields.clip = Some(range);
        fields.notes.push(format!(
            "clip_sample: diffusers keeps predictions within ±{range}; Kiln's samplers do not, and differ where that binds (see sampling.guiding.threshold)"
        ));
    }
    Ok(())
}

/// `thresholding` and what belongs to it.
pub(super) fn thresholded(fields: &mut Fields) -> Result<()> {
    let thresholds = fields.on("thresholding", Switch::Off)?;
    let percentile = fields.number("dynamic_thresholding_ratio", 0.995)?;
    let largest = fields.number("sample_max_value", 1.0)?;
    if !thresholds.is_on() {
        return Ok(());
    }
    // With the default bound it never is more than 1, which clips.
    fields.clip = (largest <= 1.0).then_some(1.0);
    fields.notes.push(format!(
        "thresholding: diffusers bounds predictions by their {percentile}-quantile, {largest} at most; Kiln's way of doing so is sampling.guiding.threshold"
    ));
    Ok(())
}
