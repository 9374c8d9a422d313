//! Requests that a trained model is given: what is refused, and gradients through a real network.

use std::rc::Rc;

use super::*;
use crate::classifier::ClassifierConfig;
use crate::editing::measurements::Shrink;
use crate::editing::{Dps, Edit, InpaintConfig, MeasureConfig};
use crate::guidance::Threshold;
use crate::guidance::gradient::through;
use crate::model::Classes;
use crate::samplers::Denoiser;

const SIDE: usize = 8;

fn interface(classes: usize) -> Interface {
    Interface {
        shape: vec![1, SIDE, SIDE],
        classes: (0..classes).map(|c| c.to_string()).collect(),
        vocabulary: None,
    }
}

/// A network whose weights are drawn, so that none of its layers is silent.
fn drawn(family: &dyn Family, interface: &Interface) -> Box<dyn Network> {
    let device = Device::flex();
    let mut network = family.network(interface, &Init::new(1, &device)).expect("a network");
    let parameters = network.parameters();
    let value = |(i, named): (usize, &Named)| {
        let mut values = vec![0.0; named.value.dims()[0]];
        Key::new(9, Purpose::Weights, i as u64).fill_normal(&mut values);
        Tensor::from_data(TensorData::new(values, named.value.dims()), &device) * 0.2
    };
    network.set_parameters(&parameters.iter().enumerate().map(value).collect::<Vec<_>>());
    network
}

fn config() -> DiffusionConfig {
    let network = serde_json::json!({ "kind": "unet", "channels": 8, "multipliers": [1, 2], "blocks": 1,
        "attention": [4], "head": 8, "embedding": 16, "groups": 4 });
    let network = crate::config::typed(network).expect("a network");
    DiffusionConfig {
        network,
        sampling: Box::new(Sampling { steps: 2, ..Sampling::default() }),
        ..DiffusionConfig::default()
    }
}

fn model(classes: usize) -> Box<dyn Model> {
    let (config, interface) = (config(), interface(classes));
    config.model(&interface, drawn(&config, &interface), &Device::flex()).expect("a model")
}

fn classifier(classes: usize) -> Rc<dyn Model> {
    let (config, interface) = (ClassifierConfig::default(), interface(classes));
    config.model(&interface, drawn(&config, &interface), &Device::flex()).expect("a model").into()
}

fn end(model: &dyn Model, request: &Request, helpers: &Helpers) -> Vec<f64> {
    let mut generation = model.generate_with(request, helpers).expect("it begins");
    let mut x = None;
    while let Some(frame) = generation.step() {
        x = Some(frame.expect("a frame").x);
    }
    let x: Vec<f64> = x.expect("a step").into_data().iter::<f64>().collect();
    assert!(x.iter().all(|value| value.is_finite()));
    x
}

/// The weights are on a device without autodiff, where a model is loaded; `x` alone is followed.
#[test]
fn a_gradient_through_a_loaded_network_is_that_of_differences() {
    let model = model(3);
    let network = model.generator().and_then(Generate::denoiser).expect("it denoises");
    let class = one_hot(&[Some(1), Some(2)], 3, &Device::flex());
    let denoiser = move |x: Tensor<2>, sigma: f64| network.denoise(x, sigma, Some(&class));
    let draw = |index: u64| {
        let mut values = vec![0.0; 2 * SIDE * SIDE];
        Key::new(3, Purpose::Data, index).fill_normal(&mut values);
        Tensor::<2>::from_data(TensorData::new(values, [2, SIDE * SIDE]), &Device::flex())
    };
    let (x, probe, direction) = (draw(0), draw(1), draw(2));
    let f = |denoised: Tensor<2>| (denoised * probe.clone()).sum();
    let (denoised, gradient) = through(&denoiser, &x, 0.6, f);
    assert!(!gradient.is_autodiff() && !denoised.is_autodiff());
    let h = 1e-2;
    let at = |h: f64| f(denoiser.denoise(x.clone() + direction.clone() * h, 0.6)).into_scalar::<f32>();
    let difference = f64::from(at(h) - at(-h)) / (2.0 * h);
    let slope = f64::from((gradient * direction.clone()).sum().into_scalar::<f32>());
    assert!(
        slope.abs() > 0.1 && (slope / difference - 1.0).abs() < 0.01,
        "{slope}, by differences {difference}"
    );
}

#[test]
fn guidance_by_others_and_every_edit_run_on_a_network_of_convolutions() {
    let model = model(3);
    let guiding = Guiding { threshold: Some(Threshold::default()), rescale: 0.5, ..Guiding::default() };
    let plain = Request {
        count: 2,
        classes: Classes::One(1),
        guidance: Some(2.0),
        guiding: Some(guiding),
        ..Request::default()
    };
    let helpers = Helpers { weak: Some(self::model(3).into()), classifier: Some(classifier(3)) };
    let alone = end(&*model, &plain, &Helpers::default());
    assert_ne!(alone, end(&*model, &plain, &helpers), "helpers should be asked");
    assert!(alone.iter().all(|value| value.abs() <= 1.0), "the threshold is the last word");

    let rows = vec![0.25; SIDE * SIDE];
    let mask: Vec<f32> = (0..SIDE * SIDE).map(|i| (i % 2) as f32).collect();
    let inpaint = |method: &str| Edit::Inpaint {
        rows: rows.clone(),
        mask: mask.clone(),
        method: InpaintConfig::named(method).expect("a method"),
    };
    let by = MeasureConfig::Shrink(Shrink { factor: 2 });
    for edit in [
        Edit::From { rows: rows.clone(), strength: 0.5 },
        inpaint("replace"),
        inpaint("repaint"),
        inpaint("dps"),
        Edit::Measured { rows: vec![0.25; SIDE * SIDE / 4], by, pull: Dps::default() },
        Edit::Between { rows: rows.repeat(2), frames: 2 },
    ] {
        let kept = matches!(&edit, Edit::Inpaint { method, .. } if method.pull().is_none());
        let edited =
            end(&*model, &Request { edit: Some(edit.clone()), ..plain.clone() }, &Helpers::default());
        assert_ne!(edited, alone, "{edit:?}");
        let stays = edited.chunks(2).all(|pair| pair[0] == 0.25);
        assert_eq!(stays, kept, "{edit:?}");
    }
}

