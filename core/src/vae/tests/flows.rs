//! Flows of posteriors: the logarithm of the determinant against the Jacobian itself.

use super::*;
use crate::vae::posterior::Inference;

const LATENTS: usize = 3;

/// Flows with weights that do something, what they are told, and draws, all with gradients.
fn built(name: &str) -> (Box<dyn Inference>, Tensor<2>, Tensor<2>) {
    let device = Device::flex().autodiff();
    let member = if name == "iaf" { json!({ "kind": name, "hidden": 16 }) } else { json!(name) };
    let config: VaePosteriorConfig = config::typed(member).expect("a posterior");
    let mut flow = config.build(LATENTS, &Init::new(1, &device));
    let values = shaken(flow.parameters(), 0.4);
    flow.set_parameters(&values);
    let said = normals(90, [4, (2 + config.context()) * LATENTS], &device);
    (flow, said, normals(91, [4, LATENTS], &device))
}

/// `∂z/∂z₀` of each row, row by row of the matrix.
fn jacobians(flow: &dyn Inference, said: &Tensor<2>, z: &Tensor<2>) -> Vec<[[f64; LATENTS]; LATENTS]> {
    let mut found = vec![[[0.0; LATENTS]; LATENTS]; z.dims()[0]];
    let gradient = |output| {
        let z = z.clone().detach().require_grad();
        let out = flow.flow(z.clone(), said).0;
        let mut gradients = out.narrow(1, output, 1).sum().backward();
        numbers(z.grad_remove(&mut gradients).expect("a gradient"))
    };
    let rows: Vec<Vec<f64>> = (0..LATENTS).map(gradient).collect();
    for (sample, matrix) in found.iter_mut().enumerate() {
        for (row, values) in matrix.iter_mut().zip(&rows) {
            row.copy_from_slice(&values[sample * LATENTS..][..LATENTS]);
        }
    }
    found
}

fn determinant(m: &[[f64; 3]; 3]) -> f64 {
    let minor = |a: usize, b: usize| m[1][a] * m[2][b] - m[1][b] * m[2][a];
    m[0][0] * minor(1, 2) - m[0][1] * minor(0, 2) + m[0][2] * minor(0, 1)
}

#[test]
fn each_flow_says_the_logarithm_of_its_determinant() {
    for name in VaePosteriorConfig::NAMES {
        let (flow, said, z) = built(name);
        let logs = numbers(flow.flow(z.clone(), &said).1);
        let matrices = jacobians(&*flow, &said, &z);
        for (log, matrix) in logs.iter().zip(&matrices) {
            let wanted = determinant(matrix).abs().ln();
            assert!((log - wanted).abs() < 1e-4, "{name}: {log} {wanted}");
        }
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert_eq!(flow.is_gaussian(), matrices.iter().all(|matrix| *matrix == identity), "{name}");
    }
}

/// A step of the autoregressive flow is triangular, and what is said of the first number is the context's alone.
#[test]
fn what_is_said_of_a_number_knows_those_before_it_only() {
    let device = Device::flex().autodiff();
    let config: VaePosteriorConfig =
        config::typed(json!({ "kind": "iaf", "steps": 1, "hidden": 16 })).expect("a posterior");
    let mut flow = config.build(LATENTS, &Init::new(1, &device));
    let values = shaken(flow.parameters(), 0.4);
    flow.set_parameters(&values);
    let said = normals(92, [4, 3 * LATENTS], &device);
    for matrix in jacobians(&*flow, &said, &normals(93, [4, LATENTS], &device)) {
        assert_eq!([matrix[0][1], matrix[0][2], matrix[1][2]], [0.0; 3]);
        assert!(
            [matrix[1][0], matrix[2][0], matrix[2][1]].iter().all(|value| value.abs() > 1e-4),
            "{matrix:?}"
        );
    }
}

/// One number has none before it.
#[test]
fn a_latent_of_one_number_can_flow() {
    for name in ["planar", "iaf", "linear_iaf"] {
        let config = VaePosteriorConfig::named(name).expect("registered");
        let flow = config.build(1, &Init::new(1, &Device::flex()));
        let said = normals(94, [5, 2 + config.context()], &Device::flex());
        let (z, log) = flow.flow(normals(95, [5, 1], &Device::flex()), &said);
        assert!(numbers(z).iter().chain(&numbers(log)).all(|value| value.is_finite()), "{name}");
    }
}
