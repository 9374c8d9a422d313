//! Two tokens whose joint distribution is known: with the exact posterior, samples have it and the bound is its entropy.

use super::likelihood::Strata;
use super::walk::{Walk, times};
use super::*;
use crate::decoding::Decoding;
use crate::likelihood::{Query, finish};
use crate::model::Generation;

const K: usize = 3;
/// `p(x)` of `x = (i, j)` at `3 i + j`: the tokens depend on each other.
const JOINT: [f64; 9] = [0.30, 0.02, 0.08, 0.01, 0.20, 0.04, 0.15, 0.05, 0.15];
const ROWS: usize = 6000;

/// `ln p(x_0ⁱ|x_t)` from the joint, by Bayes' rule over the nine pairs.
fn exact(process: Process) -> impl Fn(Tensor<2>, &[f64]) -> Tensor<3> + 'static {
    move |x: Tensor<2>, times: &[f64]| {
        let rows = x.dims()[0];
        let mut out = Vec::with_capacity(rows * 2 * K);
        for (row, pair) in numbers(x).chunks(2).enumerate() {
            let t = times[if times.len() == 1 { 0 } else { row }];
            let q = process.corruption.transition(process.schedule.alpha(t), K);
            let mut posterior = [[0.0; K]; 2];
            for (at, p) in JOINT.iter().enumerate() {
                let (i, j) = (at / K, at % K);
                let weight = p * q[i][pair[0] as usize] * q[j][pair[1] as usize];
                posterior[0][i] += weight;
                posterior[1][j] += weight;
            }
            for place in posterior {
                let total: f64 = place.iter().sum();
                out.extend(place.map(|p| ((p / total).ln().max(-80.0)) as f32));
            }
        }
        Tensor::from_data(TensorData::new(out, [rows, 2, K]), &Device::flex())
    }
}

fn walk(process: &Process, decoding: Decoding, steps: usize, first: u64, rows: usize) -> Walk {
    let noise = Noise { seed: 8, first, rows, features: 2, device: Device::flex() };
    let predictor = (Box::new(exact(process.clone())) as Box<dyn Predictor>, 1);
    Walk::new(predictor, process.clone(), decoding, times(steps, steps), (None, None), noise)
}

fn end(mut walk: Walk) -> Vec<f64> {
    let mut x = None;
    while let Some(frame) = walk.step() {
        x = Some(frame.expect("a frame").x);
    }
    numbers(x.expect("a step"))
}

/// Pairs of tokens counted, against the joint.
fn chi2(samples: &[f64]) -> f64 {
    let mut counts = [0.0; 9];
    samples.chunks(2).for_each(|pair| counts[pair[0] as usize * K + pair[1] as usize] += 1.0);
    let n = samples.len() as f64 / 2.0;
    counts.iter().zip(JOINT).map(|(count, p)| (count - n * p).powi(2) / (n * p)).sum()
}

#[test]
fn ancestral_samples_have_the_joint_distribution() {
    for (corruption, schedule) in [("absorbing", "linear"), ("absorbing", "cosine"), ("uniform", "cosine")] {
        let process = process(corruption, schedule, K);
        let found = chi2(&end(walk(&process, Decoding::default(), 150, 0, ROWS)));
        println!("{corruption} {schedule}: chi squared {found:.2}");
        // The 0.999 quantile with 8 degrees of freedom, and a little for tokens that were decided in the same step.
        assert!(found < 26.1 + 4.0, "{corruption} {schedule}: {found}");
    }
}

/// In a single step the tokens do not know of each other.
#[test]
fn a_single_step_draws_the_product_of_the_marginals() {
    let process = process("absorbing", "linear", K);
    let samples = end(walk(&process, Decoding::default(), 1, 0, ROWS));
    assert!(chi2(&samples) > 500.0, "{}", chi2(&samples));
    let first = samples.chunks(2).filter(|pair| pair[0] == 0.0).count() as f64 / ROWS as f64;
    assert!((first - 0.4).abs() < 4.0 * (0.24 / ROWS as f64).sqrt(), "{first}");
}

/// Without chance in the order, the surer of two tokens is kept and the other drawn again: `(0, 0)` comes of a second token 0, the
/// surest of all (0.46, then 0.30/0.46), or of another one beside a first token 0 (0.54 · 0.40, then 0.30/0.40).
#[test]
fn confidence_keeps_the_surer_token_and_draws_the_other_given_it() {
    let process = process("absorbing", "linear", K);
    let decoding: Decoding =
        crate::config::typed(json!({ "decoder": { "kind": "confidence", "randomness": 0.0 } }))
            .expect("a decoding");
    let samples = end(walk(&process, decoding, 2, 0, ROWS));
    let share = samples.chunks(2).filter(|pair| **pair == [0.0, 0.0]).count() as f64 / ROWS as f64;
    let expected = 0.30 + 0.54 * 0.30;
    assert!((share - expected).abs() < 4.0 * (expected * (1.0 - expected) / ROWS as f64).sqrt(), "{share}");
}

/// A walk over `length` tokens of three, all as probable as any, whatever is said of `times` below this.
fn even(decoder: serde_json::Value, length: usize, steps: usize, broken_below: f64) -> Walk {
    let predictor = move |x: Tensor<2>, times: &[f64]| {
        let log_p = if times[0] < broken_below { f64::NAN } else { -(K as f64).ln() };
        Tensor::full([x.dims()[0], length, K], log_p, &Device::flex())
    };
    let noise = Noise { seed: 8, first: 0, rows: 2, features: length, device: Device::flex() };
    let decoding = crate::config::typed(json!({ "decoder": decoder })).expect("a decoding");
    let predictor = (Box::new(predictor) as Box<dyn Predictor>, 1);
    let process = process("absorbing", "linear", K);
    Walk::new(predictor, process, decoding, times(steps, steps), (None, None), noise)
}

