//! Contact sheets: pictures beside and below one another.

use crate::colour::{Rgba, byte};
use crate::picture::Picture;

/// Pixels between two pictures, and around all.
const GAP: usize = 2;
/// The colour there: neither the black nor the white that pictures end in.
const GROUND: Rgba = [52, 52, 58, 255];

/// Whole pictures with values in `[-1, 1]`, as near to a square of pictures as their number allows.
pub(crate) fn sheet(rows: &[f32], shape: [usize; 3]) -> Picture {
    let count = rows.len() / shape.iter().product::<usize>();
    in_columns(rows, shape, columns(count))
}

/// The same with so many in a row.
pub(crate) fn in_columns(rows: &[f32], shape: [usize; 3], columns: usize) -> Picture {
    let [channels, height, width] = shape;
    let features = channels * height * width;
    let count = rows.len() / features;
    let mut picture = Picture::filled(
        GAP + columns * (width + GAP),
        GAP + count.div_ceil(columns) * (height + GAP),
        GROUND,
    );
    for (index, row) in rows.chunks_exact(features).enumerate() {
        let left = GAP + index % columns * (width + GAP);
        let top = GAP + index / columns * (height + GAP);
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let value = |c: usize| byte(row[(c.min(channels - 1) * height + y) * width + x]);
            picture.put(left + x, top + y, [value(0), value(1), value(2), 255]);
        }
    }
    picture
}

/// How many stand in a row: the least whose square holds all.
fn columns(count: usize) -> usize {
    (1..=count).find(|columns| columns * columns >= count).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(picture: &Picture, x: usize, y: usize) -> [u8; 4] {
        let at = 4 * (y * picture.width + x);
        picture.rgba[at..at + 4].try_into().expect("four bytes")
    }

    #[test]
    fn each_picture_stands_in_its_place_and_the_rest_is_ground() {
        let rows: Vec<f32> = (0..5).flat_map(|i| [i as f32 / 2.0 - 1.0; 6]).collect();
        let picture = sheet(&rows, [1, 2, 3]);
        assert_eq!((picture.width, picture.height), (2 + 3 * 5, 2 + 2 * 4));
        for (index, grey) in [0, 64, 128, 191, 255].into_iter().enumerate() {
            let (left, top) = (2 + 5 * (index % 3), 2 + 4 * (index / 3));
            for (x, y) in [(0, 0), (2, 0), (0, 1), (2, 1)] {
                assert_eq!(pixel(&picture, left + x, top + y), [grey, grey, grey, 255], "picture {index}");
            }
        }
        for (x, y) in [(0, 0), (5, 2), (16, 9), (12, 6), (14, 7)] {
            assert_eq!(pixel(&picture, x, y), GROUND, "at {x}, {y}");
        }
    }

    #[test]
    fn channels_are_planes() {
        let picture = sheet(&[1.0, -1.0, 1.0, -1.0, -1.0, 0.0], [3, 1, 2]);
        assert_eq!(pixel(&picture, 2, 2), [255, 255, 0, 255]);
        assert_eq!(pixel(&picture, 3, 2), [0, 0, 128, 255]);
    }

    #[test]
    fn rows_and_columns_make_the_least_square_that_holds_all() {
        assert_eq!([1, 2, 4, 5, 9, 10, 64].map(columns), [1, 2, 2, 3, 3, 4, 8]);
    }
}
