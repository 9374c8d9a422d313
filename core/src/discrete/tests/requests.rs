//! Configurations and requests that cannot be, and what edits keep.

use super::*;
use crate::data::Vocabulary;
use crate::editing::{Edit, InpaintConfig};
use crate::guidance::Guiding;
use crate::likelihood::Query;
use crate::model::Classes;
use crate::random::Key;

const LENGTH: usize = 6;

fn interface(classes: usize) -> Interface {
    let classes = (0..classes).map(|class| class.to_string()).collect();
    Interface { vocabulary: Some(Vocabulary::of("abcd")), ..Interface::new(vec![LENGTH], classes) }
}

fn config(corruption: &str) -> DiscreteConfig {
    let objective = if corruption == "absorbing" { "masked" } else { "hybrid" };
    crate::config::typed(json!({
        "corruption": corruption, "objective": objective, "sampling": { "steps": 8 },
        "network": { "kind": "tokens", "hidden": 16, "depth": 1, "heads": 2 },
    }))
    .expect("a configuration")
}

/// A network whose weights are drawn, so that none of its layers is silent.
fn network(config: &DiscreteConfig, interface: &Interface) -> Box<dyn Network> {
    let device = Device::flex();
    let mut network = config.network(interface, &Init::new(1, &device)).expect("a network");
    let value = |(i, named): (usize, Named)| {
        let mut values = vec![0.0; named.value.dims()[0]];
        Key::new(9, Purpose::Weights, i as u64).fill_normal(&mut values);
        Tensor::from_data(TensorData::new(values, named.value.dims()), &device) * 0.2
    };
    let values: Vec<_> = network.parameters().into_iter().enumerate().map(value).collect();
    network.set_parameters(&values);
    network
}

fn trained(config: &DiscreteConfig, classes: usize) -> Box<dyn Model> {
    let interface = interface(classes);
    config.model(&interface, network(config, &interface), &Device::flex()).expect("a model")
}

fn model(corruption: &str, classes: usize) -> Box<dyn Model> {
    trained(&config(corruption), classes)
}

fn end(model: &dyn Model, request: &Request) -> Vec<f64> {
    let mut generation = model.generate(request).expect("it begins");
    let (mut x, steps) = (None, generation.steps());
    while let Some(frame) = generation.step() {
        let frame = frame.expect("a frame");
        assert_eq!((frame.steps, frame.step == steps), (steps, frame.level == 0.0));
        x = Some(frame.x);
    }
    let x = numbers(x.expect("a step"));
    assert!(x.iter().all(|token| token.fract() == 0.0 && (0.0..4.0).contains(token)), "{x:?}");
    x
}

#[test]
fn samples_are_tokens_the_same_in_every_batch_and_guidance_moves_them() {
    for corruption in CorruptionConfig::NAMES {
        let model = model(corruption, 2);
        let all = Request { count: 20, classes: Classes::Each, ..Request::default() };
        let whole = end(&*model, &all);
        let part = end(&*model, &Request { count: 4, first: 10, ..all.clone() });
        assert_eq!(part, whole[10 * LENGTH..14 * LENGTH], "{corruption}");
        let guided = end(&*model, &Request { guidance: Some(5.0), ..all.clone() });
        assert_ne!(guided, whole, "{corruption}");
        assert_ne!(end(&*model, &Request { seed: 1, ..all }), whole, "{corruption}");
    }
}

#[test]
fn what_is_known_is_kept_and_a_start_near_data_changes_little() {
    let rows: Vec<f32> = (0..LENGTH).map(|i| (i % 4) as f32).collect();
    let mask: Vec<f32> = (0..LENGTH).map(|i| (i % 2) as f32).collect();
    let method = InpaintConfig::named("replace").expect("a method");
    for corruption in CorruptionConfig::NAMES {
        let model = model(corruption, 0);
        let edit = Edit::Inpaint { rows: rows.clone(), mask: mask.clone(), method: method.clone() };
        let request = Request { count: 30, edit: Some(edit), ..Request::default() };
        let mut others = 0;
        for row in end(&*model, &request).chunks(LENGTH) {
            for place in (0..LENGTH).step_by(2) {
                assert_eq!(row[place], f64::from(rows[place]), "{corruption}: {row:?}");
            }
            others += (1..LENGTH).step_by(2).filter(|place| row[*place] != f64::from(rows[*place])).count();
        }
        assert!(others > 30, "{corruption}: what is masked should be drawn, {others}");
        let edit = Edit::From { rows: rows.clone(), strength: 0.125 };
        let near = end(&*model, &Request { count: 30, edit: Some(edit), ..Request::default() });
        let same =
            near.chunks(LENGTH).flat_map(|row| row.iter().zip(&rows)).filter(|(a, b)| **a == f64::from(**b));
        // By chance it would be a quarter; a network that has learnt nothing changes some.
        assert!(same.count() > 30 * LENGTH / 2, "{corruption}");
    }
}