/// Also with more steps than there are tokens.
#[test]
fn confidence_leaves_as_many_masked_as_the_schedule_says() {
    for (length, steps) in [(9, 64), (12, 48), (9, 4)] {
        let mut walk = even(json!("confidence"), length, steps, 0.0);
        for i in 1..=steps {
            let frame = walk.step().expect("a step").expect("a frame");
            for row in numbers(frame.x).chunks(length) {
                let open = row.iter().filter(|token| **token == K as f64).count() as f64;
                let wanted = length as f64 * (1.0 - i as f64 / steps as f64);
                assert!(
                    (open - wanted).abs() <= 0.5 + 1e-5,
                    "{length} in {steps}, step {i}: {open} {wanted}"
                );
            }
        }
    }
}

/// The largest of numbers that are none is a token: a network that says none is noticed all the same, from that step on.
#[test]
fn what_is_no_number_stays_so_to_the_end() {
    for decoder in ["ancestral", "confidence"] {
        let mut walk = even(json!(decoder), 5, 10, 0.75);
        // Asked at 1, 0.9, 0.8 and 0.7.
        for i in 1..=10 {
            let x = numbers(walk.step().expect("a step").expect("a frame").x);
            assert!(x.iter().all(|token| token.is_finite() == (i <= 3)), "{decoder}, step {i}: {x:?}");
        }
    }
}

#[test]
fn a_sample_is_the_same_alone_and_among_others() {
    for corruption in CorruptionConfig::NAMES {
        let process = process(corruption, "linear", K);
        let all = end(walk(&process, Decoding::default(), 20, 0, 50));
        let one = end(walk(&process, Decoding::default(), 20, 33, 1));
        assert_eq!(one, all[66..68], "{corruption}");
    }
}

fn entropy() -> f64 {
    JOINT.iter().map(|p| -p * p.ln()).sum()
}

/// The bound's mean over data that are drawn in their exact proportions, with its standard error.
fn bound(process: &Process, objective: &TokenObjectiveConfig, strata: usize) -> (f64, f64) {
    let copies = 4000.0;
    let pairs = JOINT.iter().enumerate().flat_map(|(at, p)| vec![at; (p * copies).round() as usize]);
    let rows: Vec<f32> = pairs.flat_map(|at| [(at / K) as f32, (at % K) as f32]).collect();
    let n = rows.len() / 2;
    let rows = Tensor::from_data(TensorData::new(rows, [n, 2]), &Device::flex());
    let predictor = Box::new(exact(process.clone()));
    let query = Query::default();
    let mut strata = Strata::new(predictor, process.clone(), objective.clone(), strata, (rows, &query));
    let costs: Vec<f64> = numbers(finish(&mut strata).expect("a bound")).iter().map(|log_p| -log_p).collect();
    let mean = costs.iter().sum::<f64>() / n as f64;
    let var = costs.iter().map(|cost| (cost - mean).powi(2)).sum::<f64>() / n as f64;
    (mean, (var / n as f64).sqrt())
}

/// In continuous time and with the exact posterior, the bound of every sample is exact: it is the chain rule in a random order.
#[test]
fn the_masked_bound_of_the_exact_posterior_is_the_entropy() {
    for schedule in DecayConfig::NAMES {
        let (mean, error) = bound(&process("absorbing", schedule, K), &masked(), 64);
        println!("{schedule}: {mean:.4} ± {error:.4}, entropy {:.4}", entropy());
        assert!((mean - entropy()).abs() < 4.0 * error && error < 0.05, "{schedule}: {mean} ± {error}");
    }
}

#[test]
fn the_bound_in_discrete_time_is_above_the_entropy_and_falls_to_it() {
    for (corruption, schedule) in [("absorbing", "linear"), ("uniform", "cosine")] {
        let process = process(corruption, schedule, K);
        let found = [2, 8, 64].map(|steps| bound(&process, &hybrid(steps), steps.max(64)));
        println!("{corruption}: {found:?}, entropy {:.4}", entropy());
        for (mean, error) in found {
            assert!(mean > entropy() - 4.0 * error, "{corruption}: {mean} ± {error} is below {}", entropy());
        }
        let (mean, error) = found[2];
        assert!(mean < entropy() + 0.03 + 4.0 * error, "{corruption}: {mean} ± {error}");
        assert!(found[0].0 > found[2].0, "{corruption}: more steps should be tighter, {found:?}");
    }
}

#[test]
fn a_row_is_judged_alike_in_every_batch() {
    let process = process("uniform", "cosine", K);
    let judge = |rows: &[f32], first: u64| {
        let rows = Tensor::from_data(TensorData::new(rows.to_vec(), [rows.len() / 2, 2]), &Device::flex());
        let query = Query { first, ..Query::default() };
        let predictor = Box::new(exact(process.clone()));
        numbers(
            finish(&mut Strata::new(predictor, process.clone(), hybrid(16), 16, (rows, &query)))
                .expect("a bound"),
        )
    };
    let all = judge(&[0.0, 1.0, 2.0, 2.0, 1.0, 0.0], 5);
    let one = judge(&[1.0, 0.0], 7);
    assert!((all[2] - one[0]).abs() < 1e-5, "{all:?} {one:?}");
}
