//! Losses of reconstruction against numbers, and what is refused.

use burn::prelude::*;
use serde_json::json;

use super::*;
use crate::config::typed;

fn named(name: &str) -> ReconstructionConfig {
    ReconstructionConfig::named(name).expect("it is listed")
}

fn number(x: Tensor<1>) -> f64 {
    f64::from(x.into_scalar::<f32>())
}

fn rows(values: &[f32], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), device)
}

/// A picture of waves, and a paler one with other waves on it.
fn waves([height, width]: [usize; 2], device: &Device) -> [Tensor<2>; 2] {
    let x = |i: usize, j: usize| 0.8 * (0.3 * i as f64 + 0.2 * j as f64).sin();
    let y = |i: usize, j: usize| 0.7 * x(i, j) + 0.2 * (0.5 * i as f64).cos();
    let picture = |f: &dyn Fn(usize, usize) -> f64| {
        let values: Vec<f32> = (0..height * width).map(|at| f(at / width, at % width) as f32).collect();
        rows(&values, device)
    };
    [picture(&x), picture(&y)]
}

#[test]
fn differences_cost_what_the_formulas_say() {
    let device = Device::flex();
    let (x, y) = (rows(&[0.0, 0.5, -1.0, 1.0], &device), rows(&[0.3, 0.1, -1.0, -0.2], &device));
    let cost = |name: &str| number(named(name).cost(x.clone(), y.clone(), &[4]));
    assert!((cost("l2") - (0.09 + 0.16 + 1.44) / 4.0).abs() < 1e-6);
    assert!((cost("l1") - 1.9 / 4.0).abs() < 1e-6);
    assert!((cost("charbonnier") - (1.9 + 1e-3) / 4.0).abs() < 1e-5);
    // Probabilities ½, ¾, 0, 1 held to 0.65, 0.55, 0, 0.4.
    let right = 0.5 * 0.65_f64.ln()
        + 0.5 * 0.35_f64.ln()
        + 0.75 * 0.55_f64.ln()
        + 0.25 * 0.45_f64.ln()
        + 0.4_f64.ln();
    assert!((cost("bce") + right / 4.0).abs() < 1e-6);
    for config in ReconstructionConfig::all() {
        let [x, _] = waves([16, 20], &device);
        if config.check(&[1, 16, 20]).is_ok() && config.name() != "bce" {
            let none = number(config.cost(x.clone(), x, &[1, 16, 20]));
            assert!(none.abs() < 2e-3, "{}: {none}", config.name());
        }
    }
}

/// Beyond black and white the cross entropy still says the way back.
#[test]
fn the_cross_entropy_has_a_gradient_everywhere() {
    let device = Device::flex().autodiff();
    let y = rows(&[-3.0, 3.0, 0.2], &device).require_grad();
    let loss = named("bce").cost(rows(&[-0.5, 0.5, 0.2], &device), y.clone(), &[3]);
    let gradient: Vec<f32> =
        y.grad(&loss.backward()).expect("a gradient").into_data().try_to_vec().expect("floats");
    assert!(gradient[0] < -1.0 && gradient[1] > 1.0 && gradient[2].abs() < 1e-6, "{gradient:?}");
}

/// ```text
/// w = np.exp(-np.arange(-5, 6)**2/4.5); w /= w.sum(); f = lambda a: correlate1d(correlate1d(a, w, 0), w, 1)[5:-5, 5:-5]
/// mx, my = f(x), f(y); sx, sy, sxy = f(x*x) - mx*mx, f(y*y) - my*my, f(x*y) - mx*my
/// cs = (2*sxy + C2)/(sx + sy + C2); s = (2*mx*my + C1)/(mx*mx + my*my + C1)*cs                # C1, C2 = .02**2, .06**2
/// 1 - s.mean(), and 1 - cs.mean()**.3 * cs2.mean()**.3 * s4.mean()**.4 with the picture halved once and twice
/// ```
#[test]
fn similarities_are_those_of_a_plain_implementation() {
    let device = Device::flex();
    let [x, y] = waves([16, 20], &device);
    let found = number(named("ssim").cost(x, y, &[1, 16, 20]));
    assert!((found - 0.297_827_384_115).abs() < 1e-5, "{found}");
    let [x, y] = waves([44, 48], &device);
    let scales = MsSsim { weights: vec![0.3, 0.3, 0.4] };
    scales.check(&[1, 44, 48]).expect("it fits");
    let found = number(scales.cost(x.clone(), y.clone(), &[1, 44, 48]));
    assert!((found - 0.134_333_102_292).abs() < 1e-5, "{found}");
    // Channels by themselves: twice the same picture costs what one does.
    let [x, y] = [x, y].map(|x| Tensor::cat(vec![x.clone(), x], 1));
    assert!((number(scales.cost(x, y, &[2, 44, 48])) - 0.134_333_102_292).abs() < 1e-5);
}

