//! The way of a sample to its latent, bijection by bijection.

use super::*;
use crate::model::Request;

#[test]
fn the_way_to_the_latent_is_the_way_of_the_generation_backwards() {
    let device = Device::flex();
    let config = json!({ "transforms": [{ "kind": "coupling", "element": "affine" }], "repeat": 5 });
    let config: FlowConfig = config::typed(config).expect("a flow");
    let interface = Interface::new(vec![2], Vec::new());
    let network = config.network(&interface, &Init::new(3, &device)).expect("a network");
    let flow = config.model(&interface, network, &device).expect("a model");
    let mut generation = flow.generate(&Request { count: 7, ..Request::default() }).expect("it begins");
    let frames: Vec<_> =
        std::iter::from_fn(|| generation.step()).map(|frame| frame.expect("a step").x).collect();
    let codec = flow.codec().expect("a codec");
    let x = frames.last().expect("samples").clone();
    let stages = codec.stages(x.clone());
    assert_eq!([frames.len(), stages.len()], [5, 5]);
    assert_eq!(host(stages[4].clone()), host(codec.encode(x)));
    for (frame, stage) in frames.iter().rev().skip(1).zip(&stages) {
        let off = host((frame.clone() - stage.clone()).abs().max());
        assert!(off[0] < 1e-5, "{off:?}");
    }
}
