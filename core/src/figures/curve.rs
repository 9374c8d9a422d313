//! Curves over steps: losses, rates, norms. What was measured is faint, its running line is strong.

use std::ops::Range;

use image::{Rgb, RgbImage, imageops};
use plotters::prelude::{ChartBuilder, Circle, LineSeries, PathElement, SeriesLabelPosition};
use plotters::style::{Color, RGBColor, WHITE};

use super::axis::{Axis, Scale};
use super::colour::strokes;
use super::frame::{Area, Chart, font, mesh, padded, span};
use super::smooth::smooth;
use super::text;
use crate::{Error, Result};

/// Size of the picture. It is drawn twice as large and halved, which smooths every edge.
const SIZE: [u32; 2] = [960, 540];
/// Dots beyond so many are drawn thinned out: more cannot be told apart.
const DOTS: usize = 4000;

/// A name, and `(step, value)` in order.
pub type Series<'a> = (&'a str, &'a [(f64, f64)]);

/// Curves over steps, with axes and, for more than one, a legend. Values that are not finite are left out.
pub fn curve(title: &str, series: &[Series<'_>], scale: Scale) -> Result<RgbImage> {
    let lines: Vec<Line<'_>> = series.iter().map(|series| Line::of(series, scale)).collect();
    let window = Window::around(&lines).ok_or_else(|| {
        let names: Vec<&str> = series.iter().map(|(name, _)| *name).collect();
        Error::argument(format!(
            "`{title}` has nothing to draw: there is no value to show in: {}",
            names.join(", ")
        ))
    })?;
    let mut picture = RgbImage::from_pixel(2 * SIZE[0], 2 * SIZE[1], Rgb([255; 3]));
    text::draw(&mut picture, |area| plot(area, title, &lines, &window, scale))?;
    Ok(imageops::thumbnail(&picture, SIZE[0], SIZE[1]))
}

/// One curve, as steps and heights: what was measured, and its running line.
struct Line<'a> {
    name: &'a str,
    raw: Vec<(f64, f64)>,
    smooth: Vec<(f64, f64)>,
}

impl<'a> Line<'a> {
    /// Values are averaged, not their heights: a mean of logarithms would lie too low.
    fn of((name, points): &Series<'a>, scale: Scale) -> Self {
        let height = |(x, y): &(f64, f64)| Some((*x, scale.height(*y)?));
        let shown = |point: &(f64, f64)| point.0.is_finite() && height(point).is_some();
        let points: Vec<(f64, f64)> = points.iter().copied().filter(shown).collect();
        let heights = |points: &[(f64, f64)]| points.iter().filter_map(height).collect();
        Self { name, raw: heights(&points), smooth: heights(&smooth(&points)) }
    }
}

/// What the axes span: every running line, and the measured but for its outermost hundredths.
struct Window {
    x: Range<f64>,
    y: Range<f64>,
}

impl Window {
    fn around(lines: &[Line<'_>]) -> Option<Self> {
        let x = span(lines.iter().flat_map(|line| &line.raw).map(|(x, _)| *x))?;
        let measured = lines.iter().flat_map(|line| inner(&line.raw));
        let y = span(measured.chain(lines.iter().flat_map(|line| &line.smooth).map(|(_, y)| *y)))?;
        Some(Self { x: padded(x, 0.0), y: padded(y, 0.05) })
    }

    fn contains(&self, (x, y): (f64, f64)) -> bool {
        (self.x.start..=self.x.end).contains(&x) && self.y.contains(&y)
    }
}

/// The 1st and 99th percentile.
fn inner(points: &[(f64, f64)]) -> Vec<f64> {
    let mut values: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    [0.01, 0.99].iter().filter_map(|part| values.get((part * last).round() as usize).copied()).collect()
}

fn plot(area: &Area<'_>, title: &str, lines: &[Line<'_>], window: &Window, scale: Scale) -> Result<()> {
    let mut chart = ChartBuilder::on(area)
        .margin(28)
        .margin_right(56)
        .caption(title, font(40))
        .x_label_area_size(84)
        .y_label_area_size(120)
        .build_cartesian_2d(Axis::new(&window.x, Scale::Linear), Axis::new(&window.y, scale))
        .map_err(text::failed)?;
    mesh(&mut chart, [("step", Scale::Linear), ("", scale)])?;
    // All dots first: no line is hidden by another's.
    for (line, colour) in lines.iter().zip(strokes()) {
        dots(&mut chart, line, window, colour)?;
    }
    for (line, colour) in lines.iter().zip(strokes()) {
        strong(&mut chart, line, colour)?;
    }
    if lines.len() > 1 { legend(&mut chart) } else { Ok(()) }
}

fn dots(chart: &mut Chart<'_, '_>, line: &Line<'_>, window: &Window, colour: RGBColor) -> Result<()> {
    let every = line.raw.len().div_ceil(DOTS).max(1);
    let inside = line.raw.iter().step_by(every).filter(|point| window.contains(**point));
    let faint = colour.mix(0.22).filled();
    chart.draw_series(inside.map(|point| Circle::new(*point, 3, faint))).map_err(text::failed)?;
    Ok(())
}

fn strong(chart: &mut Chart<'_, '_>, line: &Line<'_>, colour: RGBColor) -> Result<()> {
    let style = colour.stroke_width(5);
    let drawn =
        chart.draw_series(LineSeries::new(line.smooth.iter().copied(), style)).map_err(text::failed)?;
    drawn.label(line.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 36, y)], style));
    Ok(())
}

fn legend<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>) -> Result<()> {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .margin(24)
        .legend_area_size(50)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(210, 210, 214))
        .label_font(font(28))
        .draw()
        .map_err(text::failed)
}
