//! Losses against closed forms: nothing where the model is exact, something where it is not.

use std::cell::RefCell;

use super::*;
use crate::diffusion::objectives::trajectory::two_steps;
use crate::guidance::{Guided, Guiding, Threshold, Thresholded};
use crate::samplers::{Denoiser, Evaluation, Noise, SamplerConfig, Vector, Walk, walk};
use crate::schedules::ScheduleConfig;
use crate::schedules::grids::{GridConfig, Span};

const RANGE: [f64; 2] = [0.002, 80.0];

/// The end of the ODE at the bottom of the range.
fn end(x: Tensor<2>, sigma: &[f64]) -> Tensor<2> {
    carried(x, sigma, &[RANGE[0]])
}

/// Heun's step errs by `h³` and is weighed by `1/h`: the loss at the exact function falls fourfold as the steps are halved.
#[test]
fn the_exact_consistency_function_is_what_distillation_seeks() {
    let teacher = Exact::new(ideal);
    let of = |levels: usize, network: &dyn Network| {
        let objective = json!({ "kind": "consistency_distillation", "levels": levels, "huber": 1e-7 });
        value(&model(&json!({ "prediction": "x0", "objective": objective })), network, Some(&teacher))
    };
    let exact = Closed(|x: Tensor<2>, sigma: &[f64], _: &[f64]| end(x, sigma));
    let [coarse, fine] = [41, 81].map(|levels| of(levels, &exact));
    println!("exact: {coarse} {fine}");
    assert!((3.0..6.0).contains(&(coarse / fine)), "{coarse} {fine}");
    let mean = of(81, &Closed(|x: Tensor<2>, sigma: &[f64], _: &[f64]| ideal(x, sigma)));
    let nothing = of(81, &Closed(|x: Tensor<2>, _: &[f64], _: &[f64]| x));
    let narrow = of(81, &Closed(|x: Tensor<2>, sigma: &[f64], _: &[f64]| end(x, sigma) * 0.9));
    println!("others: {mean} {nothing} {narrow}");
    assert!([mean, nothing, narrow].iter().all(|other| *other > 20.0 * fine), "{mean} {nothing} {narrow}");
}

/// The target's own noise does not cancel in consistency training, so the loss stays; its gradient is what vanishes.
#[test]
fn the_gradient_of_consistency_training_vanishes_at_the_exact_function() {
    let objective = json!({ "kind": "consistency", "first": 1000, "last": 1000, "huber": 1e3 });
    let model = model(&json!({ "prediction": "x0", "objective": objective }));
    let slope = |a: f32| {
        let device = Device::flex().autodiff();
        let a = Tensor::<2>::from_floats([[a]], &device).require_grad();
        // What is added grows along the ODE, from 0 at its end.
        let leaf = a.clone();
        let network = Closed(move |x: Tensor<2>, sigma: &[f64], _: &[f64]| {
            let device = x.device();
            let away = (x.clone() - pair(MEAN, &device)) * column(sigma, |sigma| sigma - RANGE[0], &device);
            end(x, sigma) + away / total(sigma, &device) * leaf.clone()
        });
        let gradients = loss(&model, &network, None, 20_000).backward();
        f64::from(a.grad(&gradients).expect("the loss should depend on a").into_scalar::<f32>())
    };
    let [under, exact, over] = [-0.3, 0.0, 0.3].map(slope);
    println!("{under:e} {exact:e} {over:e}");
    assert!(under < 0.0 && over > 0.0, "the exact function should be where it leads: {under:e} {over:e}");
    assert!(exact.abs() < 0.15 * under.abs().min(over), "{under:e} {exact:e} {over:e}");
}

