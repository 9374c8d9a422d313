//! Requests and configurations: what is refused, and that a row is its own.

use super::*;
use crate::data::Vocabulary;
use crate::editing::Edit;
use crate::guidance::Guiding;
use crate::likelihood::{Likelihood, Query};
use crate::model::{Classes, Generate, Helpers, Model};
use crate::schedules::ScheduleConfig;
use crate::schedules::grids::GridConfig;

/// A model with fresh weights that are not zero.
fn model(value: Value, interface: &Interface) -> Interpolant {
    let config = config(value);
    let device = Device::flex();
    let mut network = config.network(interface, &Init::new(1, &device)).expect("a network");
    let drawn = |(i, named): (usize, Named)| {
        let mut values = vec![0.0; named.value.dims()[0]];
        Key::new(9, Purpose::Weights, i as u64).fill_normal(&mut values);
        Tensor::from_data(TensorData::new(values, named.value.dims()), &device) * 0.08
    };
    let values: Vec<Tensor<1>> = network.parameters().into_iter().enumerate().map(drawn).collect();
    network.set_parameters(&values);
    config.trained(interface, network, &device).expect("a model")
}

#[test]
fn a_row_is_the_same_alone_and_in_a_batch() {
    for source in [json!("gaussian"), json!("gaussians"), json!({ "kind": "gaussian", "std": 2.0 })] {
        let value = json!({ "source": source, "noise": "quadratic", "score": true });
        let model = model(value, &interface(2));
        for sampler in ["heun", "euler_ancestral"] {
            let whole = end(&model, &request(json!(sampler), 5, 6));
            let alone = end(&model, &Request { first: 4, ..request(json!(sampler), 5, 1) });
            assert!(number((whole.narrow(0, 4, 1) - alone).abs().max()) < 1e-5, "{source} {sampler}");
        }
        let (first, other) = (model.source(1, 0, 50), model.source(2, 0, 50));
        assert!(number((first - other).abs().max()) > 0.5, "another seed has other rows");
    }
}

#[test]
fn guidance_is_a_line_through_two_predictions() {
    let classes = vec!["a".to_owned(), "b".to_owned()];
    let model = model(json!({}), &Interface { classes, ..interface(2) });
    let at = |classes: Classes, guidance: Option<f64>| {
        let mut generation = model
            .generate(&Request { guidance, classes, ..request(json!("euler"), 1, 4) })
            .expect("it begins");
        (finish(&mut *generation), generation.evaluations())
    };
    let start = model.source(3, 0, 4);
    let step = |classes: Classes, guidance: Option<f64>| at(classes, guidance).0 - start.clone();
    let (none, class) = (step(Classes::Any, None), step(Classes::One(1), None));
    let guided = step(Classes::One(1), Some(3.0));
    assert!(number((none.clone() - class.clone()).abs().max()) > 1e-3);
    assert!(number((none.clone() + (class - none) * 3.0 - guided).abs().max()) < 1e-4);
    assert_eq!((at(Classes::One(1), None).1, at(Classes::One(1), Some(3.0)).1), (1, 2));
}

#[test]
fn a_solver_that_chooses_its_steps_needs_fewer_the_more_it_may_err() {
    let model = model(json!({}), &interface(2));
    let count = |tolerance: f64| {
        let sampler = json!({ "kind": "dopri5", "rtol": tolerance, "atol": tolerance });
        let mut generation = model.generate(&request(sampler, 10, 16)).expect("it begins");
        (finish(&mut *generation), generation.evaluations())
    };
    let ((fine, many), (coarse, few)) = (count(1e-6), count(1e-2));
    assert!(many > few && few >= 6, "{many} {few}");
    assert!(number((fine - coarse).abs().max()) < 0.05);
}

