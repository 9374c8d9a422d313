//! The bound: against all paths of a chain of four steps, in its limit of many, and against the entropy of known data.

use super::*;

const K: usize = 3;
const STEPS: usize = 4;

/// An opinion about `x_0` for each time and state, of no particular sense.
fn opinion(t: usize, state: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..K).map(|k| 1.0 + ((3 * t + 5 * state + 7 * k) % 11) as f64).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

/// `p(x_{t−1}|x_t = j)`: what is not masked stays, else the mixture over the opinion.
fn step_back(process: &Process, t: usize, j: usize) -> Vec<f64> {
    let times = [t as f64 / STEPS as f64, (t - 1) as f64 / STEPS as f64];
    if process.mask().is_some_and(|mask| j != mask) {
        return (0..=K).map(|k| if k == j { 1.0 } else { 0.0 }).collect();
    }
    let mut mixture = vec![0.0; process.corruption.states(K)];
    for (i, p) in opinion(t, j).iter().enumerate() {
        let back = posterior(process, times, i, j);
        mixture.iter_mut().zip(back).for_each(|(sum, q)| *sum += p * q);
    }
    mixture
}

/// `E_q ln q(x_1, …, x_T|x_0)/p(x_0, …, x_T)` over every path.
fn by_paths(process: &Process, x0: usize) -> f64 {
    let states = process.corruption.states(K);
    let alpha = |t: usize| process.schedule.alpha(t as f64 / STEPS as f64);
    let onward: Vec<Matrix> =
        (1..=STEPS).map(|t| process.corruption.transition(alpha(t) / alpha(t - 1), K)).collect();
    let rest = process.corruption.rest(K);
    let mut sum = 0.0;
    for path in 0..states.pow(STEPS as u32) {
        let state = |t: usize| if t == 0 { x0 } else { path / states.pow(t as u32 - 1) % states };
        let q: f64 = (1..=STEPS).map(|t| onward[t - 1][state(t - 1)][state(t)]).product();
        if q > 0.0 {
            let back: f64 = (1..=STEPS).map(|t| step_back(process, t, state(t))[state(t - 1)]).product();
            sum += q * (q / (rest[state(STEPS)] * back)).ln();
        }
    }
    sum
}

/// The mean of the objective's cost over all times and states.
fn by_objective(process: &Process, objective: &TokenObjectiveConfig, x0: usize) -> f64 {
    let states = process.corruption.states(K);
    let mut sum = 0.0;
    for t in 1..=STEPS {
        let time = t as f64 / STEPS as f64;
        let q = &process.corruption.transition(process.schedule.alpha(time), K)[x0];
        let opinions: Vec<Vec<f64>> = (0..states).map(|state| opinion(t, state)).collect();
        let guess = Guess {
            x0: tokens(&vec![x0 as f64; states]),
            x_t: tokens(&(0..states).map(|state| state as f64).collect::<Vec<_>>()),
            times: vec![time; states],
            log_x0: logs(&opinions),
        };
        let costs = numbers(objective.cost(process, &guess));
        sum += q.iter().zip(&costs).filter(|(q, _)| **q > 0.0).map(|(q, cost)| q * cost).sum::<f64>();
    }
    sum / STEPS as f64
}

#[test]
fn the_bound_in_four_steps_is_that_of_all_paths() {
    for corruption in CorruptionConfig::NAMES {
        for schedule in DecayConfig::NAMES {
            let process = process(corruption, schedule, K);
            for x0 in 0..K {
                let (found, expected) = (by_objective(&process, &hybrid(STEPS), x0), by_paths(&process, x0));
                assert!((found - expected).abs() < 1e-9, "{corruption} {schedule} {x0}: {found} {expected}");
            }
        }
    }
}

#[test]
fn times_are_those_of_the_chain_and_each_as_often() {
    let objective = hybrid(STEPS);
    let mut counts = [0; STEPS + 1];
    (0..1000).for_each(|i| counts[(objective.time((f64::from(i) + 0.5) / 1000.0) * 4.0) as usize] += 1);
    assert_eq!(counts, [0, 250, 250, 250, 250]);
}

