//! From numbers to colours.

/// A colour with its opacity.
pub(crate) type Rgba = [u8; 4];

/// The colour of `value` in `[0, 1]`.
pub(crate) fn magma(value: f32) -> Rgba {
    let [r, g, b] = kiln::colour::magma(value);
    [r, g, b, 255]
}

/// `[-1, 1]` as 0 to 255; beyond is cut off, and what is no number is black.
pub(crate) fn byte(value: f32) -> u8 {
    (127.5 * (value + 1.0)).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_bytes_and_those_beyond_are_cut_off() {
        assert_eq!([-9.0, -1.0, 0.0, 1.0, 9.0, f32::NAN].map(byte), [0, 0, 128, 255, 255, 0]);
    }
}
