//! Points of the plane as light: where there are more, it is brighter.

use crate::colour::magma;
use crate::picture::Picture;
use crate::widgets::plane::HALF;

/// Pixels a side.
const SIDE: usize = 320;

/// Points `[n, 2]`; those outside of the window or not finite are not seen.
pub(crate) fn density(points: &[f32]) -> Picture {
    let light = light(points);
    let bright = bright(&light);
    let mut picture = Picture::filled(SIDE, SIDE, magma(0.0));
    for (at, value) in light.iter().enumerate() {
        // Square roots: the noise of a count is then as large in the bright as in the dark (Anscombe 1948).
        picture.put(at % SIDE, at / SIDE, magma((value / bright).sqrt()));
    }
    picture
}

/// How much of the points falls on each pixel. Each spreads over a few: the fewer points, the wider, as `n^(-1/6)`
/// (Scott 1992, in two dimensions).
fn light(points: &[f32]) -> Vec<f32> {
    let mut light = vec![0.0; SIDE * SIDE];
    for point in points.chunks_exact(2) {
        if let Some(at) = place([point[0], point[1]]) {
            splat(&mut light, at);
        }
    }
    let count = (points.len() / 2).max(1) as f32;
    let sigma = 0.03 * SIDE as f32 * count.powf(-1.0 / 6.0);
    let kernel = kernel(sigma.max(0.6));
    blur(&mut light, &kernel, [SIDE, 1]);
    blur(&mut light, &kernel, [1, SIDE]);
    light
}

/// Where a point lies, in pixels from the left and from the top.
fn place([x, y]: [f32; 2]) -> Option<[f32; 2]> {
    let [x, y] = [0.5 + 0.5 * x / HALF, 0.5 - 0.5 * y / HALF];
    let inside = (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y);
    inside.then_some([x, y].map(|part| (part * SIDE as f32 - 0.5).clamp(0.0, (SIDE - 1) as f32)))
}

/// Shares one point among the four pixels around it.
fn splat(light: &mut [f32], [x, y]: [f32; 2]) {
    let (left, top) = ((x as usize).min(SIDE - 2), (y as usize).min(SIDE - 2));
    let (right, down) = (x - left as f32, y - top as f32);
    let at = top * SIDE + left;
    light[at] += (1.0 - right) * (1.0 - down);
    light[at + 1] += right * (1.0 - down);
    light[at + SIDE] += (1.0 - right) * down;
    light[at + SIDE + 1] += right * down;
}

/// A Gaussian's weights, of sum 1.
fn kernel(sigma: f32) -> Vec<f32> {
    let reach = (3.0 * sigma).ceil() as i32;
    let weights: Vec<f32> = (-reach..=reach).map(|d| (-0.5 * (d as f32 / sigma).powi(2)).exp()).collect();
    let total: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Blurs each of `SIDE` lines, whose starts are `line` and whose pixels are `step` apart; beyond the ends it is dark.
fn blur(light: &mut [f32], kernel: &[f32], [line, step]: [usize; 2]) {
    let reach = kernel.len() / 2;
    let mut padded = vec![0.0; SIDE + 2 * reach];
    for start in (0..SIDE).map(|index| index * line) {
        for index in 0..SIDE {
            padded[reach + index] = light[start + index * step];
        }
        for index in 0..SIDE {
            let around = &padded[index..index + kernel.len()];
            light[start + index * step] =
                around.iter().zip(kernel).map(|(value, weight)| value * weight).sum();
        }
    }
}

/// The light that is shown brightest: the 99th percentile of what is not dark, so that one bright spot does not dim the rest.
fn bright(light: &[f32]) -> f32 {
    let top = light.iter().copied().fold(0.0, f32::max);
    let mut lit: Vec<f32> = light.iter().copied().filter(|value| *value > 0.01 * top).collect();
    lit.sort_unstable_by(f32::total_cmp);
    lit.get(lit.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Total light, and where its middle lies in the plane.
    fn moments(light: &[f32]) -> (f32, [f32; 2]) {
        let total: f32 = light.iter().sum();
        let mean = |coordinate: &dyn Fn(usize) -> usize| {
            let sum: f32 =
                light.iter().enumerate().map(|(at, value)| value * (coordinate(at) as f32 + 0.5)).sum();
            sum / total / SIDE as f32
        };
        (total, [HALF * (2.0 * mean(&|at| at % SIDE) - 1.0), HALF * (1.0 - 2.0 * mean(&|at| at / SIDE))])
    }

    #[test]
    fn light_is_neither_lost_nor_moved() {
        let (total, [x, y]) = moments(&light(&[1.0, 2.0, 1.5, 2.5, -0.5, 0.0]));
        assert!((total - 3.0).abs() < 1e-3, "{total}");
        assert!((x - 2.0 / 3.0).abs() < 1e-2 && (y - 1.5).abs() < 1e-2, "{x}, {y}");
    }

    #[test]
    fn what_is_outside_or_no_number_is_not_seen() {
        let strays = [1e9, 0.0, 0.0, -4.5, f32::NAN, 0.0, f32::INFINITY, 1.0];
        assert!(light(&strays).iter().all(|value| *value == 0.0));
        assert_eq!(density(&strays), Picture::filled(SIDE, SIDE, magma(0.0)));
    }

    #[test]
    fn the_picture_is_bright_where_the_points_are_and_up_is_up() {
        let picture = density(&[0.0, 3.0].repeat(100));
        let red = |x: usize, y: usize| picture.rgba[4 * (y * SIDE + x)];
        let above = (SIDE as f32 * (0.5 - 0.5 * 3.0 / HALF)) as usize;
        assert!(red(SIDE / 2, above) > 240);
        assert_eq!(red(SIDE / 2, SIDE - 1 - above), 0);
    }
}
