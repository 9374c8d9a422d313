//! What stands around a plot: ranges of its axes, mesh, labels.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::{BitMapBackend, ChartContext, DrawingArea};
use plotters::style::{BLACK, Color, RGBColor, TextStyle};

use super::axis::{Axis, Scale, short};
use super::text;
use crate::Result;

/// A part of the picture, in pixels.
pub(super) type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
/// A part of the picture with axes, in heights.
pub(super) type Chart<'a, 'b> = ChartContext<'a, BitMapBackend<'b>, Cartesian2d<Axis, Axis>>;

/// From the least to the greatest; nothing where there is no value.
pub(super) fn span(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    values.map(|value| value..value).reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
}

/// Some room at both ends; for a single value, enough to see it in the middle.
pub(super) fn padded(range: Range<f64>, part: f64) -> Range<f64> {
    let size = range.end - range.start;
    let least = 1e-6 * range.end.abs().max(range.start.abs());
    let room = if size > least { part * size } else { 0.1 * range.end.abs().max(1.0) };
    range.start - room..range.end + room
}

/// Mesh and labels of two axes, each with what is written at it; an empty word is none.
pub(super) fn mesh(chart: &mut Chart<'_, '_>, [x, y]: [(&str, Scale); 2]) -> Result<()> {
    let label = |scale: Scale| move |height: &f64| short(scale.value(*height));
    let (x_label, y_label) = (label(x.1), label(y.1));
    let mut mesh = chart.configure_mesh();
    mesh.bold_line_style(RGBColor(228, 228, 232))
        .axis_style(RGBColor(150, 150, 156))
        .x_label_formatter(&x_label)
        .y_label_formatter(&y_label)
        .label_style(font(26))
        .axis_desc_style(font(28));
    if !x.0.is_empty() {
        mesh.x_desc(x.0);
    }
    if !y.0.is_empty() {
        mesh.y_desc(y.0);
    }
    mesh.draw().map_err(text::failed)
}

/// Letters on white.
pub(super) fn font(size: u32) -> TextStyle<'static> {
    text::style(size, BLACK.mix(0.85))
}
