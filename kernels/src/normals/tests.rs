use super::lanes::{is_rare, polar};
use super::*;

fn same(a: u32, b: u32) {
    let (fast, slow) = (polar(a, b), pair(a, b));
    let bits = |(cos, sin): (f64, f64)| [cos.to_bits(), sin.to_bits()];
    assert_eq!(bits(fast), bits(slow), "words {a:#x}, {b:#x}: {fast:?}, {slow:?}");
}

/// Words that fill the range without a pattern.
fn words(count: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..count).map(|i| {
        let [a, b, ..] = philox4x32_10([i, 0, 0, 0], [7, 9]);
        (a, b)
    })
}

#[test]
fn without_branches_the_bits_are_those_of_libm() {
    words(2_000_000).filter(|(_, b)| !is_rare(*b)).for_each(|(a, b)| same(a, b));
    for a in [0, 1, 2, u32::MAX, u32::MAX - 1, 1 << 31, 3_037_000_499, 3_037_000_500] {
        same(a, 123_456_789);
    }
}

/// Every angle around the ends of the octants, where the way of reduction changes.
#[test]
fn the_bits_are_the_same_where_the_quadrants_meet() {
    for octant in 0..8_u32 {
        for off in 0..60_000_u32 {
            let b = (octant << 29).wrapping_add(off).wrapping_sub(30_000);
            if !is_rare(b) {
                same(0x1234_5678, b);
            }
        }
    }
}

fn slow(features: usize, rows: usize) -> Vec<f32> {
    let mut all = Vec::new();
    for row in 0..rows {
        let blocks = (0..features.div_ceil(4) as u32).flat_map(|block| {
            let [a, b, c, d] = philox4x32_10([block, 5, row as u32, 3], [1, 2]);
            let ((n0, n1), (n2, n3)) = (pair(a, b), pair(c, d));
            [n0, n1, n2, n3]
        });
        all.extend(blocks.take(features).map(|n| n as f32));
    }
    all
}

/// However many rows are drawn at a time, by however many threads.
#[test]
fn rows_are_filled_block_by_block() {
    for features in [1, 2, 3, 4, 5, 31, 32, 33, 257, 784] {
        for rows in [1, 3, 17, 130, 9000 / features] {
            let mut out = vec![f32::NAN; rows * features];
            fill(&mut out, features, [1, 2], |row| [5, row as u32, 3]);
            assert!(out == slow(features, rows), "{rows} rows of {features}");
        }
    }
}
