//! From numbers to colours.

/// A colour with its opacity.
pub(crate) type Rgba = [u8; 4];

/// The map magma (Smith and van der Walt 2015, <https://bids.github.io/colormap/>) at nine equal steps: its lightness
/// rises evenly, for the colour-blind too.
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

/// The colour of `value` in `[0, 1]`.
pub(crate) fn magma(value: f32) -> Rgba {
    let place = value.clamp(0.0, 1.0) * 8.0;
    let below = (place as usize).min(7);
    let part = place - below as f32;
    let mix = |c: usize| (MAGMA[below][c] * (1.0 - part) + MAGMA[below + 1][c] * part).round() as u8;
    [mix(0), mix(1), mix(2), 255]
}

/// `[-1, 1]` as 0 to 255; beyond is cut off, and what is no number is black.
pub(crate) fn byte(value: f32) -> u8 {
    (127.5 * (value + 1.0)).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_grows_lighter_all_the_way() {
        let light = |[r, g, b, _]: Rgba| 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
        let along: Vec<f32> = (0..=100).map(|i| light(magma(i as f32 / 100.0))).collect();
        assert!(along.windows(2).all(|pair| pair[1] > pair[0]));
    }

    #[test]
    fn values_become_bytes_and_those_beyond_are_cut_off() {
        assert_eq!([-9.0, -1.0, 0.0, 1.0, 9.0, f32::NAN].map(byte), [0, 0, 128, 255, 255, 0]);
    }
}
