//! Predictions that a scheduler keeps within the range of the data: what Kiln calls `guiding.threshold`.

use serde_json::json;

use super::fields::{Fields, Switch};
use crate::Result;

/// `clip_sample` and what belongs to it: static thresholding.
pub(super) fn clipped(fields: &mut Fields, default: Switch) -> Result<()> {
    let clips = fields.on("clip_sample", default)?;
    let range = fields.number("clip_sample_range", 1.0)?;
    if clips.is_on() && fields.threshold.is_none() {
        fields.threshold = Some(json!({ "limit": range, "largest": range }));
    }
    Ok(())
}

/// `thresholding` and what belongs to it: dynamic thresholding. Where it is on, nothing is clipped besides.
pub(super) fn thresholded(fields: &mut Fields) -> Result<()> {
    let thresholds = fields.on("thresholding", Switch::Off)?;
    let percentile = fields.number("dynamic_thresholding_ratio", 0.995)?;
    let largest = fields.number("sample_max_value", 1.0)?;
    if thresholds.is_on() {
        fields.threshold = Some(json!({ "percentile": percentile, "limit": 1.0, "largest": largest }));
    }
    Ok(())
}