/// Salimans and Ho 2022, Algorithm 2, with their `α_t = cos(πt/2)`, `σ_t = sin(πt/2)` and in double precision.
#[test]
fn two_steps_are_the_papers_target() {
    let level = |t: f64| [(std::f64::consts::FRAC_PI_2 * t).cos(), (std::f64::consts::FRAC_PI_2 * t).sin()];
    let x_hat = |z: f64, t: f64| {
        let [alpha, sigma] = level(t);
        let (x, ratio) = (z / alpha, sigma / alpha);
        (0.25 * x + ratio * ratio * 1.0) / (0.25 + ratio * ratio)
    };
    let step = |z: f64, from: f64, to: f64| {
        let ([a, s], [a_to, s_to]) = (level(from), level(to));
        a_to * x_hat(z, from) + s_to / s * (z - a * x_hat(z, from))
    };
    for (i, n) in [(1, 1), (1, 4), (3, 4), (8, 9)] {
        let t = f64::from(i) / f64::from(n) * 0.98;
        let [middle, to] = [0.5, 1.0].map(|part| t - part * 0.98 / f64::from(n));
        let z = 0.37;
        let z_to = step(step(z, t, middle), middle, to);
        let ([a, s], [a_to, s_to]) = (level(t), level(to));
        let wanted = (z_to - s_to / s * z) / (a_to - s_to / s * a);
        let device = Device::flex();
        let x = pair([z / a, 0.0], &device);
        let [from, middle, to] = [t, middle, to].map(|t| level(t)[1] / level(t)[0]);
        let denoise = |x: Tensor<2>, [sigma, _]: [&[f64]; 2]| ideal(x, sigma);
        let got = two_steps(denoise, x, [&[from], &[middle], &[to.max(0.0)]]);
        let got = f64::from(got.narrow(1, 0, 1).into_scalar::<f32>());
        assert!((got - wanted).abs() < 1e-5, "step {i} of {n}: {got}, the paper's {wanted}");
    }
}

/// The levels that `progressive` draws are those that the student is sampled at: thirds of the way, here.
#[test]
fn a_student_that_makes_two_steps_in_one_has_no_loss() {
    let model = model(&json!({
        "prediction": "x0", "range": [0.002, 100.0], "objective": { "kind": "progressive", "steps": 3 },
        "sampling": { "schedule": "cond_ot", "grid": "linear", "steps": 3 },
    }));
    let time = |sigma: f64| sigma / (1.0 + sigma);
    let top = time(100.0);
    let two = move |x: Tensor<2>, sigma: &[f64], parts: f64| {
        let levels = |part: f64| -> Vec<f64> {
            sigma.iter().map(|s| (time(*s) - part * top / 3.0).max(0.0)).map(|t| t / (1.0 - t)).collect()
        };
        let (middle, to) = (levels(0.5 * parts), levels(parts));
        two_steps(|x: Tensor<2>, [sigma, _]: [&[f64]; 2]| ideal(x, sigma), x, [sigma, &middle, &to])
    };
    let teacher = Exact::new(ideal);
    let exact = value(
        &model,
        &Closed(move |x: Tensor<2>, sigma: &[f64], _: &[f64]| two(x, sigma, 1.0)),
        Some(&teacher),
    );
    let one =
        value(&model, &Closed(|x: Tensor<2>, sigma: &[f64], _: &[f64]| ideal(x, sigma)), Some(&teacher));
    println!("{exact:e} {one:e}");
    assert!(exact < 1e-9 && one > 1e-3, "{exact:e} {one:e}");
}

/// The teacher's walk begins at the noise that it has learnt, and ends there too, whatever the student's range.
#[test]
fn reflow_walks_its_teacher_over_the_teachers_own_levels() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let asked = seen.clone();
    let denoiser = Rc::new(move |x: Tensor<2>, sigma: f64, _: Option<&Tensor<2>>| {
        asked.borrow_mut().push(sigma);
        ideal(x, &[sigma])
    });
    let teacher = Exact { denoiser, range: Some([0.1, 20.0]), ..Exact::new(ideal) };
    let sampling = json!({ "sampler": "euler", "steps": 5 });
    let student =
        model(&json!({ "prediction": "x0", "objective": { "kind": "reflow", "sampling": sampling } }));
    student.check_teacher(&teacher).expect("it can be walked");
    value(&student, &Closed(|x: Tensor<2>, _: &[f64], _: &[f64]| x), Some(&teacher));
    let seen = seen.borrow();
    assert_eq!(seen.len(), 5);
    assert!((seen[0] - 20.0).abs() < 1e-9 && (seen[4] - 0.1).abs() < 1e-9, "{seen:?}");
}

