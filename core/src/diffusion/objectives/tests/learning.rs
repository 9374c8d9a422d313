//! Small networks learn each objective in seconds, and then draw the data in one step or two.

use std::sync::Arc;

use super::*;
use crate::data::{Dataset, Labels, Loader};
use crate::train::{RunConfig, Session};

/// The data without end.
struct Points;

impl Dataset for Points {
    fn shape(&self) -> &[usize] {
        &[2]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        example(index, out);
        Labels::default()
    }
}

/// A run of these model keys.
fn run(model: Value, steps: u64, teacher: Option<&str>) -> RunConfig {
    let mut value = json!({ "kind": "diffusion", "label_dropout": 1.0,
        "network": { "kind": "mlp", "hidden": 48, "blocks": 2 } });
    for (key, field) in model.as_object().expect("a map") {
        value[key] = field.clone();
    }
    config::typed(json!({ "seed": 4, "model": value, "train": { "steps": steps, "batch": 128, "ema": 0.98,
        "optimizer": "adam", "rate": { "kind": "cosine", "peak": 5e-3, "warmup": 20 }, "teacher": teacher } }))
    .expect("a run")
}

/// The model after learning; a teacher is called `formula`.
fn learnt(run: &RunConfig, teacher: Option<Exact>) -> Box<dyn Model> {
    let mut session = Session::new(run, &Points, &Device::flex()).expect("a session");
    if let Some(teacher) = teacher {
        session = session.with_teacher(Rc::new(teacher)).expect("a teacher that fits");
    }
    let mut loader =
        Loader::new(Arc::new(Points) as Arc<dyn Dataset>, run.train.batch, run.seed).expect("a loader");
    for _ in 0..run.train.steps {
        session.step(&mut loader);
    }
    session.model().expect("a model")
}

fn read(x: Tensor<2>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// Mean and standard deviation of 4,000 samples in `steps`.
fn moments(model: &dyn Model, steps: usize) -> [Vec<f64>; 2] {
    let request = Request { count: 4000, steps: Some(steps), ..Request::default() };
    let mut generation = model.generate(&request).expect("a generation");
    let mut last = None;
    while let Some(frame) = generation.step() {
        last = Some(frame.expect("a step").x);
    }
    assert_eq!(generation.evaluations(), steps);
    let (var, mean) = last.expect("a step").var_mean(0);
    [read(mean), read(var.sqrt())]
}

fn near(got: &[f64], wanted: [f64; 2], within: f64) -> bool {
    got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < within)
}

#[test]
fn consistency_models_draw_in_one_step_and_in_two() {
    let keys = |objective: Value| {
        json!({ "objective": objective, "prediction": "consistency", "sampling": {
            "sampler": "consistency", "grid": { "kind": "explicit", "levels": [80.0, 0.8] }, "steps": 2 } })
    };
    let mut trained = run(keys(json!({ "kind": "consistency", "last": 160 })), 3000, None);
    // Its targets are its own: learnt faster, a seed in eight ends elsewhere.
    trained.train.rate =
        config::typed(json!({ "kind": "cosine", "peak": 3e-3, "warmup": 20 })).expect("a rate");
    // The papers' constant is for pictures: their distances are larger.
    let distilled =
        run(keys(json!({ "kind": "consistency_distillation", "huber": 0.03 })), 1000, Some("formula"));
    // The one whose targets are its own has ended 0.103 off.
    for (name, model, within) in [
        ("trained", learnt(&trained, None), 0.15),
        ("distilled", learnt(&distilled, Some(Exact::new(ideal))), 0.1),
    ] {
        for steps in [1, 2] {
            let [mean, std] = moments(&*model, steps);
            println!("{name}, {steps}: mean {mean:.3?}, standard deviation {std:.3?}");
            let learnt = near(&mean, MEAN, within) && near(&std, STD, within);
            assert!(learnt, "{name} in {steps}: {mean:?} {std:?}");
        }
    }
}

