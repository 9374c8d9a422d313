//! Autoencoders against what is known of them: principal components, spheres, divergences.

use std::sync::Arc;

use burn::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config;
use crate::data::{Batch, Dataset, Labels, Loader};
use crate::nn::Mode;
use crate::train::Session;

/// Examples by a function of their index.
struct Made<F>(Vec<usize>, F);

impl<F: Fn(u64, &mut [f32]) + Send + Sync> Dataset for Made<F> {
    fn shape(&self) -> &[usize] {
        &self.0
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        (self.1)(index, out);
        Labels::default()
    }
}

fn normal(index: u64, out: &mut [f32]) {
    Key::new(5, Purpose::Data, index).fill_normal(out);
}

/// The model after so many steps of so many examples.
fn learnt(model: Value, dataset: Arc<dyn Dataset>, [steps, batch]: [u64; 2]) -> Box<dyn Model> {
    let run = json!({ "seed": 1, "model": model, "train": { "steps": steps, "batch": batch, "ema": 0.9,
        "optimizer": "adam", "rate": { "kind": "cosine", "peak": 1e-2, "warmup": 10 } } });
    let run: crate::train::RunConfig = config::typed(run).expect("a configuration");
    let mut session = Session::new(&run, &*dataset, &Device::flex()).expect("a session");
    let mut loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    (0..steps).for_each(|_| drop(session.step(&mut loader)));
    session.model().expect("a model")
}

fn rows(dataset: &dyn Dataset, count: u64) -> Tensor<2> {
    let batch = Batch::gather(dataset, &(0..count).collect::<Vec<_>>(), 0);
    let features = dataset.shape().iter().product::<usize>();
    Tensor::from_data(TensorData::new(batch.x, [count as usize, features]), &Device::flex())
}

/// Mean over samples of the squared distance to their reconstructions.
fn lost(model: &dyn Model, x: Tensor<2>) -> f64 {
    let codec = model.codec().expect("an autoencoder has a codec");
    let y = codec.decode(codec.encode(x.clone()));
    f64::from((y - x).square().sum_dim(1).mean().into_scalar::<f32>())
}

#[test]
fn an_overfitted_autoencoder_gives_back_its_data() {
    let pictures = |index: u64, out: &mut [f32]| normal(index % 4, out);
    let dataset = Arc::new(Made(vec![1, 8, 8], pictures));
    let network = json!({ "kind": "residual", "channels": [16, 16], "groups": 4, "patch": 2 });
    for (loss, kl) in [("l2", 0.0), ("l1", 0.0), ("l2", 1e-6)] {
        let config =
            json!({ "kind": "autoencoder", "network": network, "latents": 4, "loss": loss, "kl": kl });
        let model = learnt(config, dataset.clone(), [300, 8]);
        assert_eq!(model.codec().expect("a codec").latent_shape(), [4, 2, 2]);
        let lost = lost(&*model, rows(&*dataset, 4)) / 64.0;
        println!("{loss}, kl {kl}: mean squared error {lost:.5}");
        assert!(lost < 0.02, "{loss}, kl {kl}: {lost}");
    }
}

/// Bourlard and Kamp 1988: what a linear autoencoder cannot keep is the variance along the principal components that it has no
/// latents for.
#[test]
fn a_linear_autoencoder_loses_the_variance_of_the_smallest_components() {
    let variances = [4.0_f32, 2.0, 0.5, 0.1];
    // Half a Hadamard matrix is a rotation.
    let signs =
        [[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0], [1.0, -1.0, -1.0, 1.0]];
    let rotated = move |index: u64, out: &mut [f32]| {
        normal(index, out);
        let along: [f32; 4] = std::array::from_fn(|i| out[i] * variances[i].sqrt());
        for (i, value) in out.iter_mut().enumerate() {
            *value = (0..4).map(|j| 0.5 * signs[i][j] * along[j]).sum();
        }
    };
    let dataset = Arc::new(Made(vec![4], rotated));
    let network = json!({ "kind": "mlp", "hidden": [] });
    let config = json!({ "kind": "autoencoder", "network": network, "latents": 2, "space": "free" });
    let model = learnt(config, dataset.clone(), [1500, 64]);
    let lost = lost(&*model, rows(&*dataset, 20_000));
    println!("lost {lost:.4}, components {:.4}", 0.6);
    assert!((lost / 0.6 - 1.0).abs() < 0.03, "{lost}");
}

