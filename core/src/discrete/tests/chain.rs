//! The chain: its matrices, its marginals and the way back.

use super::*;
use crate::random::Purpose;
use crate::samplers::Noise;

const K: usize = 3;

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry = |i: usize, j: usize| (0..a.len()).map(|k| a[i][k] * b[k][j]).sum();
    (0..a.len()).map(|i| (0..a.len()).map(|j| entry(i, j)).collect()).collect()
}

#[test]
fn rows_sum_to_one_and_steps_multiply_to_the_whole_way() {
    for corruption in CorruptionConfig::all() {
        for schedule in DecayConfig::all() {
            let steps = 7;
            let alpha = |t: usize| schedule.alpha(t as f64 / steps as f64);
            let mut whole = corruption.transition(1.0, K);
            for t in 1..=steps {
                let step = corruption.transition(alpha(t) / alpha(t - 1), K);
                for row in &step {
                    let sum: f64 = row.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-14 && row.iter().all(|p| *p >= 0.0), "{row:?}");
                }
                whole = product(&whole, &step);
                let direct = corruption.transition(alpha(t), K);
                let pairs = whole.iter().flatten().zip(direct.iter().flatten());
                for (one, two) in pairs {
                    assert!((one - two).abs() < 1e-13, "{} at {t}: {one} {two}", corruption.name());
                }
            }
            // Nothing is left at the end.
            let rest = corruption.rest(K);
            assert!(whole.iter().all(|row| row.iter().zip(&rest).all(|(p, q)| (p - q).abs() < 1e-13)));
        }
    }
}

#[test]
fn tokens_are_corrupted_in_the_probabilities_of_the_matrix() {
    let rows = 30_000;
    let noise = Noise { seed: 4, first: 0, rows, features: 1, device: Device::flex() };
    for corruption in CorruptionConfig::NAMES {
        let process = process(corruption, "cosine", K);
        let (t, x0) = (0.6, 1);
        let x = Tensor::full([rows, 1], x0 as f64, &Device::flex());
        let x_t = numbers(process.noised(&x, &vec![t; rows], draws(&noise, Purpose::Noise, 0)));
        let row = &process.corruption.transition(process.schedule.alpha(t), K)[x0];
        for (state, p) in row.iter().enumerate() {
            let count = x_t.iter().filter(|x| **x == state as f64).count() as f64;
            let spread = (rows as f64 * p * (1.0 - p)).sqrt();
            assert!((count - rows as f64 * p).abs() < 4.0 * spread + 1e-9, "{corruption} {state}: {count}");
        }
    }
}

/// For every `x_0`, `x_t` and step, the last to data included, from what is certain of `x_0`.
#[test]
fn the_step_back_from_known_data_is_bayes_rule() {
    for corruption in CorruptionConfig::NAMES {
        for [t, s] in [[0.5, 0.25], [1.0, 0.9], [0.3, 0.0], [1.0, 0.0], [0.501, 0.5]] {
            let process = process(corruption, "cosine", K);
            let states = process.corruption.states(K);
            for (i, j) in (0..K * states).map(|at| (at / states, at % states)) {
                let likely = process.corruption.transition(process.schedule.alpha(t), K)[i][j];
                if likely == 0.0 {
                    continue;
                }
                let x_t = tokens(&[j as f64]);
                let like = logs(&[vec![1.0; K]]);
                let known = corruption::certain(&tokens(&[i as f64]), K, &like);
                let back = numbers(process.reverse(known, &x_t, [&[t], &[s]]).exp());
                for (p, expected) in back.iter().zip(posterior(&process, [t, s], i, j)) {
                    assert!((p - expected).abs() < 1e-12, "{corruption} {t} {s}, {i} to {j}: {back:?}");
                }
            }
        }
    }
}

/// `p(x_s|x_t) = Σ q(x_s|x_t, x_0) p(x_0|x_t)`, a time of its own for each row.
#[test]
fn the_step_back_from_a_guess_is_the_mixture_of_the_steps_from_what_is_guessed() {
    let guess = vec![0.2, 0.7, 0.1];
    for corruption in CorruptionConfig::NAMES {
        let process = process(corruption, "linear", K);
        let states = process.corruption.states(K);
        let (from, to) = ([0.8, 0.6, 1.0, 0.4], [0.5, 0.0, 0.9, 0.39]);
        // Unmasked, only what is seen can have been; the guess does not matter.
        let x_t: Vec<f64> = (0..4).map(|row| (if states > K { K } else { row % K }) as f64).collect();
        let back = process.reverse(logs(&vec![guess.clone(); 4]), &tokens(&x_t), [&from, &to]).exp();
        for (row, back) in numbers(back).chunks(states).enumerate() {
            let mut expected = vec![0.0; states];
            for (i, p) in guess.iter().enumerate() {
                let step = posterior(&process, [from[row], to[row]], i, x_t[row] as usize);
                expected.iter_mut().zip(step).for_each(|(sum, q)| *sum += p * q);
            }
            let total: f64 = back.iter().sum();
            assert!((total - 1.0).abs() < 1e-12, "{corruption}: {total}");
            let near = back.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(near, "{corruption}, row {row}: {back:?} {expected:?}");
        }
    }
    let process = process("absorbing", "linear", K);
    let back = numbers(process.reverse(logs(&[guess]), &tokens(&[2.0]), [&[0.8], &[0.5]]).exp());
    assert_eq!(back, [0.0, 0.0, 1.0, 0.0], "what is not masked stays");
}

/// A network that says nothing finds every token as probable as what is seen of it allows.
#[test]
fn what_a_token_shows_of_itself_is_the_column_of_the_matrix() {
    let process = process("uniform", "linear", K);
    let like = logs(&[vec![1.0; K], vec![1.0; K]]);
    let evidence = process.corruption.evidence(&tokens(&[1.0, 2.0]), &[0.3, 0.9], &like).expect("evidence");
    for (row, found) in numbers(evidence.exp()).chunks(K).enumerate() {
        let matrix = process.corruption.transition([0.3, 0.9][row], K);
        for (k, p) in found.iter().enumerate() {
            assert!((p - matrix[k][row + 1]).abs() < 1e-12, "{row} {k}: {found:?}");
        }
    }
}
