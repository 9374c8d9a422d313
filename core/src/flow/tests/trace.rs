//! What is not finite is named.

use pollster::block_on;

use super::*;
use crate::data::{Dataset, Labels, Loader};
use crate::likelihood::Query;
use crate::train::{RunConfig, Session};

struct Plane;

impl Dataset for Plane {
    fn shape(&self) -> &[usize] {
        &[2]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        Key::new(5, Purpose::Data, index).fill_normal(out);
        Labels::default()
    }
}

fn config() -> Value {
    let steps = json!({ "kind": "repeated", "times": 2, "transforms": ["actnorm", "coupling"] });
    json!({ "kind": "flow", "transforms": ["linear", steps, "coupling"], "repeat": 2 })
}

/// A flow with one number of a parameter that is not finite, and what of it is named.
fn named(parameter: &str, value: f32) -> Option<String> {
    let mut settings = config();
    settings.as_object_mut().expect("an object").remove("kind");
    let config: FlowConfig = config::typed(settings).expect("a configuration");
    let interface = Interface::new(vec![2], Vec::new());
    let mut chain = Chain::build(&config, &interface, &Init::new(3, &Device::flex())).expect("a flow");
    let bad = |named: Named| {
        if named.path == parameter { named.value.full_like(value) } else { named.value }
    };
    let known = chain.parameters().iter().any(|named| named.path == parameter);
    assert!(
        known,
        "{parameter} is none of {:?}",
        chain.parameters().iter().map(|n| &n.path).collect::<Vec<_>>()
    );
    let values: Vec<_> = chain.parameters().into_iter().map(bad).collect();
    chain.set_parameters(&values);
    let network: Box<dyn Network> = Box::new(chain);
    let model = config.model(&interface, network, &Device::flex()).expect("a model");
    let rows = normals([3, 2], 1, DType::F32);
    let likelihood = model.likelihood().expect("a flow has a likelihood");
    let trace = likelihood.trace(rows, &Query::default()).expect("rows").expect("a flow knows its parts");
    block_on(trace.first()).expect("flags")
}

#[test]
fn the_transform_that_first_gave_what_is_not_finite_is_named_by_its_place() {
    assert_eq!(named("transforms.2.conditioner.output.bias", 0.0), None);
    let found = named("transforms.2.conditioner.output.bias", f32::NAN);
    assert_eq!(found.as_deref(), Some("the rows from `transforms[2]` (coupling, time 1 of 2)"));
    let found = named("transforms.4.transforms.2.scale", f32::NAN);
    let place = "the rows from `transforms[1].transforms[0]` (actnorm, time 2 of 2)";
    assert_eq!(found.as_deref(), Some(place));
    // A scale of nothing: the rows are zero, and the logarithm of their determinant is not.
    let found = named("transforms.4.transforms.2.scale", f32::NEG_INFINITY);
    let place = "the log-determinant of `transforms[1].transforms[0]` (actnorm, time 2 of 2)";
    assert_eq!(found.as_deref(), Some(place));
}

/// Steps go on while the losses are on the device; what is asked afterwards is the step that failed first.
#[test]
fn a_loss_that_is_not_finite_is_explained_after_further_steps() {
    let run = json!({ "seed": 1, "model": config(), "train": { "steps": 9, "batch": 16,
        "optimizer": "adam", "rate": { "kind": "constant", "peak": 1e38 } } });
    let run: RunConfig = config::typed(run).expect("a configuration");
    let dataset: std::sync::Arc<dyn Dataset> = std::sync::Arc::new(Plane);
    let mut session = Session::new(&run, &*dataset, &Device::flex()).expect("a session");
    let mut loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    let reports: Vec<_> = (0..6).map(|_| session.step(&mut loader)).collect();
    let failed = reports.into_iter().find_map(|report| {
        let step = report.step;
        block_on(report.read()).err().map(|error| (step, error))
    });
    let (step, error) = failed.expect("no rate is that high");
    let told = block_on(session.explained(error, step, &mut loader)).to_string();
    println!("{told}");
    assert!(told.contains(&format!("the loss of step {step} is")), "{told}");
    assert!(told.contains("what was not finite first: the ") && told.contains("`transforms["), "{told}");
}