#[test]
fn latents_on_the_sphere_have_mean_square_one_whatever_the_weights_and_the_data() {
    let interface = Interface::new(vec![3, 8, 8], Vec::new());
    let config = AutoencoderConfig::default();
    let network = config.network(&interface, &Init::new(2, &Device::flex())).expect("a network");
    let codec = config.codec(&*network).expect("a codec");
    assert_eq!(codec.deviation(), Some(1.0));
    let x = rows(&Made(vec![3, 8, 8], normal), 16)
        * Tensor::<1>::from_floats([0.01], &Device::flex()).unsqueeze();
    for x in [x.clone(), x * 1000.0 + 3.0] {
        let square = codec.encode(x).square().mean_dim(1);
        assert!((square - 1.0).abs().max().into_scalar::<f32>() < 1e-5);
    }
    // A latent that is not on the sphere stands for the one on its ray.
    let z = rows(&Made(codec.latent_shape().to_vec(), normal), 4);
    let difference = codec.decode(z.clone()) - codec.decode(z * 7.0);
    assert!(difference.abs().max().into_scalar::<f32>() < 1e-4);
}

#[test]
fn the_divergence_is_that_of_gaussians() {
    let column = |values: [f32; 4]| Tensor::<1>::from_floats(values, &Device::flex()).reshape([4, 1]);
    let (mean, variance) = (column([0.0, 1.0, 0.0, -2.0]), column([1.0, 1.0, 4.0, 0.25]));
    let found: Vec<f32> = Gaussian { mean, log_variance: variance.log() }
        .divergences()
        .sum_dim(1)
        .into_data()
        .try_to_vec()
        .expect("floats");
    let wanted = [0.0, 0.5, 0.5 * (3.0 - 4.0_f32.ln()), 0.5 * (4.0 + 0.25 - 1.0 + 4.0_f32.ln())];
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-5, "{found} {wanted}");
    }
}

/// Encoders that say the same of every sample, and a decoder that says nothing: the loss is known in numbers.
#[test]
fn the_penalty_is_the_divergence_by_numbers_of_a_sample() {
    let (device, interface) = (Device::flex(), Interface::new(vec![8], Vec::new()));
    let said = [0.5_f32, -1.0, 0.3, -0.7]; // two means, then two logarithms of variances
    let kl: f32 =
        [0, 1].map(|i| 0.5 * (said[i] * said[i] + said[i + 2].exp() - 1.0 - said[i + 2])).iter().sum();
    for weight in [0.5, 3.0] {
        let config = json!({ "latents": 2, "space": "free", "kl": weight, "network": { "kind": "mlp", "hidden": [] } });
        let config: AutoencoderConfig = config::typed(config).expect("a configuration");
        let mut network = config.network(&interface, &Init::new(0, &device)).expect("a network");
        let value = |named: Named| match named.path.as_str() {
            "encoder.layers.0.bias" => Tensor::from_floats(said, &device),
            _ => named.value.zeros_like(),
        };
        let values: Vec<Tensor<1>> = network.parameters().into_iter().map(value).collect();
        network.set_parameters(&values);
        let batch = Batch::gather(&Made(vec![8], normal), &(0..16).collect::<Vec<_>>(), 0);
        let square = batch.x.iter().map(|x| x * x).sum::<f32>() / 128.0;
        let loss = config.loss(&*network, &interface, &batch, &Learning::new(1, Mode::Infer, &device));
        let (loss, wanted) = (loss.into_scalar::<f32>(), square + weight * kl / 8.0);
        assert!((loss - wanted).abs() < 1e-6, "{loss} {wanted}");
    }
}

/// A heavy penalty makes latents the prior's mean, and say nothing of the sample.
#[test]
fn a_heavy_penalty_makes_posteriors_the_prior() {
    let config = json!({ "kind": "autoencoder", "latents": 2, "space": "free", "kl": 1000.0,
        "network": { "kind": "mlp", "hidden": [] } });
    let dataset = Arc::new(Made(vec![4], normal));
    let model = learnt(config, dataset.clone(), [400, 64]);
    let z = model.codec().expect("a codec").encode(rows(&*dataset, 1000));
    assert!(z.abs().max().into_scalar::<f32>() < 0.05);
}

#[test]
fn what_does_not_fit_names_its_key() {
    let interface = |shape: &[usize]| Interface::new(shape.to_vec(), Vec::new());
    let refused = |config: Value, shape: &[usize]| {
        let config: AutoencoderConfig = config::typed(config).expect("a configuration");
        let built = config.network(&interface(shape), &Init::new(0, &Device::flex()));
        built.err().expect("this should be refused").to_string()
    };
    let error = refused(json!({}), &[1, 9, 8]);
    assert!(
        error.contains("network.channels") && error.contains("divisible by 4") && error.contains("9x8"),
        "{error}"
    );
    let error = refused(json!({}), &[2]);
    assert!(error.contains("`mlp`"), "{error}");
    let error = refused(json!({ "network": { "kind": "residual", "groups": 5 } }), &[1, 8, 8]);
    assert!(error.contains("network.groups"), "{error}");
    assert!(refused(json!({ "latents": 0 }), &[1, 8, 8]).contains("latents"));
    let error = refused(json!({ "latents": 1, "network": "mlp" }), &[2]);
    assert!(error.contains("`space`") && error.contains("`free`"), "{error}");
    assert!(refused(json!({ "kl": -1.0 }), &[1, 8, 8]).contains("kl"));
    let error = refused(json!({ "loss": "ssim" }), &[1, 8, 8]);
    assert!(error.contains("`loss`") && error.contains("11x11"), "{error}");
}

