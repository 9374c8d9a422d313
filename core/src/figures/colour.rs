//! Colours: the map from a density to a colour, and the colours of curves.

use image::Rgb;

/// The map magma (Smith and van der Walt 2015, <https://bids.github.io/colormap/>) at nine equal steps: its lightness
/// rises evenly, in print and for the colour-blind alike.
const MAGMA: [[f32; 3]; 9] = [
    [0.0, 0.0, 4.0],
    [28.0, 16.0, 68.0],
    [79.0, 18.0, 123.0],
    [129.0, 37.0, 129.0],
    [181.0, 54.0, 122.0],
    [229.0, 80.0, 100.0],
    [251.0, 135.0, 97.0],
    [254.0, 194.0, 135.0],
    [252.0, 253.0, 191.0],
];

/// Curves, in order (Okabe and Ito 2008, <https://jfly.uni-koeln.de/color/>): told apart by the colour-blind.
pub(super) const CURVES: [Rgb<u8>; 6] = [
    Rgb([0, 114, 178]),
    Rgb([213, 94, 0]),
    Rgb([0, 158, 115]),
    Rgb([204, 121, 167]),
    Rgb([230, 159, 0]),
    Rgb([86, 180, 233]),
];

/// The colour of `value` in `[0, 1]`.
pub(super) fn magma(value: f32) -> Rgb<u8> {
    let place = value.clamp(0.0, 1.0) * 8.0;
    let below = (place as usize).min(7);
    let part = place - below as f32;
    Rgb(std::array::from_fn(|c| (MAGMA[below][c] * (1.0 - part) + MAGMA[below + 1][c] * part).round() as u8))
}

/// Lightness of a colour (luma, ITU-R BT.601), 0 to 255.
#[cfg(test)]
pub(super) fn lightness(Rgb([r, g, b]): Rgb<u8>) -> f32 {
    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
}
