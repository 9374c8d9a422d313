//! Walks that are taken at once, beside the same step by step.

use super::*;
use crate::config::typed;

/// A model of points whose network is of that kind.
fn points(network: serde_json::Value) -> Box<dyn Model> {
    let config =
        DiffusionConfig { network: typed(network).expect("a network"), ..DiffusionConfig::default() };
    let interface = Interface::new(vec![2], vec![]);
    config.model(&interface, drawn(&config, &interface), &Device::flex()).expect("a model")
}

fn request(sampler: &str, steps: usize) -> Request {
    let sampler = typed(serde_json::json!(sampler)).expect("a sampler");
    Request { count: 9, first: 3, seed: 5, steps: Some(steps), sampler: Some(sampler), ..Request::default() }
}

fn networks() -> [serde_json::Value; 2] {
    [
        serde_json::json!({ "kind": "mlp", "hidden": 24, "blocks": 2, "features": 8 }),
        serde_json::json!({ "kind": "perceptron", "hidden": 20, "layers": 3 }),
    ]
}

/// Deterministic or not, of one evaluation a step or of several, going by the data or by the noise.
#[test]
fn a_leap_ends_where_steps_end() {
    for network in networks() {
        let model = points(network.clone());
        for sampler in ["euler", "heun", "rk4", "dpmpp_2m", "ipndm", "euler_ancestral", "ddpm"] {
            let begun = || model.generate(&request(sampler, 6)).expect("a generation");
            let (mut leaping, mut stepping) = (begun(), begun());
            let leapt = leaping.leap().expect("a leap");
            let stepped = std::iter::from_fn(|| stepping.step()).last().expect("a step").expect("no error");
            let size = stepped.x.clone().abs().max().into_scalar::<f32>();
            let far = (leapt.x - stepped.x).abs().max().into_scalar::<f32>();
            assert!(far < 1e-4 * size.max(1.0), "{sampler}, {network}: {far} of {size}");
            assert_eq!((leapt.step, leapt.steps, leapt.level), (stepped.step, stepped.steps, stepped.level));
            assert_eq!(leaping.evaluations(), stepping.evaluations(), "{sampler}");
            assert!(leaping.step().is_none(), "nothing is left to do");
        }
    }
}

/// What is on its way, chooses its steps or is too wide goes step by step.
#[test]
fn what_no_kernel_takes_does_not_leap() {
    let [network, _] = networks();
    let model = points(network);
    assert!(model.generate(&request("dopri5", 6)).expect("a generation").leap().is_none());
    let mut begun = model.generate(&request("heun", 6)).expect("a generation");
    drop(begun.step());
    assert!(begun.leap().is_none());
    assert!(super::model(0).generate(&request("heun", 2)).expect("a generation").leap().is_none());
}