/// `D` that leads straight to where the ODE leads: the exact shortcut.
fn secant(x: Tensor<2>, sigma: &[f64], next: &[f64]) -> Tensor<2> {
    let device = x.device();
    let ratios: Vec<f64> = sigma.iter().zip(next).map(|(sigma, next)| next / sigma).collect();
    let k = column(&ratios, |k| k, &device);
    (carried(x.clone(), sigma, next) - x * k.clone()) / (k * -1.0 + 1.0)
}

#[test]
fn the_exact_shortcut_agrees_with_itself() {
    let of = |network: &dyn Network| {
        let objective = json!({ "kind": "shortcut", "every": 1 });
        value(
            &model(&json!({ "prediction": "x0", "range": [0.002, 100.0], "objective": objective })),
            network,
            None,
        )
    };
    let exact = of(&Closed(secant));
    let mean = of(&Closed(|x: Tensor<2>, sigma: &[f64], _: &[f64]| ideal(x, sigma)));
    println!("{exact:e} {mean:e}");
    assert!(exact < 1e-6 && mean > 1e-3, "{exact:e} {mean:e}");
}

/// A denoiser that knows where a step leads.
struct Shortcut;

impl Denoiser for Shortcut {
    fn denoise(&self, x: Tensor<2>, sigma: f64) -> Tensor<2> {
        ideal(x, &[sigma])
    }
    fn evaluate(&self, x: Vector, sigma: f64, next: f64) -> Evaluation {
        Evaluation { mean: secant(x.into_tensor(), &[sigma], &[next]).into(), v: None }
    }
}

impl Conditional for Shortcut {
    fn denoise(&self, x: Tensor<2>, sigma: f64, _class: Option<&Tensor<2>>) -> Tensor<2> {
        ideal(x, &[sigma])
    }
    fn evaluate(&self, x: Vector, sigma: f64, next: f64, _class: Option<&Tensor<2>>) -> Evaluation {
        Evaluation { mean: secant(x.into_tensor(), &[sigma], &[next]).into(), v: None }
    }
}

/// Wrapped or not, under any schedule and in any number of steps, DDIM takes a shortcut to the end of the ODE.
#[test]
fn ddim_walks_a_shortcut_exactly_through_every_wrapper() {
    let guided = || Guided::new(Rc::new(Shortcut), None, 1.0, &Guiding::default());
    let wide = Threshold { percentile: 1.0, limit: 1e6, largest: None };
    let wrapped: [Box<dyn Denoiser>; 3] = [
        Box::new(Shortcut),
        Box::new(guided()),
        Box::new(Thresholded { inner: Box::new(guided()), threshold: wide }),
    ];
    let sampler = SamplerConfig::named("ddim").expect("ddim");
    for schedule in ["edm", "cond_ot", "vp"].map(|name| ScheduleConfig::named(name).expect(name)) {
        for (denoiser, steps) in wrapped.iter().flat_map(|denoiser| [1, 2, 5].map(|steps| (denoiser, steps)))
        {
            let span = Span { steps, schedule: &*schedule, range: RANGE, features: 2 };
            let levels = GridConfig::named("karras").and_then(|grid| grid.levels(&span)).expect("levels");
            let noise = Noise { seed: 1, first: 0, rows: 9, features: 2, device: Device::flex() };
            let start = noise.start(levels[0]);
            let wanted = carried(start.clone() / levels[0].alpha, &[levels[0].ratio()], &[0.0]);
            let x =
                walk(&sampler, &Walk::new(&**denoiser, &*schedule, &levels, &noise), start).expect("a walk");
            let error = (x - wanted).abs().max().into_scalar::<f32>();
            assert!(error < 1e-4, "{} in {steps}: {error}", schedule.name());
        }
    }
}
