//! Samples on the plane, as light: where there are more, it is brighter.

use image::imageops;
use image::{Rgb, RgbImage};
use plotters::prelude::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};

use super::text;
use super::window::Window;
use crate::colour::magma;
use crate::{Error, Result};

/// Height of the line of titles, and the gap between panels, in pixels.
const TITLE: u32 = 34;
const GAP: u32 = 6;

/// Points `[n, 2]` as a density, in a square of `side` pixels. With a reference, two squares beside one another of one
/// window and one brightness: `samples` and `data`.
pub fn density(points: &[f32], reference: Option<&[f32]>, side: u32) -> Result<RgbImage> {
    check(points, side)?;
    let Some(reference) = reference else {
        let light = Light::of(points, &Window::around(points)?, side);
        return Ok(light.picture(light.bright()));
    };
    check(reference, side)?;
    let window = Window::around(reference)?;
    let [samples, data] = [points, reference].map(|points| Light::of(points, &window, side));
    side_by_side(&[("samples", samples), ("data", data)])
}

/// What is shown of a distribution.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Samples of it, `[n, 2]`.
    Points(&'a [f32]),
    /// `log p` in nats at each of [`Window::places`], of the figure's side.
    LogDensity(&'a [f64]),
}

/// Distributions as squares beside one another, under their names, in one window and the brightness of the last.
pub fn maps<'a>(panels: &[(&'a str, Shown)], window: &Window, side: u32) -> Result<RgbImage> {
    let light = |(name, shown): &(&'a str, Shown)| {
        match shown {
            Shown::Points(points) => check(points, side).map(|()| Light::of(points, window, side)),
            Shown::LogDensity(values) => Light::known(values, window, side),
        }
        .map(|light| (*name, light))
    };
    let lights: Vec<(&str, Light)> = panels.iter().map(light).collect::<Result<_>>()?;
    if lights.is_empty() {
        return Err(Error::argument("there is nothing to draw beside one another"));
    }
    side_by_side(&lights)
}

/// Each set of points `[n, 2]` as a square by itself, all in the window and the brightness of `reference`.
pub fn densities(sets: &[&[f32]], reference: &[f32], side: u32) -> Result<Vec<RgbImage>> {
    check(reference, side)?;
    let window = Window::around(reference)?;
    let bright = Light::of(reference, &window, side).bright();
    let picture = |points: &&[f32]| {
        check(points, side)?;
        Ok(Light::of(points, &window, side).picture(bright))
    };
    sets.iter().map(picture).collect()
}

/// How much of the points falls on each pixel.
struct Light {
    side: usize,
    values: Vec<f32>,
    outside: f32,
}

impl Light {
    /// Each point spreads over a few pixels: the fewer points, the wider (as `n^(-1/6)`: Scott 1992, in two dimensions).
    fn of(points: &[f32], window: &Window, side: u32) -> Self {
        let count = points.len() / 2;
        let side = side as usize;
        let mut values = vec![0.0; side * side];
        let mut inside = 0;
        for [x, y] in points.chunks_exact(2).filter_map(|point| window.place([point[0], point[1]])) {
            inside += 1;
            splat(&mut values, side, [x, y].map(|part| part * side as f32 - 0.5));
        }
        let sigma = 0.035 * side as f32 * (count as f32).powf(-1.0 / 6.0);
        blur(&mut values, side, sigma.max(0.5));
        let scale = (side * side) as f32 / count as f32;
        for value in &mut values {
            *value *= scale;
        }
        Self { side, values, outside: 1.0 - inside as f32 / count as f32 }
    }

    /// A density that is known at each pixel's middle, beside one that is even over the window.
    fn known(log_density: &[f64], window: &Window, side: u32) -> Result<Self> {
        let wanted = (side * side) as usize;
        if log_density.len() != wanted || !(16..=8192).contains(&side) {
            let message = format!(
                "a map of {side} by {side} places, 16 to 8192 a side, has {wanted} densities; {} were given",
                log_density.len()
            );
            return Err(Error::argument(message));
        }
        let area = window.area();
        let values: Vec<f32> = log_density.iter().map(|value| (value.exp() * area) as f32).collect();
        let inside = values.iter().map(|value| f64::from(*value)).sum::<f64>() / wanted as f64;
        Ok(Self { side: side as usize, values, outside: (1.0 - inside) as f32 })
    }