/// A loss of several terms tells each of them, and rises as it says.
#[test]
fn a_loss_of_several_terms_tells_them() {
    let (device, interface) = (Device::flex(), Interface::new(vec![1, 12, 12], Vec::new()));
    let config = json!({ "latents": 2, "network": "mlp", "loss": { "kind": "composite", "terms": [
        { "loss": "l1", "weight": 0.5 }, { "loss": "ssim", "schedule": { "kind": "linear", "over": 100 } } ] } });
    let config: AutoencoderConfig = config::typed(config).expect("a configuration");
    let network = config.network(&interface, &Init::new(0, &device)).expect("a network");
    let batch = Batch::gather(&Made(vec![1, 12, 12], normal), &(0..4).collect::<Vec<_>>(), 0);
    let terms = crate::model::Terms::default();
    let learning = Learning { terms: Some(&terms), step: 25, ..Learning::new(1, Mode::Infer, &device) };
    let loss = config.loss(&*network, &interface, &batch, &learning).into_scalar::<f32>();
    let told = terms.take();
    assert_eq!(told.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["l1", "ssim"]);
    let [l1, ssim] = [0, 1].map(|i| told[i].1.clone().into_scalar::<f32>());
    assert!((loss - (0.5 * l1 + 0.25 * ssim)).abs() < 1e-5, "{loss} {l1} {ssim}");
}

#[test]
fn damage_is_a_rows_own_and_of_its_share() {
    let device = Device::flex();
    let key = |first| damage::key(3, first);
    let x = Tensor::<2>::ones([400, 64], &device);
    for config in DamageConfig::all() {
        let all = config.done_to(x.clone(), &[1, 8, 8], key(0)).into_data();
        let one = config.done_to(x.clone().narrow(0, 0, 1), &[1, 8, 8], key(7)).into_data();
        let (all, one) = (all.try_to_vec::<f32>().expect("floats"), one.try_to_vec::<f32>().expect("floats"));
        assert_eq!(all[7 * 64..8 * 64], one, "{}", config.name());
    }
    let masked: DamageConfig =
        config::typed(json!({ "kind": "mask", "share": 0.25, "patch": 4 })).expect("damage");
    let masked = masked.done_to(x.clone(), &[1, 8, 8], key(0));
    // 1600 squares: four standard errors.
    assert!((masked.clone().mean().into_scalar::<f32>() - 0.75).abs() < 0.045);
    // A square is one piece.
    let squares = masked.reshape([400, 2, 4, 2, 4]).permute([0, 1, 3, 2, 4]).reshape([1600, 16]);
    let sums: Vec<f32> = squares.sum_dim(1).into_data().try_to_vec().expect("floats");
    assert!(sums.iter().all(|sum| *sum == 0.0 || *sum == 16.0));
    let noisy: DamageConfig = config::typed(json!({ "kind": "gaussian", "std": 0.5 })).expect("damage");
    let square = (noisy.done_to(x.clone(), &[1, 8, 8], key(0)) - x).square().mean().into_scalar::<f32>();
    assert!((square - 0.25).abs() < 0.01, "{square}");
}

/// What is masked is told by its neighbours where they go together.
#[test]
fn a_masked_autoencoder_fills_in_what_it_does_not_see() {
    let flat = |index: u64, out: &mut [f32]| {
        normal(index, out);
        let level = out[0];
        out.fill(level);
    };
    let dataset = Arc::new(Made(vec![8], flat));
    let model = |damage: Value| {
        let config = json!({ "kind": "autoencoder", "latents": 2, "space": "free", "damage": damage,
            "network": { "kind": "mlp", "hidden": [32] } });
        learnt(config, dataset.clone(), [400, 64])
    };
    let x = rows(&*dataset, 500);
    let half = Tensor::<1>::from_floats([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0], &Device::flex());
    let seen = x.clone() * half.unsqueeze();
    let lost = |model: Box<dyn Model>| {
        let codec = model.codec().expect("a codec");
        (codec.decode(codec.encode(seen.clone())) - x.clone()).square().mean().into_scalar::<f32>()
    };
    let mask = json!({ "kind": "mask", "share": 0.5, "patch": 1 });
    let (with, without) = (lost(model(mask)), lost(model(json!("none"))));
    println!("mean squared error from half of the numbers: {with:.4}, {without:.4} where none were hidden");
    assert!(with < 0.5 * without && with < 0.1, "{with} {without}");
}