#[test]
fn what_a_model_of_tokens_cannot_be_asked_is_refused() {
    let model = model("uniform", 0);
    let inpaint = |rows: Vec<f32>, method: &str| {
        let method = InpaintConfig::named(method).expect("a method");
        Some(Edit::Inpaint { rows, mask: vec![1.0; LENGTH], method })
    };
    let confidence = crate::config::typed(json!({ "decoder": "confidence" })).ok();
    let default = Request::default;
    for (request, wanted) in [
        (Request { count: 0, ..default() }, "at least 1 sample"),
        (Request { steps: Some(0), ..default() }, "steps: at least 1"),
        (
            Request { sampler: crate::samplers::SamplerConfig::named("heun").ok(), ..default() },
            "sampler: this is not for a model of tokens",
        ),
        (Request { guiding: Some(Guiding::default()), ..default() }, "guiding: this is not"),
        (
            Request { epsilon: crate::epsilon::EpsilonConfig::named("constant").ok(), ..default() },
            "epsilon: this is not for a model of tokens",
        ),
        (Request { guidance: Some(2.0), ..default() }, "guidance: this model has learnt no classes"),
        (Request { classes: Classes::One(0), ..default() }, "class: this model has learnt no classes"),
        (
            Request { decoding: confidence, ..default() },
            "`decoding.decoder`: `confidence` decides masked tokens",
        ),
        (Request { edit: inpaint(vec![0.0; LENGTH], "dps"), ..default() }, "take `replace`, not `dps`"),
        (Request { edit: inpaint(vec![4.0; LENGTH], "replace"), ..default() }, "no token; they are 0 to 3"),
        (
            Request { edit: inpaint(vec![0.5; LENGTH], "replace"), ..default() },
            "number 0 is 0.5, which is no token",
        ),
    ] {
        let said = model.generate(&request).err().expect("this should be refused").to_string();
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
}

#[test]
fn a_bound_of_tokens_has_strata_alone() {
    let model = model("absorbing", 0);
    let rows = Tensor::<2>::zeros([1, LENGTH], &Device::flex());
    let judged = |method: serde_json::Value| {
        let query =
            Query { method: Some(crate::config::typed(method).expect("a method")), ..Query::default() };
        let begun = model.likelihood().expect("a bound").judge(rows.clone(), &query);
        begun.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(judged(json!({ "kind": "bound", "steps": 4 })), "");
    for (method, wanted) in [
        (json!({ "kind": "bound", "grid": "linear" }), "`grid`: a bound of tokens draws its times evenly"),
        (json!({ "kind": "bound", "schedule": "vp" }), "`schedule`: a bound of tokens"),
        (json!({ "kind": "bound", "steps": 0 }), "`steps`"),
        (json!("ode"), "has a `bound`, no `ode`"),
    ] {
        let said = judged(method);
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
}

/// Where classes were never hidden, nothing is known of samples without one.
#[test]
fn a_model_that_always_knew_the_class_is_not_asked_without() {
    let model = trained(&DiscreteConfig { label_dropout: 0.0, ..config("absorbing") }, 2);
    let begun = |classes, guidance| {
        let begun = model.generate(&Request { guidance, classes, ..Request::default() });
        begun.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(begun(Classes::Each, None), "");
    assert!(begun(Classes::Any, None).contains("class: this model has only learnt with a class"));
    assert!(begun(Classes::One(1), Some(3.0)).contains("guidance: "));
    let rows = Tensor::<2>::zeros([2, LENGTH], &Device::flex());
    let judged = |classes| {
        let query = Query { classes, ..Query::default() };
        model.likelihood().expect("a bound").judge(rows.clone(), &query).map(drop)
    };
    assert!(judged(Some(vec![0, 1])).is_ok());
    let said = judged(None).expect_err("this should be refused").to_string();
    assert!(said.contains("log p(x | class)"), "{said}");
}

/// What is learnt in place of the batch's own values.
#[test]
fn the_loss_is_of_what_is_given() {
    let (config, interface, device) = (config("absorbing"), interface(0), Device::flex());
    let network = network(&config, &interface);
    let (rows, shape) = (8, vec![LENGTH]);
    let batch = |token| Batch { x: vec![token; rows * LENGTH], shape: shape.clone(), class: None, first: 0 };
    let given = |token: f32| Some(Tensor::<2>::full([rows, LENGTH], f64::from(token), &device));
    let loss = |token: f32, given: Option<Tensor<2>>| {
        let learning = Learning { given, ..Learning::new(3, Mode::Infer, &device) };
        numbers(config.loss(&*network, &interface, &batch(token), &learning))
    };
    assert_eq!(loss(0.0, given(2.0)), loss(2.0, None));
    assert_ne!(loss(0.0, None), loss(2.0, None));
}

#[test]
fn a_configuration_that_cannot_be_names_its_place() {
    let refusal = |value: serde_json::Value, interface: &Interface| {
        let config: DiscreteConfig = crate::config::typed(value).expect("the right types");
        config.network(interface, &Init::new(1, &Device::flex())).err().expect("an error").to_string()
    };
    let numbers = Interface { vocabulary: None, ..interface(0) };
    let empty = Interface { vocabulary: Some(Vocabulary::Characters(String::new())), ..interface(0) };
    for (said, wanted) in [
        (refusal(json!({}), &numbers), "quantised"),
        (refusal(json!({}), &empty), "this one is empty"),
        (refusal(json!({ "corruption": "uniform" }), &interface(0)), "`objective`: `masked` needs"),
        (refusal(json!({ "network": "mlp" }), &interface(0)), "`network`: `mlp` takes no tokens"),
        (
            refusal(json!({ "objective": { "kind": "hybrid", "steps": 0 } }), &interface(0)),
            "`objective.steps`",
        ),
        (
            refusal(json!({ "sampling": { "decoding": { "temperature": -1.0 } } }), &interface(0)),
            "`sampling.decoding.temperature`",
        ),
        (
            refusal(
                json!({ "corruption": "uniform", "objective": "hybrid", "sampling": { "decoding": { "decoder": "confidence" } } }),
                &interface(0),
            ),
            "`sampling.decoding.decoder`",
        ),
    ] {
        assert!(said.contains(wanted), "wanted {wanted}: {said}");
    }
}

#[test]
fn what_was_written_before_there_were_tokens_is_read() {
    let old = json!({ "shape": [2], "classes": [] });
    let interface: Interface = serde_json::from_value(old.clone()).expect("an interface");
    assert_eq!(interface.vocabulary, None);
    assert_eq!(serde_json::to_value(&interface).expect("JSON"), old);
}
