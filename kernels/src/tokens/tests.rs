//! Against a sort in double precision, and against the probabilities that draws should have.

use super::*;
use crate::testing::{devices, far};

fn logs(rows: usize, width: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0; rows * width];
    Draws { seed: [4, 2], first: [0; 3], rows, features: width }.fill(&mut values);
    Tensor::from_data(TensorData::new(values, [rows, width]), device) * 3.0
}

fn numbers(x: Tensor<2>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// By a sort.
fn sorted(logs: &[f64], keep: Keep) -> Vec<f64> {
    let mut order: Vec<usize> = (0..logs.len()).collect();
    order.sort_by(|a, b| logs[*b].total_cmp(&logs[*a]));
    let most = logs[order[0]];
    let weight = |i: usize| ((logs[i] - most) / keep.temperature).exp();
    if keep.top_k > 0 {
        order.truncate(keep.top_k);
    }
    let total: f64 = order.iter().map(|i| weight(*i)).sum();
    let mut sum = 0.0;
    let mut kept = Vec::new();
    for i in order {
        if (keep.top_p == 1.0 || sum < keep.top_p * total * (1.0 - 1e-7)) && weight(i) >= keep.min_p {
            kept.push(i);
        }
        sum += weight(i);
    }
    let total: f64 = kept.iter().map(|i| weight(*i)).sum();
    let mut out = vec![NEVER; logs.len()];
    kept.iter().for_each(|i| out[*i] = (weight(*i) / total).ln());
    out
}

#[test]
fn what_is_kept_is_what_a_sort_keeps() {
    let all = Keep::default();
    let rules = [
        all,
        Keep { temperature: 0.3, ..all },
        Keep { top_k: 1, ..all },
        Keep { top_k: 5, temperature: 2.0, ..all },
        Keep { top_p: 0.6, ..all },
        Keep { top_p: 1e-6, ..all },
        Keep { min_p: 0.2, ..all },
        Keep { temperature: 0.7, top_k: 20, top_p: 0.9, min_p: 0.01 },
    ];
    for (name, device) in devices() {
        for width in [1, 3, 31, 32, 33, 257, 1000] {
            for rule in rules {
                let x = logs(5, width, &device);
                let wanted: Vec<f64> =
                    numbers(x.clone()).chunks(width).flat_map(|row| sorted(row, rule)).collect();
                let found = numbers(keep(x, rule));
                let apart = |never: f64| {
                    let cut = |x: &[f64]| x.iter().map(|x| if *x < -5e3 { never } else { *x }).collect();
                    let [found, wanted]: [Vec<f64>; 2] = [cut(&found), cut(&wanted)];
                    far(&found, &wanted)
                };
                assert!(apart(-20.0) < 1e-5, "{name}: {rule:?} of {width}: {}", apart(-20.0));
            }
        }
    }
}

#[test]
fn tokens_come_as_often_as_they_are_probable() {
    let p = [0.05_f64, 0.5, 0.0, 0.15, 0.3];
    let (rows, length) = (10_000, 2);
    let mut all = Vec::new();
    for (name, device) in devices() {
        let row: Vec<f64> = p.iter().map(|p| p.ln().max(NEVER) + 3.0).collect();
        let logs = Tensor::<2>::from_data(TensorData::new(row, [1, 5]).convert_dtype(DType::F32), &device);
        let draws = Draws { seed: [3, 1], first: [7, 0, 9], rows, features: length };
        let tokens = numbers(draw(logs.expand([rows * length, 5]), draws));
        let mut counts = [0.0; 25];
        tokens.chunks(2).for_each(|pair| counts[(pair[0] * 5.0 + pair[1]) as usize] += 1.0);
        let mut chi2 = 0.0;
        for (i, count) in counts.iter().enumerate() {
            let expected = p[i / 5] * p[i % 5] * rows as f64;
            assert!(expected > 0.0 || *count == 0.0, "{name}: what cannot be was drawn");
            chi2 += if expected > 0.0 { (count - expected).powi(2) / expected } else { 0.0 };
        }
        // The 0.999 quantile of chi squared with 15 degrees of freedom.
        assert!(chi2 < 37.7, "{name}: {chi2}");
        all.push(tokens);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "devices draw the same");
}

/// From large vocabularies too: only where a uniform number falls on the edge of a token may devices differ.
#[test]
fn devices_draw_the_same_tokens() {
    for (rows, length, width) in [(1, 1, 1), (3, 7, 33), (2, 5, 257), (4, 3, 5000)] {
        let draws = Draws { seed: [5, 5], first: [1, u32::MAX, 2 << 24], rows, features: length };
        let of = |device: &Device| numbers(draw(logs(rows * length, width, device), draws));
        let mut all = devices().into_iter().map(|(_, device)| of(&device));
        let first = all.next().expect("a device");
        assert!(first.iter().all(|token| (0.0..width as f64).contains(token)));
        for other in all {
            let same = first.iter().zip(&other).filter(|(a, b)| a == b).count();
            assert!(same + 1 >= first.len(), "{same} of {}", first.len());
        }
    }
}
