//! Requests that a trained model is given: what is refused, and gradients through a real network.

mod leap;
mod score;
mod variance;

use std::rc::Rc;

use super::*;
use crate::classifier::ClassifierConfig;
use crate::editing::inpainting::Repaint;
use crate::editing::measurements::Shrink;
use crate::editing::{Dps, Edit, InpaintConfig, MeasureConfig};
use crate::guidance::Threshold;
use crate::guidance::gradient::through;
use crate::likelihood::{LikelihoodConfig, Query};
use crate::model::Classes;
use crate::nn::one_hot;
use crate::random::Purpose;
use crate::samplers::Denoiser;

const SIDE: usize = 8;

fn interface(classes: usize) -> Interface {
    Interface::new(vec![1, SIDE, SIDE], (0..classes).map(|c| c.to_string()).collect())
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
    of(&config(), classes)
}

fn of(config: &DiffusionConfig, classes: usize) -> Box<dyn Model> {
    let interface = interface(classes);
    config.model(&interface, drawn(config, &interface), &Device::flex()).expect("a model")
}

/// A model of that objective, with a sampler that fits.
fn learning(objective: &str, sampler: &str) -> Box<dyn Model> {
    let objective = ObjectiveConfig::named(objective).expect("an objective");
    let sampler = SamplerConfig::named(sampler).expect("a sampler");
    of(
        &DiffusionConfig {
            objective,
            sampling: Box::new(Sampling { sampler, steps: 4, ..Sampling::default() }),
            ..config()
        },
        0,
    )
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
    let (said, gradient) = through(&denoiser, &x, [0.6; 2], f);
    assert!(!gradient.is_autodiff() && !said.mean.into_tensor().is_autodiff());
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
    let by_method = |method| Edit::Inpaint { rows: rows.clone(), mask: mask.clone(), method };
    let inpaint = |method: &str| by_method(InpaintConfig::named(method).expect("a method"));
    let by = MeasureConfig::Shrink(Shrink { factor: 2 });
    for edit in [
        Edit::From { rows: rows.clone(), strength: 0.5 },
        inpaint("replace"),
        by_method(InpaintConfig::Repaint(Repaint { jump_length: 1, resamples: 2 })),
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
        method: InpaintConfig::Repaint(Repaint { jump_length: 1, resamples: 3 }),
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
    let plain = Request { guiding: apart.guiding.clone(), ..one.clone() };
    let between = Some(Edit::Between { rows: vec![0.0; 2 * SIDE * SIDE], frames: 2 });
    let each = Request { classes: Classes::Each, edit: between, ..Request::default() };
    for (said, wanted) in [
        (said(&*untold, guided.clone(), none()), "guidance: this diffusion has learnt no classes"),
        (said(&*untold, apart.clone(), none()), "guidance: this diffusion has learnt no classes"),
        (said(&*told, guided.clone(), none()), "guidance: there is no class to guide towards"),
        (said(&*told, apart, none()), "guidance: there is no class to guide towards"),
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
        (said(&*told, plain, none()), "guidance: a scale of 1 is none"),
        (said(&*untold, Request::default(), weak(0)), "guidance: a scale of 1 is none"),
        (said(&*told, each, none()), "between two samples there is one class"),
    ] {
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
    // A weaker model is something to be guided away from, and a classifier knows classes.
    end(&*untold, &guided, &weak(0));
    end(&*untold, &Request { classes: Classes::Each, count: 2, ..Request::default() }, &judged(3));
}

fn refusal(model: &dyn Model, request: &Request) -> Option<String> {
    model.generate(request).err().map(|error| error.to_string())
}

#[test]
fn a_sampler_that_takes_a_model_for_another_is_refused_and_has_no_likelihood_to_show() {
    let asked = |sampler: &str| Request { sampler: SamplerConfig::named(sampler).ok(), ..Request::default() };
    for (objective, own, others) in [
        ("denoise", "heun", &["lcm", "tcd", "consistency"][..]),
        ("consistency", "consistency", &["heun", "ddim", "ddpm"]),
        ("progressive", "ddim", &["heun", "dpmpp_2m", "lcm", "euler"]),
    ] {
        let model = learning(objective, own);
        assert_eq!(refusal(&*model, &Request::default()), None, "{objective}: its own");
        for other in others {
            let said = refusal(&*model, &asked(other)).expect("this should be refused");
            let wanted = format!("sampler: {other} does not fit a model that has learnt");
            assert!(said.contains(&wanted) && said.contains(own), "{objective}: {said}");
        }
        assert_eq!(model.likelihood().is_some(), objective == "denoise", "{objective}");
        let between = Some(Edit::Between { rows: vec![0.0; 2 * SIDE * SIDE], frames: 2 });
        let sampler = SamplerConfig::named(if objective == "consistency" { "tcd" } else { own }).ok();
        let between = refusal(&*model, &Request { edit: between, sampler, ..Request::default() });
        assert_eq!(between.is_some(), objective != "denoise", "{objective}: {between:?}");
    }
    let (mean, steps): (Rc<dyn Model>, _) =
        (learning("denoise", "heun").into(), learning("progressive", "ddim"));
    let helpers = Helpers { weak: Some(mean), ..Helpers::default() };
    let guided = Request { guidance: Some(2.0), ..Request::default() };
    let said = steps.generate_with(&guided, &helpers).err().expect("two kinds of estimates").to_string();
    assert!(
        said.contains("weak: it has learnt the mean of the data, the model where its own DDIM"),
        "{said}"
    );
}

/// `dpm_fast` goes by its own levels, from the first of the walk.
#[test]
fn a_sampler_with_levels_of_its_own_begins_at_the_first_and_is_not_interrupted() {
    let model = model(0);
    let rows = vec![0.25; SIDE * SIDE];
    let inpaint = |method: &str| Edit::Inpaint {
        rows: rows.clone(),
        mask: vec![1.0; SIDE * SIDE],
        method: InpaintConfig::named(method).expect("a method"),
    };
    let from = |strength| Edit::From { rows: rows.clone(), strength };
    for (edit, fits) in [
        (None, true),
        (Some(from(1.0)), true),
        (Some(inpaint("dps")), true),
        (Some(from(0.5)), false),
        (Some(inpaint("replace")), false),
        (Some(inpaint("repaint")), false),
    ] {
        let asked = |sampler: &str| {
            let sampler = SamplerConfig::named(sampler).ok();
            refusal(&*model, &Request { sampler, edit: edit.clone(), steps: Some(12), ..Request::default() })
        };
        let said = asked("dpm_fast");
        assert_eq!(said.is_none(), fits, "{edit:?}: {said:?}");
        assert!(said.is_none_or(|said| said.contains("dpm_fast goes by levels of its own")), "{edit:?}");
        assert_eq!(asked("dpmpp_2m"), None, "{edit:?}");
    }
}

#[test]
fn a_walk_without_room_for_repaints_jumps_is_refused() {
    let edit = Edit::Inpaint {
        rows: vec![0.25; SIDE * SIDE],
        mask: vec![1.0; SIDE * SIDE],
        method: InpaintConfig::named("repaint").expect("repaint"),
    };
    let asked = |steps| Request { edit: Some(edit.clone()), steps: Some(steps), ..Request::default() };
    let said = refusal(&*model(0), &asked(10)).expect("it would be replacement");
    assert!(said.contains("repaint: a walk of 10 steps has no room for jumps of 10"), "{said}");
    assert_eq!(refusal(&*model(0), &asked(11)), None);
}

#[test]
fn a_model_that_has_only_learnt_with_a_class_is_asked_with_one() {
    let (told, weak) = (of(&DiffusionConfig { label_dropout: 0.0, ..config() }, 3), model(3));
    let asked = |classes, guidance| Request { guidance, classes, ..Request::default() };
    let said = refusal(&*told, &asked(Classes::Any, None)).expect("no class is nothing to it");
    assert!(said.contains("class: this model has only learnt with a class"), "{said}");
    let guided = asked(Classes::One(1), Some(2.0));
    let said = refusal(&*told, &guided).expect("away from nothing");
    assert!(said.contains("guidance: it leads away from what is drawn without a class"), "{said}");
    assert_eq!(refusal(&*told, &asked(Classes::Each, None)), None);
    let helpers = |weak: Box<dyn Model>| Helpers { weak: Some(weak.into()), ..Helpers::default() };
    end(&*told, &guided, &helpers(weak));
    // Nor is it asked so as another's weaker model.
    let any = asked(Classes::Any, Some(2.0));
    let said =
        model(3).generate_with(&any, &helpers(told)).err().expect("no class is nothing to it").to_string();
    assert!(said.contains("class: this model has only learnt with a class"), "{said}");
}

#[test]
fn coupled_noise_is_drawn_from_without_noise_and_has_no_bound() {
    let coupling = CouplingConfig::named("transport").expect("transport");
    let coupled = of(&DiffusionConfig { coupling, ..config() }, 0);
    let said =
        refusal(&*coupled, &Request { sampler: SamplerConfig::named("ddpm").ok(), ..Request::default() });
    assert!(
        said.as_ref().is_some_and(|said| said.contains("with their defaults these fit: euler")),
        "{said:?}"
    );
    let edit = Some(Edit::From { rows: vec![0.0; SIDE * SIDE], strength: 0.5 });
    let said = refusal(&*coupled, &Request { edit, ..Request::default() }).expect("other noise");
    assert!(said.contains("edit: what it starts from is given noise of its own"), "{said}");
    assert_eq!(refusal(&*coupled, &Request::default()), None);
    let judged = |method: &str| {
        let query = Query { method: LikelihoodConfig::named(method).ok(), ..Query::default() };
        let rows = Tensor::zeros([1, SIDE * SIDE], &Device::flex());
        coupled.likelihood().expect("a likelihood").judge(rows, &query).err().map(|error| error.to_string())
    };
    assert_eq!(judged("ode"), None);
    assert!(judged("bound").is_some_and(|said| said.contains("take the method `ode`")));
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
