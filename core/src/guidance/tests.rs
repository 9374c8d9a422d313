//! Guidance where its effect is known: class `c` is `N(m_c, s²)` and "no class" `N(0, s²)`, so that every prediction is affine.

use std::rc::Rc;

use burn::tensor::DType;

use super::methods::Apg;
use super::*;
use crate::samplers::{Denoiser, Noise, SamplerConfig, Walk, walk};
use crate::schedules::ScheduleConfig;
use crate::schedules::grids::{GridConfig, Span};

const VAR: f64 = 0.25;
const MEANS: [[f64; 3]; 2] = [[0.5, -1.0, 0.2], [-0.3, 0.4, 1.0]];

fn tensor<const N: usize>(rows: &[[f64; N]], dtype: DType) -> Tensor<2> {
    Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), N]), (&Device::flex(), dtype))
}

fn rows(x: Tensor<2>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

fn close(a: Tensor<2>, b: Tensor<2>, tolerance: f64) {
    let (a, b) = (rows(a), rows(b));
    let difference = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(difference < tolerance, "{difference}: {a:?} and {b:?}");
}

/// `D(x; σ, c) = (s² x + σ² m_c)/(s² + σ²)`.
fn ideal(x: Tensor<2>, sigma: f64, class: Option<&Tensor<2>>) -> Tensor<2> {
    let total = VAR + sigma * sigma;
    let mean = class.expect("a class").clone().matmul(tensor(&MEANS, x.dtype()));
    x * (VAR / total) + mean * (sigma * sigma / total)
}

/// The same with the classes' means halved: a model that has learnt less.
fn weak(x: Tensor<2>, sigma: f64, class: Option<&Tensor<2>>) -> Tensor<2> {
    ideal(x, sigma, Some(&(class.expect("a class").clone() * 0.5)))
}

fn classes(dtype: DType) -> Tensor<2> {
    tensor(&[[1.0, 0.0], [0.0, 1.0]], dtype)
}

fn points(dtype: DType) -> Tensor<2> {
    tensor(&[[1.5, -0.7, 0.9], [-2.0, 0.3, 0.1]], dtype)
}

fn guided(scale: f64, guiding: &Guiding, dtype: DType) -> Guided {
    Guided::new(Rc::new(ideal), Some(classes(dtype)), scale, guiding)
}

/// The denoiser of Gaussians whose means are `m_c` times a factor: what guidance should come to.
fn scaled(x: Tensor<2>, sigma: f64, factor: f64) -> Tensor<2> {
    let class = classes(x.dtype()) * factor;
    ideal(x, sigma, Some(&class))
}

fn with(method: Apg) -> Guiding {
    Guiding { method: MethodConfig::Apg(method), ..Guiding::default() }
}

#[test]
fn a_guided_walk_ends_at_the_guided_mean() {
    let schedule = ScheduleConfig::named("edm").expect("edm");
    let span = Span { steps: 100, schedule: &*schedule, range: [0.002, 80.0], features: 3 };
    let levels = GridConfig::named("karras").and_then(|grid| grid.levels(&span)).expect("a grid");
    let noise = Noise { seed: 1, first: 0, rows: 2, features: 3, device: Device::flex() };
    for dtype in [DType::F32, DType::F64] {
        let guided = guided(3.0, &Guiding::default(), dtype);
        let walking = Walk::new(&guided, &*schedule, &levels, &noise);
        let x = points(dtype) * 80.0;
        let end = walk(&SamplerConfig::named("heun").expect("heun"), &walking, x.clone()).expect("a walk");
        // m + (x − m) s/sqrt(s² + σ²), with m = 3 m_c.
        let mean = tensor(&MEANS, dtype) * 3.0;
        let shrunk = (VAR / (VAR + 6400.0)).sqrt();
        close(end, (x - mean.clone()) * shrunk + mean, 2e-3);
    }
}

#[test]
fn outside_of_its_interval_guidance_is_none() {
    let guiding = Guiding { interval: Some([0.5, 2.0]), ..Guiding::default() };
    let guided = guided(3.0, &guiding, DType::F32);
    let x = points(DType::F32);
    for (sigma, factor) in [(0.4, 1.0), (0.5, 3.0), (2.0, 3.0), (2.1, 1.0)] {
        close(guided.denoise(x.clone(), sigma), scaled(x.clone(), sigma, factor), 1e-6);
    }
}

#[test]
fn weights_rise_towards_data_and_have_a_mean_of_one() {
    for weight in GuidanceWeightConfig::all() {
        let at = |i: u32| weight.weight((f64::from(i) + 0.5) / 1000.0);
        let mean = (0..1000).map(at).sum::<f64>() / 1000.0;
        assert!((mean - 1.0).abs() < 1e-6, "{}: {mean}", weight.name());
        assert!((1..1000).all(|i| at(i) >= at(i - 1)), "{}", weight.name());
    }
    assert!((progress(1.0) - 0.5).abs() < 1e-12 && progress(0.0) == 1.0 && progress(1e9) < 1e-9);
    let guiding =
        Guiding { schedule: GuidanceWeightConfig::named("linear").expect("linear"), ..Guiding::default() };
    // Halfway, the weight is 1: the scale is what was asked for.
    assert!((guiding.scale(3.0, 1.0) - 3.0).abs() < 1e-12 && (guiding.scale(3.0, 0.0) - 5.0).abs() < 1e-12);
}

#[test]
fn rescaling_keeps_the_standard_deviation_of_each_sample() {
    let (towards, away) = (points(DType::F64), points(DType::F64) * -0.5);
    let guided = towards.clone() * 4.0 - away * 3.0;
    let std = |x: &Tensor<2>| x.clone().var_bias(1).sqrt();
    close(std(&rescale(guided.clone(), &towards, 1.0)), std(&towards), 1e-9);
    let half = (std(&towards) / std(&guided)) * 0.5 + 0.5;
    close(rescale(guided.clone(), &towards, 0.5), guided.clone() * half, 1e-9);
    close(rescale(guided.clone(), &towards, 0.0), guided, 1e-15);
    let single = tensor(&[[2.0], [3.0]], DType::F32);
    close(rescale(single.clone(), &single, 1.0), single, 1e-6);
}

#[test]
fn projected_guidance_with_all_of_the_difference_is_classifier_free() {
    let x = points(DType::F32);
    let apg = guided(3.0, &with(Apg { eta: 1.0, norm: 0.0, momentum: 0.0 }), DType::F32);
    close(apg.denoise(x.clone(), 0.7), scaled(x, 0.7, 3.0), 1e-5);
}

#[test]
fn projected_guidance_is_orthogonal_bounded_and_remembers() {
    for dtype in [DType::F32, DType::F64] {
        let (towards, away) = (points(dtype), classes(dtype).matmul(tensor(&MEANS, dtype)));
        let guide = |config: Apg, times: usize| {
            let mut rule = MethodConfig::Apg(config).build();
            // Twice at each level, as solvers and gradients ask: that is once.
            let mut level = |sigma: f64| {
                let mut step = || {
                    let guided = rule.guide(towards.clone().into(), away.clone().into(), sigma, 3.0);
                    guided.into_tensor() - towards.clone()
                };
                close(step(), step(), 1e-12);
                step()
            };
            (1..times).for_each(|i| drop(level(1.0 / i as f64)));
            level(0.01)
        };
        let plain = Apg { eta: 1.0, norm: 0.0, momentum: 0.0 };
        let pushed = guide(Apg { eta: 0.0, ..plain.clone() }, 1);
        close((pushed * towards.clone()).sum_dim(1), tensor(&[[0.0], [0.0]], dtype), 1e-5);
        let bounded = guide(Apg { norm: 0.1, ..plain.clone() }, 1);
        close(bounded.square().sum_dim(1).sqrt(), tensor(&[[0.2], [0.2]], dtype), 1e-5);
        // 1 + β after the second, 1 + β + β² after the third.
        let third = guide(Apg { momentum: -0.5, ..plain.clone() }, 3);
        close(third, guide(plain, 1) * 0.75, 1e-5);
    }
}

/// What is said at the last of three levels by projected guidance that remembers, inside of a classifier's and of a bound.
fn last_said(ask: impl Fn(&dyn Denoiser, f64) -> Tensor<2>) -> Tensor<2> {
    let apg = guided(3.0, &with(Apg { eta: 1.0, norm: 0.0, momentum: -0.5 }), DType::F64);
    let logits = |d: Tensor<2>| d.narrow(1, 0, 2) * 0.1;
    let (inner, class) = (Box::new(apg), classes(DType::F64));
    let classified = Classified { inner, logits: Box::new(logits), class, scale: 1.0 };
    let threshold = Threshold { limit: 1e3, ..Threshold::default() };
    let denoiser = Thresholded { inner: Box::new(classified), threshold };
    [4.0, 2.0, 1.0].map(|sigma| ask(&denoiser, sigma)).into_iter().last().expect("three")
}

/// A gradient around that of the classifier asks twice, and wants the same answer.
#[test]
fn what_is_remembered_does_not_depend_on_how_often_is_asked_and_can_be_forgotten() {
    let plain = last_said(|denoiser, sigma| denoiser.denoise(points(DType::F64), sigma));
    let squares = |d: Tensor<2>| d.square().sum();
    let inside = last_said(|denoiser, sigma| {
        gradient::through(denoiser, &points(DType::F64), [sigma; 2], squares).0.mean.into_tensor()
    });
    close(inside, plain.clone(), 1e-12);
    let forgetful = last_said(|denoiser, sigma| {
        denoiser.forget();
        denoiser.denoise(points(DType::F64), sigma)
    });
    let trace = (plain - forgetful).abs().max().into_scalar::<f64>();
    assert!(trace > 0.1, "the levels before should leave a trace: {trace}");
}

#[test]
fn a_weaker_model_is_left_behind() {
    let guided = guided(3.0, &Guiding::default(), DType::F32).away_from(Rc::new(weak));
    let x = points(DType::F32);
    // 0.5 + 3 (1 − 0.5) = 2.
    close(guided.denoise(x.clone(), 0.7), scaled(x, 0.7, 2.0), 1e-5);
}

#[test]
fn the_quantile_is_that_of_sorted_values_and_predictions_stay_within() {
    let noise = Noise { seed: 3, first: 0, rows: 4, features: 97, device: Device::flex() };
    let x = noise.draw(crate::random::Purpose::Noise, 0) * 2.0;
    let sorted = x.clone().abs().sort(1);
    // p of 96 intervals between 97 values, as torch.quantile has it.
    let value = |place| sorted.clone().narrow(1, place, 1);
    for (p, place, part) in [(0.5, 48, 0.0), (0.9, 86, 0.4), (0.995, 95, 0.52), (1.0, 95, 1.0)] {
        close(quantile(&x, p), value(place) * (1.0 - part) + value(place + 1) * part, 1e-6);
    }
    let threshold = Threshold { percentile: 0.75, ..Threshold::default() };
    let bounded = threshold.apply(x.clone().into()).into_tensor();
    let s = value(72); // above 1: two standard deviations
    close(bounded.clone().abs().max_dim(1), s.ones_like(), 1e-6);
    close(bounded, (x.clone() / s).clamp(-1.0, 1.0), 1e-5);
    // What is within the range already stays.
    let small = x.clone() * 0.01;
    close(threshold.apply(small.clone().into()).into_tensor(), small, 1e-7);
    // Static: clipped, and nothing scaled. In between the scale is bounded.
    let still = Threshold { limit: 1.5, largest: Some(1.5), ..Threshold::default() };
    close(still.apply(x.clone().into()).into_tensor(), x.clone().clamp(-1.5, 1.5), 1e-7);
    let bounded = Threshold { largest: Some(1.2), ..threshold }.apply(x.clone().into()).into_tensor();
    close(bounded, (x / 1.2).clamp(-1.0, 1.0), 1e-6);
}

/// With `D = J x` and logits `(b D, −b D)`: `∂ ln p/∂x = 2 b J/(1 + e^{2 b D})`.
#[test]
fn a_classifier_pulls_by_its_gradient_through_the_denoiser() {
    let (sigma, scale, b) = (0.7_f64, 1.5, 0.8);
    let jacobian = VAR / (VAR + sigma * sigma);
    for dtype in [DType::F32, DType::F64] {
        let denoiser = move |x: Tensor<2>, _: f64| x * jacobian;
        let logits = move |d: Tensor<2>| Tensor::cat(vec![d.clone() * b, d * -b], 1);
        let classified = Classified {
            inner: Box::new(denoiser),
            logits: Box::new(logits),
            class: tensor(&[[1.0, 0.0], [0.0, 1.0]], dtype),
            scale,
        };
        let x = [0.4_f64, -1.1];
        let sign = [1.0, -1.0];
        let wanted = [0, 1].map(|i| {
            let d = jacobian * x[i];
            let slope = sign[i] * 2.0 * b * jacobian / (1.0 + (2.0 * sign[i] * b * d).exp());
            [d + scale * sigma * sigma * slope]
        });
        let tolerance = if dtype == DType::F64 { 1e-12 } else { 1e-6 };
        close(classified.denoise(tensor(&x.map(|x| [x]), dtype), sigma), tensor(&wanted, dtype), tolerance);
    }
}

#[test]
fn what_cannot_be_guided_with_is_refused() {
    let text = |guiding: Guiding| guiding.check().expect_err("this should be refused").to_string();
    assert!(text(Guiding { interval: Some([2.0, 1.0]), ..Guiding::default() }).contains("the lower first"));
    assert!(
        text(Guiding { rescale: 1.5, ..Guiding::default() })
            .contains("`rescale`: wanted a number from 0 to 1")
    );
    assert!(text(with(Apg { eta: 2.0, ..Apg::default() })).contains("`method.eta`"));
    let threshold = Some(Threshold { percentile: 0.0, ..Threshold::default() });
    assert!(text(Guiding { threshold, ..Guiding::default() }).contains("`threshold.percentile`"));
    assert!(Guiding::default().check().is_ok() && !Guiding::default().is_of_pairs());
}