/// The mean cost over time and noise of one token for a predictor that knows the time, by the midpoint rule.
fn mean_cost(process: &Process, objective: &TokenObjectiveConfig, n: usize) -> f64 {
    let times: Vec<f64> = (0..n).map(|i| objective.time((i as f64 + 0.5) / n as f64)).collect();
    let opinion = |t: &f64| {
        let p = 0.2 + 0.6 * t * t;
        vec![p, 0.5 * (1.0 - p), 0.5 * (1.0 - p)]
    };
    // What is masked costs, and is so with the probability 1 − α.
    let guess = Guess {
        x0: tokens(&vec![0.0; n]),
        x_t: tokens(&vec![K as f64; n]),
        log_x0: logs(&times.iter().map(opinion).collect::<Vec<_>>()),
        times: times.clone(),
    };
    let costs = numbers(objective.cost(process, &guess));
    costs.iter().zip(&times).map(|(cost, t)| cost * (1.0 - process.schedule.alpha(*t))).sum::<f64>()
        / n as f64
}

#[test]
fn masked_diffusion_is_the_limit_of_d3pm_with_a_mask() {
    for schedule in DecayConfig::NAMES {
        let process = process("absorbing", schedule, K);
        let limit = mean_cost(&process, &masked(), 20_000);
        let gaps: Vec<f64> =
            [16, 32, 64, 128].iter().map(|n| mean_cost(&process, &hybrid(*n), *n) - limit).collect();
        println!("{schedule}: {limit:.6} and {gaps:?} more");
        for pair in gaps.windows(2) {
            let ratio = pair[0] / pair[1];
            assert!((1.8..2.2).contains(&ratio), "{schedule}: the gap falls as 1/T, not by {ratio}");
        }
        assert!(gaps[3].abs() < 0.01, "{schedule}: {gaps:?}");
    }
}

/// `∫ −α'/(1−α) (1−α) f(α) dt = ∫ f dα`: where the prediction depends on the state alone, as it does where noise is a mask.
#[test]
fn the_masked_bound_does_not_depend_on_the_schedule() {
    let [linear, cosine] = ["linear", "cosine"].map(|schedule| {
        let process = process("absorbing", schedule, K);
        let (n, objective) = (5000, masked());
        let times: Vec<f64> = (0..n).map(|i| (f64::from(i) + 0.5) / f64::from(n)).collect();
        let opinion = |t: &f64| {
            let p = 0.2 + 0.6 * process.schedule.alpha(*t);
            vec![p, 1.0 - p, 0.0]
        };
        let rows = times.len();
        let guess = Guess {
            x0: tokens(&vec![0.0; rows]),
            x_t: tokens(&vec![K as f64; rows]),
            log_x0: logs(&times.iter().map(opinion).collect::<Vec<_>>()),
            times: times.clone(),
        };
        let costs = numbers(objective.cost(&process, &guess));
        let mean = |(cost, t): (&f64, &f64)| cost * (1.0 - process.schedule.alpha(*t));
        costs.iter().zip(&times).map(mean).sum::<f64>() / f64::from(n)
    });
    // −∫ ln(0.2 + 0.6 a) da from 0 to 1.
    let exact = -((0.8 * 0.8_f64.ln() - 0.8) - (0.2 * 0.2_f64.ln() - 0.2)) / 0.6;
    assert!((linear - exact).abs() < 1e-6 && (cosine - exact).abs() < 1e-6, "{linear} {cosine} {exact}");
}

#[test]
fn what_is_known_costs_nothing_and_the_cross_entropy_is_beside_the_bound() {
    let process = process("absorbing", "linear", K);
    let guess = Guess {
        x0: tokens(&[1.0, 1.0]),
        x_t: tokens(&[1.0, K as f64]),
        times: vec![0.5, 0.5],
        log_x0: logs(&vec![vec![0.3, 0.5, 0.2]; 2]),
    };
    for objective in [masked(), hybrid(10)] {
        let costs = numbers(objective.cost(&process, &guess));
        // Of ten steps from t = 0.5, a tenth over a half is revealed in this one.
        assert!(costs[0].abs() < 1e-12 && (costs[1] - 2.0 * -(0.5_f64.ln())).abs() < 1e-9, "{costs:?}");
    }
    let lambda = crate::config::typed(json!({ "kind": "hybrid", "steps": 10, "cross_entropy": 0.25 }));
    let lambda: TokenObjectiveConfig = lambda.expect("an objective");
    let extra = numbers(lambda.loss(&process, &guess) - lambda.cost(&process, &guess));
    assert!(extra.iter().all(|extra| (extra - 2.5 * -(0.5_f64.ln())).abs() < 1e-9), "{extra:?}");
}
