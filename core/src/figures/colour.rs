//! The colours of curves.

use image::Rgb;
use plotters::style::RGBColor;

/// Curves, in order (Okabe and Ito 2008, <https://jfly.uni-koeln.de/color/>): told apart by the colour-blind.
const CURVES: [Rgb<u8>; 6] = [
    Rgb([0, 114, 178]),
    Rgb([213, 94, 0]),
    Rgb([0, 158, 115]),
    Rgb([204, 121, 167]),
    Rgb([230, 159, 0]),
    Rgb([86, 180, 233]),
];

/// The colours of as many curves as there are: they begin again.
pub(super) fn strokes() -> impl Iterator<Item = RGBColor> {
    CURVES.iter().cycle().map(|Rgb([r, g, b])| RGBColor(*r, *g, *b))
}

/// Lightness of a colour (luma, ITU-R BT.601), 0 to 255.
#[cfg(test)]
pub(super) fn lightness(Rgb([r, g, b]): Rgb<u8>) -> f32 {
    0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
}
