//! Flows of angles: one density around the whole torus, with no seam.

use std::f64::consts::{PI, TAU};

use super::*;

/// As the zoo's `flow/torus`, of fewer and smaller networks, and the same by autoregressions; parameters are moved so far.
fn chains(stir: f64) -> Vec<Chain> {
    let perceptron = json!({ "kind": "perceptron", "hidden": [16] });
    [("coupling", perceptron), ("autoregressive", json!({ "hidden": [16] }))]
        .map(|(kind, conditioner)| {
            let transform = json!({ "kind": kind, "element": "circular_spline", "conditioner": conditioner });
            let config = json!({ "transforms": [transform], "repeat": 3, "base": "uniform" });
            let config: FlowConfig = config::typed(config).expect("a configuration");
            let interface = Interface::new(vec![2], Vec::new());
            let mut chain =
                Chain::build(&config, &interface, &Init::new(3, &Device::flex())).expect("a flow");
            let values = stirred(chain.parameters(), stir, DType::F64);
            chain.set_parameters(&values);
            chain
        })
        .into()
}

fn log_prob(chain: &Chain, points: Vec<[f64; 2]>) -> Vec<f64> {
    let rows = points.len();
    let values: Vec<f64> = points.into_iter().flatten().collect();
    let x = Tensor::<2>::from_data(TensorData::new(values, [rows, 2]), (&Device::flex(), DType::F64));
    host(chain.log_prob(x, None, Mode::Infer))
}

#[test]
fn densities_of_angles_are_alike_on_both_sides_of_the_seam() {
    const POINTS: usize = 200;
    for chain in chains(0.5) {
        let places: Vec<f64> = (0..POINTS).map(|i| TAU * (i as f64 + 0.3) / POINTS as f64 - PI).collect();
        let on = |end: f64, axis: usize| {
            let point = |at: &f64| if axis == 0 { [end, *at] } else { [*at, end] };
            log_prob(&chain, places.iter().map(point).collect())
        };
        for axis in [0, 1] {
            let (below, above) = (on(-PI, axis), on(PI, axis));
            let most = below.iter().zip(&above).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            let range = below.iter().copied().fold(f64::NEG_INFINITY, f64::max)
                - below.iter().copied().fold(f64::INFINITY, f64::min);
            println!("axis {axis}: {most:.1e} apart in a range of {range:.2}");
            assert!(most < 1e-5 && range > 0.1, "axis {axis}: {most}, {range}");
        }
    }
}

#[test]
fn densities_of_angles_are_of_mass_one() {
    const SIDE: usize = 300;
    for chain in chains(0.2) {
        let at = |i: usize| TAU * (i as f64 + 0.5) / SIDE as f64 - PI;
        let points = (0..SIDE * SIDE).map(|i| [at(i / SIDE), at(i % SIDE)]).collect();
        let cell = (TAU / SIDE as f64).powi(2);
        let mass: f64 = log_prob(&chain, points).into_iter().map(|log| log.exp() * cell).sum();
        println!("mass {mass:.6}");
        assert!((mass - 1.0).abs() < 1e-3, "{mass}");
    }
}
