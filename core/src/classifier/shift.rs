//! Pictures moved by a few pixels: what comes in at the edge is the picture's own corner value.

use crate::random::{Key, Purpose};

/// Moves each picture of a batch by up to `most` pixels each way, as its own key says.
pub(super) fn all(pixels: &mut [f32], shape: [usize; 3], most: usize, seed: u64, first: u64) {
    if most == 0 {
        return;
    }
    let size: usize = shape.iter().product();
    for (row, picture) in pixels.chunks_mut(size).enumerate() {
        let mut stream = Key::new(seed, Purpose::Augment, first + row as u64).stream();
        let mut offset = || stream.below(2 * most as u64 + 1) as isize - most as isize;
        let (dy, dx) = (offset(), offset());
        one(picture, shape, dy, dx);
    }
}

fn one(picture: &mut [f32], [channels, height, width]: [usize; 3], dy: isize, dx: isize) {
    let from = picture.to_vec();
    for c in 0..channels {
        for y in 0..height {
            for x in 0..width {
                let (sy, sx) = (y as isize - dy, x as isize - dx);
                let inside = (0..height as isize).contains(&sy) && (0..width as isize).contains(&sx);
                let source = if inside { sy as usize * width + sx as usize } else { 0 };
                picture[(c * height + y) * width + x] = from[c * height * width + source];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_moves_by_the_offset() {
        let mut picture = vec![0.0; 16];
        picture[5] = 1.0; // row 1, column 1
        one(&mut picture, [1, 4, 4], 1, 2);
        assert_eq!(picture.iter().position(|v| *v == 1.0), Some(11)); // row 2, column 3
        assert_eq!(picture.iter().sum::<f32>(), 1.0);
    }
}