#[test]
fn requests_that_do_not_fit_are_refused() {
    let plain = model(json!({}), &interface(2));
    let heun = || request(json!("heun"), 4, 2);
    let refused = |request: Request, wanted: &str| {
        let error = plain.begin_with(&request, &Helpers::default()).err().expect(wanted).to_string();
        assert!(error.contains(wanted), "{error}");
    };
    refused(
        request(json!("ddim"), 4, 2),
        "`ddim` does not walk along an interpolant; there are: euler, heun",
    );
    refused(request(json!("euler_ancestral"), 4, 2), "the score has to be known");
    refused(request(json!({ "kind": "dopri5", "rtol": 0.0 }), 4, 2), "`rtol`");
    refused(Request { count: 0, ..heun() }, "count");
    refused(Request { steps: Some(0), ..heun() }, "steps");
    refused(Request { guidance: Some(2.0), ..heun() }, "has learnt no classes");
    refused(Request { classes: Classes::One(0), ..heun() }, "has learnt no classes");
    refused(Request { schedule: Some(ScheduleConfig::named("vp").expect("vp")), ..heun() }, "schedule: ");
    refused(Request { grid: Some(GridConfig::named("karras").expect("karras")), ..heun() }, "grid: ");
    refused(Request { guiding: Some(Guiding::default()), ..heun() }, "guiding: ");
    refused(
        Request { epsilon: EpsilonConfig::named("constant").ok(), ..heun() },
        "epsilon: `heun` adds no noise",
    );
    let edit = Edit::From { rows: vec![0.0; 2], strength: 0.5 };
    refused(Request { edit: Some(edit), ..heun() }, "edit: ");
    let classes = vec!["a".to_owned()];
    let told = model(json!({}), &Interface { classes, ..interface(2) });
    let error = told.generate(&Request { classes: Classes::One(3), ..heun() }).err().expect("no class 3");
    assert!(error.to_string().contains("the classes are 0 to 0"), "{error}");
}

/// The diffusion of an SDE is the request's before the model's: with a scale of nearly nothing it is the ODE.
#[test]
fn a_request_may_choose_the_noise_of_the_sde() {
    let model = model(json!({ "noise": "quadratic", "score": true }), &interface(2));
    let wander = |scale: Option<f64>| {
        let value = |scale| json!({ "kind": "constant", "value": scale });
        let epsilon = scale.map(|scale| crate::config::typed(value(scale)).expect("an epsilon"));
        end(&model, &Request { epsilon, ..request(json!("euler_ancestral"), 8, 4) })
    };
    let apart = |a: &Tensor<2>, b: &Tensor<2>| number((a.clone() - b.clone()).abs().max());
    let (own, much, little) = (wander(None), wander(Some(2.0)), wander(Some(1e-12)));
    let plain = end(&model, &request(json!("euler"), 8, 4));
    assert!(apart(&little, &plain) < 1e-4, "{}", apart(&little, &plain));
    assert!(apart(&own, &plain) > 0.05 && apart(&much, &own) > 0.05);
    let epsilon = crate::config::typed(json!({ "kind": "constant", "value": 0.0 })).ok();
    let refused = model.generate(&Request { epsilon, ..request(json!("euler_ancestral"), 8, 4) }).err();
    let said = refused.expect("this should be refused").to_string();
    assert!(said.contains("`epsilon.value`"), "{said}");
}

