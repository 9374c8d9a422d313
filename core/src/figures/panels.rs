//! Panels of lines with a mark at each point, and one legend for all: a few measurements of many things.

use std::ops::Range;

use image::{Rgb, RgbImage, imageops};
use plotters::prelude::{ChartBuilder, DashedLineSeries, LineSeries, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color};

use super::axis::{Axis, Scale};
use super::frame::{Area, Chart, font, mesh, padded, span};
use super::mark::{Style, styles};
use super::text;
use crate::{Error, Result};

/// Size of a panel. It is drawn twice as large and halved, which smooths every edge.
const SIZE: [u32; 2] = [680, 540];
/// Height of the legend's lines and the length of a piece of line in it, before halving.
const LINE: i32 = 40;
const PIECE: i32 = 70;
/// Lines of the legend in a column.
const TALL: usize = 24;

/// One plot of several.
pub struct Panel<'a> {
    /// What is written above.
    pub title: &'a str,
    /// What is written at the axes `x` and `y`, and their scales.
    pub axes: [(&'a str, Scale); 2],
    /// The points of each line, in the order of the legend's names; none for what is not in this panel.
    pub lines: Vec<Vec<(f64, f64)>>,
    /// What the lines are to be held against: what it is, and its value.
    pub level: Option<(&'a str, f64)>,
}

/// Panels beside one another, and at their right a legend of `names`. What an axis cannot show is left out.
pub fn panels(names: &[&str], panels: &[Panel<'_>]) -> Result<RgbImage> {
    let plots = panels.iter().map(|panel| Plot::of(names, panel)).collect::<Result<Vec<_>>>()?;
    let columns = names.len().div_ceil(TALL).max(1) as u32;
    let column = column(names);
    let [width, height] = [SIZE[0] * plots.len() as u32 + columns * column, SIZE[1]];
    let mut picture = RgbImage::from_pixel(2 * width, 2 * height, Rgb([255; 3]));
    text::draw(&mut picture, |area| {
        let mut rest = area.clone();
        for plot in &plots {
            let (left, right) = rest.split_horizontally(2 * SIZE[0]);
            plot.draw(area, &left)?;
            rest = right;
        }
        legend(&rest, names, 2 * column.cast_signed())
    })?;
    Ok(imageops::thumbnail(&picture, width, height))
}

/// The width of a column of the legend, after halving: letters are about half as wide as they are tall.
fn column(names: &[&str]) -> u32 {
    let letters = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    70 + 8 * letters as u32
}

/// A panel in heights.
struct Plot<'a> {
    panel: &'a Panel<'a>,
    lines: Vec<Vec<(f64, f64)>>,
    level: Option<(&'a str, f64)>,
    x: Range<f64>,
    y: Range<f64>,
}

impl<'a> Plot<'a> {
    fn of(names: &[&str], panel: &'a Panel<'a>) -> Result<Self> {
        if names.len() != panel.lines.len() {
            let (names, lines) = (names.len(), panel.lines.len());
            return Err(Error::argument(format!("`{}` has {lines} lines for {names} names", panel.title)));
        }
        let [(_, x), (_, y)] = panel.axes;
        let heights = |point: &(f64, f64)| Some((x.height(point.0)?, y.height(point.1)?));
        let line = |points: &Vec<(f64, f64)>| points.iter().filter_map(heights).collect();
        let lines: Vec<Vec<(f64, f64)>> = panel.lines.iter().map(line).collect();
        let level = panel.level.and_then(|(name, value)| Some((name, y.height(value)?)));
        let all = || lines.iter().flatten();
        let reach = span(all().map(|point| point.0));
        let tall = span(all().map(|point| point.1).chain(level.map(|level| level.1)));
        let (Some(reach), Some(tall)) = (reach, tall) else {
            return Err(Error::argument(format!("`{}` has nothing to draw", panel.title)));
        };
        Ok(Self { panel, lines, level, x: padded(reach, 0.04), y: padded(tall, 0.06) })
    }

    /// Into `area`, which is a part of `whole`.
    fn draw(&self, whole: &Area<'_>, area: &Area<'_>) -> Result<()> {
        let [(_, x), (_, y)] = self.panel.axes;
        let mut chart = ChartBuilder::on(area)
            .margin(28)
            .margin_right(40)
            .caption(self.panel.title, font(36))
            .x_label_area_size(84)
            .y_label_area_size(130)
            .build_cartesian_2d(Axis::new(&self.x, x), Axis::new(&self.y, y))
            .map_err(text::failed)?;
        mesh(&mut chart, self.panel.axes)?;
        if let Some((name, height)) = self.level {
            level(&mut chart, name, height, &self.x)?;
        }
        self.lines.iter().zip(styles()).try_for_each(|(points, style)| line(&mut chart, points, style))?;
        // All marks last: none is hidden by another's line.
        let mark = |style: Style, point: &(f64, f64)| style.mark(whole, chart.backend_coord(point), 8);
        self.lines
            .iter()
            .zip(styles())
            .try_for_each(|(points, style)| points.iter().try_for_each(|point| mark(style, point)))
    }
}

fn line(chart: &mut Chart<'_, '_>, points: &[(f64, f64)], style: Style) -> Result<()> {
    let line = LineSeries::new(points.iter().copied(), style.colour.stroke_width(4));
    chart.draw_series(line).map_err(text::failed)?;
    Ok(())
}

/// A dashed line from side to side, its name above its right end.
fn level(chart: &mut Chart<'_, '_>, name: &str, height: f64, x: &Range<f64>) -> Result<()> {
    let ends = [(x.start, height), (x.end, height)];
    let line = DashedLineSeries::new(ends, 14, 10, BLACK.mix(0.6).stroke_width(3));
    chart.draw_series(line).map_err(text::failed)?;
    let style = font(24).pos(Pos::new(HPos::Right, VPos::Bottom));
    let word = Text::new(format!("{name} "), (x.end, height), style);
    chart.draw_series(std::iter::once(word)).map_err(text::failed)?;
    Ok(())
}

/// Names in columns of `width` pixels, each behind a piece of its line.
fn legend(area: &Area<'_>, names: &[&str], width: i32) -> Result<()> {
    let style = font(26).pos(Pos::new(HPos::Left, VPos::Center));
    for (place, (name, line)) in names.iter().zip(styles()).enumerate() {
        let (x, y) = ((place / TALL) as i32 * width, 100 + (place % TALL) as i32 * LINE);
        line.sample(area, (x, y), PIECE)?;
        area.draw(&Text::new((*name).to_owned(), (x + PIECE + 16, y), style.clone()))
            .map_err(text::failed)?;
    }
    Ok(())
}
