//! Colours of numbers, for pictures of all kinds.

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

/// The colour of `value` in `[0, 1]`: red, green and blue.
pub fn magma(value: f32) -> [u8; 3] {
    let place = value.clamp(0.0, 1.0) * 8.0;
    let below = (place as usize).min(7);
    let part = place - below as f32;
    std::array::from_fn(|c| (MAGMA[below][c] * (1.0 - part) + MAGMA[below + 1][c] * part).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_grows_lighter_all_the_way_and_ends_where_it_should() {
        let light = |[r, g, b]: [u8; 3]| 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
        let along: Vec<f32> = (0..=100).map(|i| light(magma(i as f32 / 100.0))).collect();
        assert!(along.windows(2).all(|pair| pair[1] > pair[0]));
        assert_eq!([magma(f32::INFINITY), magma(-1.0)], [magma(1.0), magma(0.0)]);
    }
}