/// Where classes were never hidden, nothing is known of samples without one.
#[test]
fn a_model_that_always_knew_the_class_is_not_asked_without() {
    let classes = ["a", "b"].map(String::from).to_vec();
    let model = model(json!({ "label_dropout": 0.0 }), &Interface { classes, ..interface(2) });
    let begun = |classes, guidance| {
        let begun = model.generate(&Request { guidance, classes, ..request(json!("heun"), 4, 2) });
        begun.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(begun(Classes::Each, None), "");
    assert!(begun(Classes::Any, None).contains("class: this model has only learnt with a class"));
    assert!(begun(Classes::One(1), Some(3.0)).contains("guidance: "));
    let judged = |classes| {
        let rows = Tensor::<2>::zeros([2, 2], &Device::flex());
        model.judge(rows, &Query { classes, ..Query::default() }).map(drop)
    };
    assert!(judged(Some(vec![0, 1])).is_ok());
    let said = judged(None).expect_err("this should be refused").to_string();
    assert!(said.contains("log p(x | class)"), "{said}");
}

/// To an interpolant tokens are numbers: it says so in its card, and takes no network of tokens.
#[test]
fn tokens_are_numbers_like_any_other() {
    let tokens = Interface { vocabulary: Some(Vocabulary::of("abc")), ..interface(4) };
    assert_eq!(model(json!({}), &tokens).card().vocabulary, None);
    let network = json!({ "kind": "tokens", "hidden": 16, "depth": 1, "heads": 2 });
    let built = config(json!({ "network": network })).network(&tokens, &Init::new(0, &Device::flex()));
    let said = built.err().expect("this should be refused").to_string();
    assert!(said.contains("`network`"), "{said}");
}

/// What is learnt in place of the batch's own values.
#[test]
fn the_loss_is_of_what_is_given() {
    let (config, device) = (config(json!({ "coupling": "independent" })), Device::flex());
    let network = config.network(&interface(2), &Init::new(1, &device)).expect("a network");
    let batch = |x: f32| Batch { x: vec![x; 8], shape: vec![2], class: None, first: 0 };
    let given = |x: f32| Some(Tensor::<2>::full([4, 2], f64::from(x), &device));
    let loss = |x: f32, given: Option<Tensor<2>>| {
        let learning = Learning { given, ..Learning::new(3, Mode::Infer, &device) };
        number(config.loss(&*network, &interface(2), &batch(x), &learning))
    };
    assert_eq!(loss(0.0, given(2.0)), loss(2.0, None));
    assert_ne!(loss(0.0, None), loss(2.0, None));
}

#[test]
fn a_tolerance_that_cannot_be_met_is_told_whole() {
    let lost = Formula(|x: Tensor<2>, _: &[f64]| x * f64::NAN);
    let model = config(json!({})).trained(&interface(2), Box::new(lost), &Device::flex()).expect("a model");
    let sampler = json!({ "kind": "dopri5", "rtol": 1e-3, "atol": 1e-6 });
    let mut generation = model.generate(&request(sampler, 4, 2)).expect("it begins");
    let said = generation.step().expect("a step").expect_err("no step is short enough").to_string();
    assert!(said.contains("rtol 0.001 and atol 0.000001"), "{said}");
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    let device = Device::flex();
    for (value, wanted) in [
        (json!({ "score": true }), "`score`: there is no noise on the way"),
        (json!({ "noise": { "kind": "bridge", "scale": 0.0 } }), "`noise.scale`: wanted a number above 0"),
        (json!({ "source": { "kind": "gaussian", "std": -1.0 } }), "`source.std`: wanted a number above 0"),
        (json!({ "source": { "kind": "gaussians", "count": 0 } }), "`source.count`: wanted"),
        (
            json!({ "source": "shapes" }),
            "`source`: wanted rows of shape [2], as the data have; those of `shapes`",
        ),
        (json!({ "source": "mnist" }), "`source`: dataset `mnist` reads files"),
        (json!({ "sampling": { "sampler": "ddpm" } }), "`sampling.sampler`: sampler: `ddpm` does not walk"),
        (json!({ "sampling": { "sampler": "euler_ancestral" } }), "the score has to be known"),
        (
            json!({ "sampling": { "epsilon": { "kind": "constant", "value": 0.0 } } }),
            "`sampling.epsilon.value`",
        ),
        (json!({ "sampling": { "steps": 0 } }), "`sampling.steps`"),
        (json!({ "coupling": { "kind": "bridge", "scale": -1.0 } }), "`coupling.scale`"),
        (
            json!({ "noise": { "kind": "bridge", "scale": 0.5 }, "coupling": { "kind": "bridge", "scale": 1.0 } }),
            "`coupling.scale`: the coupling is that of a bridge of diffusion 1, and the noise is of 0.5",
        ),
        (json!({ "path": "encoding_decoding" }), "`noise`: half-way along `encoding_decoding`"),
    ] {
        let built = config(value.clone()).network(&interface(2), &Init::new(0, &device));
        let error = built.err().expect(wanted).to_string();
        assert!(error.contains(wanted), "{value}: {error}");
    }
}

#[test]
fn a_source_is_a_gaussian_or_a_dataset_and_survives_writing() {
    for (value, name) in
        [(json!("gaussian"), "gaussian"), (json!({ "kind": "gaussians", "radius": 5.0 }), "gaussians")]
    {
        let config = config(json!({ "source": value }));
        let written = serde_json::to_value(&config).expect("it is written");
        assert_eq!(written["source"]["kind"], json!(name));
        let again: InterpolantConfig = crate::config::typed(written.clone()).expect("it is read");
        assert_eq!(serde_json::to_value(&again).expect("it is written"), written);
    }
    let refused =
        |value: Value| crate::config::typed::<InterpolantConfig>(value).expect_err("refused").to_string();
    let error = refused(json!({ "source": "gausian" }));
    assert!(
        error.contains("`source`: unknown source `gausian` (did you mean `gaussian`?)")
            && error.contains("moons"),
        "{error}"
    );
    let error = refused(json!({ "source": { "kind": "gaussians", "radios": 5.0 } }));
    assert!(error.contains("`source.radios`"), "{error}");
    let error = refused(json!({ "source": { "kind": "gaussian", "sd": 5.0 } }));
    assert!(error.contains("`source.sd`"), "{error}");
}