#[test]
fn a_sample_does_not_depend_on_its_batch_when_edited() {
    let model = model(0);
    let rows: Vec<f32> = (0..3 * SIDE * SIDE).map(|i| (i % 7) as f32 / 7.0).collect();
    let edit = Edit::Inpaint {
        rows,
        mask: vec![1.0; SIDE * SIDE],
        method: InpaintConfig::Repaint(crate::editing::inpainting::Repaint { jump_length: 1, resamples: 3 }),
    };
    let sampler = SamplerConfig::named("ddpm").ok();
    let all = Request { count: 3, edit: Some(edit), sampler, steps: Some(3), ..Request::default() };
    let whole = end(&*model, &all, &Helpers::default());
    let last = end(&*model, &Request { count: 1, first: 2, ..all }, &Helpers::default());
    let difference =
        whole[2 * SIDE * SIDE..].iter().zip(&last).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(difference < 1e-4, "{difference}");
}

#[test]
fn what_a_model_cannot_be_asked_is_refused() {
    let (told, untold) = (model(3), model(0));
    let said = |model: &dyn Model, request: Request, helpers: Helpers| {
        model.generate_with(&request, &helpers).err().expect("this should be refused").to_string()
    };
    let none = Helpers::default;
    let weak = |classes| Helpers { weak: Some(self::model(classes).into()), ..none() };
    let judged = |classes| Helpers { classifier: Some(classifier(classes)), ..none() };
    let one = Request { classes: Classes::One(1), ..Request::default() };
    let guided = Request { guidance: Some(2.0), ..Request::default() };
    let apart =
        Request { guiding: Some(Guiding { rescale: 0.5, ..Guiding::default() }), ..Request::default() };
    let bad = Request { guiding: Some(Guiding { rescale: 2.0, ..Guiding::default() }), ..Request::default() };
    let between = Some(Edit::Between { rows: vec![0.0; 2 * SIDE * SIDE], frames: 2 });
    let each = Request { classes: Classes::Each, edit: between, ..Request::default() };
    for (said, wanted) in [
        (said(&*untold, guided.clone(), none()), "guidance: this diffusion has learnt no classes"),
        (said(&*untold, apart, none()), "guidance: this diffusion has learnt no classes"),
        (said(&*untold, one.clone(), none()), "class: this diffusion has learnt no classes"),
        (said(&*told, Request { classes: Classes::One(3), ..one.clone() }, none()), "the classes are 0 to 2"),
        (
            said(&*untold, Request { classes: Classes::One(3), ..one.clone() }, judged(2)),
            "the classes are 0 to 1",
        ),
        (said(&*told, one.clone(), judged(2)), "classifier: it knows 2 classes, the model 3"),
        (said(&*told, Request::default(), judged(3)), "classifier: it has no class to guide towards"),
        (said(&*told, one.clone(), weak(2)), "weak: it knows 2 classes, the model 3"),
        (
            said(&*told, one.clone(), Helpers { weak: Some(classifier(3)), ..none() }),
            "weak: a classifier does not denoise",
        ),
        (
            said(&*told, one, Helpers { classifier: Some(self::model(3).into()), ..none() }),
            "classifier: a diffusion does not tell classes apart",
        ),
        (said(&*told, bad, none()), "`guiding.rescale`"),
        (said(&*told, each, none()), "between two samples there is one class"),
    ] {
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
    // A weaker model is something to be guided away from, and a classifier knows classes.
    end(&*untold, &guided, &weak(0));
    end(&*untold, &Request { classes: Classes::Each, count: 2, ..Request::default() }, &judged(3));
}

#[test]
fn what_was_written_before_there_was_guiding_is_read() {
    let mut old = serde_json::to_value(Sampling::default()).expect("JSON");
    old.as_object_mut().expect("a map").remove("guiding");
    let sampling: Sampling = crate::config::typed(old).expect("it is read");
    assert!(!sampling.guiding.is_of_pairs());
    let edit = Edit::From { rows: vec![1.0], strength: 0.5 };
    let request = Request { edit: Some(edit), guiding: Some(Guiding::default()), ..Request::default() };
    let text = serde_json::to_string(&request).expect("JSON");
    assert!(text.contains(r#""edit":{"from":{"rows":[1.0],"strength":0.5}}"#), "{text}");
    serde_json::from_str::<Request>(&text).expect("it is read back");
}
