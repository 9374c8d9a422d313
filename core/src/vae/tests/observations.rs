//! Observation models: they sum to one, and their samples and means are those of their densities.

use super::*;
use crate::vae::observation::{Observed, Scale, Support};

/// What can be seen, and how much of it a number stands for.
fn points(support: Support) -> (Vec<f32>, f64) {
    match support {
        Support::Line => ((-4000..=4000).map(|i| i as f32 * 0.01).collect(), 0.01),
        Support::Bytes => ((0..256).map(|i| (f64::from(i) / 127.5 - 1.0) as f32).collect(), 1.0),
        Support::Unit => (vec![-1.0, 1.0], 1.0),
    }
}

/// Probabilities of all that can be seen, given what the decoder says of one number.
fn probabilities(model: &dyn Observed, said: &Tensor<2>, points: &[f32], weight: f64) -> Vec<f64> {
    let x: Vec<[f32; 1]> = points.iter().map(|x| [*x]).collect();
    let logs = model.log_density(said.clone().repeat_dim(0, points.len()), rows(&x));
    numbers(logs).iter().map(|log| weight * log.exp()).collect()
}

fn members() -> Vec<ObservationConfig> {
    let mut all = ObservationConfig::all();
    for scale in [Scale::Fixed, Scale::Each] {
        let scale = serde_json::to_value(scale).expect("a name");
        all.push(config::typed(json!({ "kind": "gaussian", "scale": scale, "std": 0.7 })).expect("a model"));
    }
    all
}

#[test]
fn probabilities_sum_to_one_and_samples_follow_them() {
    for config in members() {
        let name = config.name();
        let model = config.build(1, &Init::new(1, &Device::flex()));
        let (points, weight) = points(config.support());
        for draw in 0..4 {
            let said = normals(draw, [1, config.outputs()], &Device::flex());
            let p = probabilities(&*model, &said, &points, weight);
            let total: f64 = p.iter().sum();
            assert!((total - 1.0).abs() < 1e-4, "{name}: {total}");
            let moment = |f: &dyn Fn(f64) -> f64| -> f64 {
                p.iter().zip(&points).map(|(p, x)| p * f(f64::from(*x))).sum()
            };
            let wanted = moment(&|x| x);
            let deviation = (moment(&|x| x * x) - wanted * wanted).sqrt();
            let n = 4000;
            let noise = Noise { seed: 6, first: 0, rows: n, features: 1, device: Device::flex() };
            let found = mean(&numbers(model.sample(said.clone().repeat_dim(0, n), &noise)));
            assert!(
                (found - wanted).abs() < 4.5 * deviation / (n as f64).sqrt() + 1e-6,
                "{name}: {found} {wanted}"
            );
            // A logistic distribution's mean is its middle, but for what the ends of the bytes cut.
            if config.support() != Support::Bytes {
                let shown = numbers(model.mean(said))[0];
                assert!((shown - wanted).abs() < 1e-3, "{name}: {shown} {wanted}");
            }
        }
    }
}

/// Several numbers are independent: each of its own kind of the decoder's outputs.
#[test]
fn numbers_are_independent_and_have_their_own_outputs() {
    for config in members() {
        let (both, one) = (
            config.build(2, &Init::new(1, &Device::flex())),
            config.build(1, &Init::new(1, &Device::flex())),
        );
        let kinds = config.outputs();
        let said = normals(7, [1, 2 * kinds], &Device::flex());
        let x = rows(&[[1.0, -1.0]]);
        let whole = numbers(both.log_density(said.clone(), x.clone()))[0];
        let single = |i: usize| {
            let own = (0..kinds).map(|kind| said.clone().narrow(1, 2 * kind + i, 1)).collect();
            numbers(one.log_density(Tensor::cat(own, 1), x.clone().narrow(1, i, 1)))[0]
        };
        let sum = single(0) + single(1);
        assert!((whole - sum).abs() < 1e-4 * sum.abs().max(1.0), "{}: {whole} {sum}", config.name());
    }
}

#[test]
fn data_that_are_impossible_are_refused_before_training() {
    struct Far;
    impl Dataset for Far {
        fn shape(&self) -> &[usize] {
            &[2]
        }
        fn len(&self) -> Option<usize> {
            Some(3)
        }
        fn read(&self, index: u64, out: &mut [f32]) -> Labels {
            out.fill(index as f32 * 0.9);
            Labels::default()
        }
    }
    for (decoder, wanted) in [
        ("bernoulli", Some("numbers in [−1, 1]")),
        ("logistic", Some("bytes")),
        ("logistic_mixture", Some("bytes")),
        ("gaussian", None),
    ] {
        let run = json!({ "model": { "kind": "vae", "decoder": decoder, "network": "mlp" } });
        let run: crate::train::RunConfig = config::typed(run).expect("a configuration");
        let begun = Session::new(&run, &Far, &Device::flex());
        match wanted {
            None => assert!(begun.is_ok()),
            Some(wanted) => {
                let error = begun.err().expect("this should be refused").to_string();
                assert!(error.contains("model.decoder") && error.contains(wanted), "{error}");
            }
        }
    }
}
