//! Requests and configurations: what is refused, and that a row is its own.

use super::*;
use crate::editing::Edit;
use crate::guidance::Guiding;
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
    let edit = Edit::From { rows: vec![0.0; 2], strength: 0.5 };
    refused(Request { edit: Some(edit), ..heun() }, "edit: ");
    let classes = vec!["a".to_owned()];
    let told = model(json!({}), &Interface { classes, ..interface(2) });
    let error = told.generate(&Request { classes: Classes::One(3), ..heun() }).err().expect("no class 3");
    assert!(error.to_string().contains("the classes are 0 to 0"), "{error}");
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
