use super::*;
use crate::testing::{devices, far};

/// What a word means, in double precision.
fn exact(word: u32) -> f64 {
    // The two words of the furthest number are one.
    let p = (f64::from((word & 0x7FFF_FFFF).max(1)) + 0.5) / 4_294_967_296.0;
    if word >> 31 == 0 { exceeded(p) } else { -exceeded(p) }
}

/// Words of all sizes: as they come, and of every octave.
fn words(count: u32) -> impl Iterator<Item = u32> {
    (0..count).flat_map(|i| {
        let [a, b, c, _] = philox4x32_10([i, 0, 0, 0], [7, 9]);
        [a, b >> (c % 31)]
    })
}

/// Φ⁻¹ at probabilities that are printed everywhere.
#[test]
fn quantiles_are_those_of_the_tables() {
    for (p, z) in [
        (0.5, 0.0),
        (0.25, 0.674_489_750_196_081_7),
        (0.025, 1.959_963_984_540_054),
        (0.001, 3.090_232_306_167_813_6),
        (1e-6, 4.753_424_308_822_899),
        (1e-9, 5.997_807_015_007_687),
    ] {
        assert!((exceeded(p) - z).abs() < 1e-13, "{p}: {}", exceeded(p));
    }
}

#[test]
fn normals_are_quantiles_of_their_words() {
    let mut worst = 0.0_f64;
    for word in words(1_000_000) {
        let (got, wanted) = (f64::from(normal(word)), exact(word));
        // A unit of what is kept is 2⁻²⁴ below 1 and 2⁻²¹ from there on; half of the cell that a word stands for comes to it.
        let unit = if wanted.abs() < 1.0 { 6e-8 } else { 4.8e-7 };
        let error = ((got - wanted).abs() - 0.5 * unit).max(0.0);
        worst = worst.max(error);
    }
    println!("error beyond rounding {worst:.1e}");
    assert!(worst < 3.0e-7, "{worst}");
}

#[test]
fn normals_fall_as_their_words_rise() {
    let starts = (0..31).map(|octave| 1_u32 << octave).chain(words(1000).map(|word| word & 0x7FFF_0000));
    for start in starts {
        for word in start.saturating_sub(2000)..start + 2000 {
            // Neighbouring parabolas need not meet.
            assert!(normal(word + 1) <= normal(word) + 5e-7, "{word:#x}");
            assert_eq!(normal(word | 1 << 31), -normal(word));
        }
    }
    let ends = [0, 1, u32::MAX >> 1, 1 << 31, u32::MAX].map(|word| f64::from(normal(word)));
    assert!((ends[0] - 6.166_429_5).abs() < 1e-6 && ends[0] == ends[1], "{ends:?}");
    assert!(ends[2].abs() < 2e-7 && ends[4].abs() < 2e-7 && ends[3] == -ends[0], "{ends:?}");
}

/// The bits that every platform has to draw.
#[test]
fn the_table_is_the_same_everywhere() {
    let hash = TABLE.iter().flatten().fold(0xCBF2_9CE4_8422_2325_u64, |hash, number| {
        (hash ^ u64::from(*number)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    assert_eq!(hash, 0x5F07_B9AE_F265_0AB8, "{hash:#x}");
}

fn slow(features: usize, rows: usize) -> Vec<f32> {
    let mut all = Vec::new();
    for row in 0..rows {
        let words = (0..features.div_ceil(4) as u32)
            .flat_map(|block| philox4x32_10([block, 5, row as u32, 3], [1, 2]));
        all.extend(words.take(features).map(normal));
    }
    all
}

/// However many rows are drawn at a time, by however many threads.
#[test]
fn rows_are_filled_block_by_block() {
    for features in [1, 2, 3, 4, 5, 31, 32, 33, 257, 784] {
        for rows in [1, 3, 17, 130, 18_000 / features] {
            let mut out = vec![f32::NAN; rows * features];
            fill(&mut out, features, [1, 2], |row| [5, row as u32, 3]);
            assert!(out == slow(features, rows), "{rows} rows of {features}");
        }
    }
}

/// The same bits on every device, across the end of an index's lower word too.
#[test]
fn every_device_draws_the_same_bits() {
    for (name, device) in devices() {
        for (rows, features) in [(1, 1), (3, 2), (5, 31), (2, 33), (257, 3), (1, 100_003), (70, 784)] {
            let draws = Draws { seed: [0x9E37, 77], first: [9, u32::MAX - 2, 3 << 24 | 5], rows, features };
            let mut wanted = vec![0.0; rows * features];
            draws.fill(&mut wanted);
            let found = draws.tensor(&device).into_data().try_to_vec::<f32>().expect("floats");
            assert!(found == wanted, "{name}: {rows} rows of {features}");
            let learning = draws.tensor(&device.clone().autodiff()).into_data().try_to_vec::<f32>();
            assert!(learning.expect("floats") == wanted, "{name}, with gradients");
        }
    }
}

/// In their order, each rounded; the first alone is itself.
#[test]
fn every_device_sums_draws() {
    for (rows, features) in [(0, 4), (1, 1), (3, 2), (5, 31), (257, 3), (70, 784)] {
        let draws = Draws { seed: [5, 77], first: [9, u32::MAX - 2, 3 << 24 | 5], rows, features };
        let parts: Vec<Weighted> = (0..7).map(|i| (i * i + 40, 0.3 - 0.7 / f64::from(i + 1))).collect();
        let mut wanted = vec![0.0; rows * features];
        for (draw, weight) in &parts {
            let mut one = vec![0.0; rows * features];
            draws.of(*draw).fill(&mut one);
            wanted.iter_mut().zip(one).for_each(|(sum, n)| *sum += f64::from(n) * *weight);
        }
        for (name, device) in devices() {
            let found = draws.sum(parts.clone(), &device).into_data().iter::<f64>().collect::<Vec<_>>();
            let far = far(&found, &wanted);
            assert!(far < 1e-6, "{name}: {rows} rows of {features}: {far}");
        }
    }
}