    /// The light that is shown brightest: the 99th percentile of what is not dark.
    fn bright(&self) -> f32 {
        let top = self.values.iter().copied().fold(0.0, f32::max);
        let mut lit: Vec<f32> = self.values.iter().copied().filter(|value| *value > 0.01 * top).collect();
        lit.sort_unstable_by(f32::total_cmp);
        lit.get(lit.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(1.0)
    }

    /// Square roots are shown: the noise of a count is then as large in the bright as in the dark (Anscombe 1948).
    fn picture(&self, bright: f32) -> RgbImage {
        RgbImage::from_fn(self.side as u32, self.side as u32, |x, y| {
            Rgb(magma((self.values[y as usize * self.side + x as usize] / bright).sqrt()))
        })
    }

    /// What is written above: its name, and how much of it cannot be seen.
    fn title(&self, name: &str) -> String {
        // The window leaves out up to 2 % of its own points.
        if self.outside > 0.025 {
            format!("{name} ({:.0} % outside)", 100.0 * self.outside)
        } else {
            name.to_owned()
        }
    }
}

/// Shares one point among the four pixels around it.
fn splat(values: &mut [f32], side: usize, [x, y]: [f32; 2]) {
    let last = (side - 1) as f32;
    let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
    let (left, top) = ((x as usize).min(side - 2), (y as usize).min(side - 2));
    let (right, down) = (x - left as f32, y - top as f32);
    for (dy, part_y) in [1.0 - down, down].into_iter().enumerate() {
        for (dx, part_x) in [1.0 - right, right].into_iter().enumerate() {
            values[(top + dy) * side + left + dx] += part_x * part_y;
        }
    }
}

/// Gaussian blur, rows and then columns.
fn blur(values: &mut [f32], side: usize, sigma: f32) {
    let reach = (3.0 * sigma).ceil() as isize;
    let kernel: Vec<f32> = (-reach..=reach).map(|d| (-0.5 * (d as f32 / sigma).powi(2)).exp()).collect();
    let total: f32 = kernel.iter().sum();
    for (line, step) in [(side, 1), (1, side)] {
        for start in (0..side).map(|index| index * line) {
            let old: Vec<f32> = (0..side).map(|index| values[start + index * step]).collect();
            for index in 0..side {
                values[start + index * step] = around(&old, &kernel, index) / total;
            }
        }
    }
}

/// The kernel's sum around one place; beyond the ends there is nothing.
fn around(line: &[f32], kernel: &[f32], centre: usize) -> f32 {
    let reach = kernel.len() / 2;
    let first = centre.saturating_sub(reach);
    let last = (centre + reach).min(line.len() - 1);
    let kernel = &kernel[first + reach - centre..];
    line[first..=last].iter().zip(kernel).map(|(value, weight)| value * weight).sum()
}

/// Panels with their titles above, in the brightness of the last.
fn side_by_side(panels: &[(&str, Light)]) -> Result<RgbImage> {
    let (side, bright) = panels.last().map(|(_, last)| (last.side as u32, last.bright())).unwrap_or_default();
    let width = panels.len() as u32 * (side + GAP) - GAP;
    let mut picture = RgbImage::from_pixel(width, side + TITLE, Rgb(magma(0.0)));
    for (place, (_, light)) in (0..).zip(panels) {
        let left = place * i64::from(side + GAP);
        imageops::replace(&mut picture, &light.picture(bright), left, i64::from(TITLE));
    }
    let style = text::style(20, RGBColor(225, 225, 230).to_rgba());
    let style = style.pos(Pos::new(HPos::Center, VPos::Center));
    text::draw(&mut picture, |area| {
        (0..).zip(panels).try_for_each(|(place, (name, light))| {
            let x = place * (side + GAP) + side / 2;
            let middle = (x.cast_signed(), TITLE.cast_signed() / 2);
            area.draw(&Text::new(light.title(name), middle, style.clone())).map_err(text::failed)
        })
    })?;
    Ok(picture)
}

/// Whole points, at least one, and a side on which they can be seen.
fn check(points: &[f32], side: u32) -> Result<()> {
    if !(16..=8192).contains(&side) {
        return Err(Error::argument(format!("a density is 16 to 8192 pixels a side; {side} were asked for")));
    }
    if points.is_empty() || !points.len().is_multiple_of(2) {
        return Err(Error::argument(format!(
            "a density shows points of two coordinates; {} values were given",
            points.len()
        )));
    }
    Ok(())
}