/// Differences of the cost along a direction, against the gradient's.
#[test]
fn gradients_are_those_of_differences() {
    let device = Device::flex().autodiff();
    let shape = [1, 22, 24];
    let [x, y] = waves([22, 24], &device);
    let along = waves([22, 24], &device)[1].clone().sin() * 0.1;
    let two = json!({ "kind": "ms_ssim", "weights": [0.5, 0.5] });
    let configs = [json!("l2"), json!("charbonnier"), json!("bce"), json!("ssim"), two, json!("composite")];
    for config in configs {
        let config: ReconstructionConfig = typed(config).expect("a loss");
        let cost = |y: Tensor<2>| config.cost(x.clone(), y, &shape);
        let tracked = y.clone().require_grad();
        let slope = tracked.grad(&cost(tracked.clone()).backward()).expect("a gradient");
        let found = number((slope * along.clone().inner()).sum());
        let h = 0.05;
        let ends = [-h, h].map(|h| number(cost(y.clone() + along.clone() * h)));
        let wanted = (ends[1] - ends[0]) / (2.0 * h);
        assert!((found - wanted).abs() < 0.01 * wanted.abs() + 1e-4, "{}: {found} {wanted}", config.name());
    }
}

#[test]
fn terms_are_added_up_and_told() {
    let device = Device::flex();
    let config = json!({ "kind": "composite", "terms": [
        { "loss": "l1", "weight": 0.5 }, { "loss": { "kind": "charbonnier", "epsilon": 0.1 } },
        { "loss": "l2", "weight": 2.0, "schedule": { "kind": "linear", "over": 10 } } ] });
    let config: ReconstructionConfig = typed(config).expect("a loss");
    config.check(&[3]).expect("it fits");
    let (x, y) = (rows(&[0.0, 0.5, -1.0], &device), rows(&[0.3, 0.1, -1.0], &device));
    let each = ["l1", "l2"].map(|name| number(named(name).cost(x.clone(), y.clone(), &[3])));
    let round = number(Charbonnier { epsilon: 0.1 }.cost(x.clone(), y.clone(), &[3]));
    let told = std::cell::RefCell::new(Vec::new());
    let note = |name: &'static str, _: &Tensor<1>| told.borrow_mut().push(name);
    let moment = Moment { step: 5, steps: 100, note: &note };
    let found = number(config.cost_at(x.clone(), y.clone(), &[3], &moment));
    assert!((found - (0.5 * each[0] + round + each[1])).abs() < 1e-6, "{found}");
    assert_eq!(*told.borrow(), ["l1", "charbonnier", "l2"]);
    let end = number(config.cost(x, y, &[3]));
    assert!((end - found - each[1]).abs() < 1e-6, "{end}");
}

#[test]
fn what_does_not_fit_names_its_key() {
    let refused = |config: serde_json::Value, shape: &[usize]| {
        let config: ReconstructionConfig = typed(config).expect("a configuration");
        config.check(shape).expect_err("this should be refused").to_string()
    };
    let error = refused(json!("ssim"), &[2]);
    assert!(error.contains("[channels, height, width]") && error.contains("`l2`"), "{error}");
    let error = refused(json!("ms_ssim"), &[3, 64, 64]);
    assert!(error.contains("176x176") && error.contains("64x64"), "{error}");
    let error =
        refused(json!({ "kind": "composite", "terms": [{ "loss": "l1" }, { "loss": "ssim" }] }), &[2]);
    assert!(error.contains("terms.1.loss"), "{error}");
    let error = refused(json!({ "kind": "composite", "terms": [{ "loss": "l1" }, { "loss": "l1" }] }), &[2]);
    assert!(error.contains("terms.1.loss") && error.contains("twice"), "{error}");
    assert!(refused(json!({ "kind": "composite", "terms": [] }), &[2]).contains("terms"));
    assert!(refused(json!({ "kind": "charbonnier", "epsilon": 0.0 }), &[2]).contains("epsilon"));
}
