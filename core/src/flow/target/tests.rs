use super::*;
use crate::flow::FlowConfig;
use crate::model::Family;
use crate::nn::{Init, Interface};
use crate::random::{Key, Purpose};

/// `ln` of the mass of [`mixture`].
const LOG_Z: f64 = 1.7;

/// `e^1.7 (0.3 N(x; (−1.5, 0), 0.7²) + 0.7 N(x; (1.5, 0.5), 0.7²))`.
fn mixture(x: Tensor<2>) -> Tensor<2> {
    let part = |weight: f64, centre: [f64; 2]| {
        let centre = Tensor::<2>::from_data([centre], (&x.device(), x.dtype()));
        let far = (x.clone() - centre).square().sum_dim(1) * (-0.5 / 0.49);
        (far + (weight / (std::f64::consts::TAU * 0.49)).ln()).exp()
    };
    (part(0.3, [-1.5, 0.0]) + part(0.7, [1.5, 0.5]) + 1e-30).log() + LOG_Z
}

/// `N(x; 0, 2²)`.
fn wide(x: Tensor<2>) -> Tensor<2> {
    x.square().sum_dim(1) * -0.125 - (std::f64::consts::TAU * 4.0).ln()
}

fn number(x: Tensor<1>) -> f64 {
    f64::from(x.into_scalar::<f32>())
}

#[test]
fn weights_of_equal_size_are_all_effective() {
    let device = Device::flex();
    let evidence = Evidence::of(Tensor::full([50, 1], 400.0, &device));
    assert!(
        (number(evidence.log_z) - 400.0).abs() < 1e-3 && (number(evidence.effective) - 50.0).abs() < 1e-3
    );
    let one = Evidence::of(Tensor::<2>::from_floats([[-500.0], [0.0], [-500.0], [-500.0]], &device));
    assert!((number(one.log_z) + 4.0_f64.ln()).abs() < 1e-6 && (number(one.effective) - 1.0).abs() < 1e-6);
}

#[test]
fn annealed_walkers_find_the_normaliser_and_the_mean() {
    for kernel in [Kernel::Langevin(0.6), Kernel::Metropolis(0.9)] {
        let (start, target): (&LogDensity, &LogDensity) = (&wide, &mixture);
        let annealing = Annealing { start, target, kernel, levels: 30, moves: 2, seed: 1, first: 0 };
        let x = Key::new(9, Purpose::Noise, 0).normal_rows(10_000, 2, &Device::flex()) * 2.0;
        let mut walkers = Walkers::new(x);
        while annealing.step(&mut walkers) {}
        let evidence = walkers.evidence();
        let mean = number((evidence.weights * walkers.x.narrow(1, 0, 1)).sum());
        let (log_z, effective) = (number(evidence.log_z), number(evidence.effective));
        println!("{kernel:?}: ln Z {log_z:.4}, {effective:.0} effective, mean {mean:.4}");
        assert!((log_z - LOG_Z).abs() < 0.02, "{kernel:?}: {log_z}");
        assert!((mean - 0.6).abs() < 0.06, "{kernel:?}: {mean}");
        assert!(effective > 5000.0, "{kernel:?}: {effective}");
    }
}

/// Adam (Kingma and Ba 2015) on a list of parameters.
fn descended(network: &mut dyn Network, device: &Device, steps: u64) {
    let mut values: Vec<Tensor<1>> = network.parameters().into_iter().map(|named| named.value).collect();
    let zeros: Vec<Tensor<1>> = values.iter().map(Tensor::zeros_like).collect();
    let (mut mean, mut square) = (zeros.clone(), zeros);
    for step in 0..steps {
        let noise = Noise { seed: 2, first: step * 256, rows: 256, features: 2, device: device.clone() };
        let mut gradients = reverse_divergence(network, &noise, &mixture).backward();
        let [fade, bias] = [0.9_f64, 0.99].map(|beta| 1.0 - beta.powi(step as i32 + 1));
        let rate = 0.01 * (1.0 - step as f64 / steps as f64);
        for (i, gradient) in network.gradients(&mut gradients).into_iter().enumerate() {
            mean[i] = mean[i].clone() * 0.9 + gradient.clone() * 0.1;
            square[i] = square[i].clone() * 0.99 + gradient.square() * 0.01;
            let scale = (square[i].clone() / bias).sqrt() + 1e-8;
            values[i] = values[i].clone() - mean[i].clone() / scale * (rate / fade);
        }
        network.set_parameters(&values);
    }
}

#[test]
fn a_flow_learns_a_density_and_finds_its_normaliser() {
    let device = Device::flex().autodiff();
    let transform = serde_json::json!({ "kind": "coupling", "element": "spline", "conditioner": { "kind": "perceptron", "hidden": [32] } });
    let config = serde_json::json!({ "transforms": [transform], "repeat": 3 });
    let config: FlowConfig = crate::config::typed(config).expect("a configuration");
    let interface = Interface::new(vec![2], Vec::new());
    let mut network = config.network(&interface, &Init::new(1, &device)).expect("a network");
    descended(&mut *network, &device, 250);
    let plain = Device::flex();
    let mut own = config.network(&interface, &Init::new(1, &plain)).expect("a network");
    own.set_parameters(&network.parameters().into_iter().map(|named| named.value).collect::<Vec<_>>());
    let noise = Noise { seed: 5, first: 0, rows: 10_000, features: 2, device: plain };
    let evidence = {
        let [x, log_q] = chain(&*own).drawn(&noise, None);
        Evidence::of(mixture(x) - log_q)
    };
    let (log_z, effective) = (number(evidence.log_z), number(evidence.effective));
    let left = number(reverse_divergence(&*own, &noise, &mixture)) + LOG_Z;
    println!("ln Z {log_z:.4}, {effective:.0} of 10000 effective, divergence {left:.4}");
    assert!((log_z - LOG_Z).abs() < 0.02, "{log_z}");
    assert!(effective > 7000.0 && left < 0.1, "{effective}, {left}");
}