/// Two DDIM steps of the student are four of the teacher's: not the data yet, but its teacher to the letter.
#[test]
fn a_distilled_student_draws_in_two_steps_what_its_teacher_draws_in_four() {
    let keys = json!({ "objective": { "kind": "progressive", "steps": 2 }, "prediction": "v", "weight": "truncated_snr",
        "range": [0.002, 100.0],
        "sampling": { "sampler": "ddim", "schedule": "cond_ot", "grid": "linear", "steps": 2 } });
    let model = learnt(&run(keys, 1500, Some("formula")), Some(Exact::new(ideal)));
    let [mean, std] = moments(&*model, 2);
    let [four, two] = [4, 2].map(|steps| {
        let x = read(path(&Formula(ideal), steps).pop().expect("an end").1);
        let column = |i: usize| x.iter().skip(i).step_by(2);
        let n = x.len() as f64 / 2.0;
        [0, 1].map(|i| {
            let mean = column(i).sum::<f64>() / n;
            (column(i).map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
        })
    });
    println!("student {mean:.3?} {std:.3?}, teacher in four {four:.3?}, in two {two:.3?}");
    assert!(near(&mean, MEAN, 0.06) && near(&std, four, 0.03), "{mean:?} {std:?}, wanted {four:?}");
    assert!((two[0] - four[0]).abs() > 0.06, "else nothing was shown: {two:?} {four:?}");
}

/// The straight path from 2,000 draws of noise, by Euler's steps: times and places.
fn path(denoiser: &dyn Conditional, steps: usize) -> Vec<(f64, Tensor<2>)> {
    let mut noise = vec![0.0; 4000];
    Key::new(7, Purpose::Noise, 0).fill_normal(&mut noise);
    let top = 100.0 / 101.0;
    let mut x = Tensor::<2>::from_data(TensorData::new(noise, [2000, 2]), &Device::flex()) * top;
    let mut places = vec![(top, x.clone())];
    for i in 0..steps {
        let [t, to] = [i, i + 1].map(|i| top * (1.0 - i as f64 / steps as f64));
        let y = denoiser.denoise(x.clone() / (1.0 - t), t / (1.0 - t), None);
        let n = (x - y.clone() * (1.0 - t)) / t;
        x = y * (1.0 - to) + n * to;
        places.push((to, x.clone()));
    }
    places
}

/// `S = E ∫ ‖(x_0 − x_1) − v_t‖² dt` (Liu et al. 2023, section 2.2): 0 where every path is straight.
fn curvature(denoiser: &dyn Conditional) -> f64 {
    let places = path(denoiser, 40);
    let ((top, first), (_, last)) = (&places[0], &places[40]);
    let straight = (last.clone() - first.clone()) / *top;
    let bend = |pair: &[(f64, Tensor<2>)]| {
        let velocity = (pair[1].1.clone() - pair[0].1.clone()) / (pair[0].0 - pair[1].0);
        f64::from((velocity - straight.clone()).square().sum_dim(1).mean().into_scalar::<f32>())
    };
    places.windows(2).map(bend).sum::<f64>() / 40.0
}

/// `D` of two narrow clouds at `(±1.5, 0)`, where paths cross half way.
fn clouds(x: Tensor<2>, sigma: &[f64]) -> Tensor<2> {
    let device = x.device();
    let (v, m) = (0.04, pair([1.5, 0.0], &device));
    let noise = column(sigma, |sigma| sigma * sigma, &device);
    let total = noise.clone() + v;
    let side = ((x.clone() * m.clone()).sum_dim(1) / total.clone()).tanh();
    (x * v + m * noise * side) / total
}

#[test]
fn reflow_straightens_the_paths() {
    let keys = json!({ "objective": { "kind": "reflow", "sampling": { "steps": 12 } }, "prediction": "flow", "noise": "uniform",
        "sigma_data": 1.0, "range": [0.002, 100.0],
        "sampling": { "sampler": "ddim", "schedule": "cond_ot", "grid": "linear", "steps": 1 } });
    let model = learnt(&run(keys, 1500, Some("formula")), Some(Exact::new(clouds)));
    let student = model.generator().and_then(Generate::denoiser).expect("it denoises");
    let (before, after) = (curvature(&Formula(clouds)), curvature(&*student));
    println!("curvature {before:.4} before, {after:.4} after");
    assert!(after < 0.3 * before, "{before} {after}");
    let [mean, std] = moments(&*model, 1);
    println!("in one step: mean {mean:.3?}, standard deviation {std:.3?}");
    assert!(near(&mean, [0.0; 2], 0.15) && near(&std, [1.513, 0.2], 0.15), "{mean:?} {std:?}");
}

#[test]
fn a_shortcut_model_draws_in_one_two_and_four_steps() {
    let keys = json!({ "objective": { "kind": "shortcut", "finest": 32 }, "prediction": "flow", "noise": "uniform",
        "range": [0.002, 200.0], "network": { "kind": "mlp", "hidden": 64, "blocks": 2, "features": 64 },
        "sampling": { "sampler": "ddim", "schedule": "cond_ot", "grid": "linear", "steps": 1 } });
    let model = learnt(&run(keys, 2000, None), None);
    for steps in [1, 2, 4] {
        let [mean, std] = moments(&*model, steps);
        println!("in {steps}: mean {mean:.3?}, standard deviation {std:.3?}");
        assert!(near(&mean, MEAN, 0.1) && near(&std, STD, 0.1), "in {steps}: {mean:?} {std:?}");
    }
}
