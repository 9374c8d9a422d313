//! What every registered network promises.

use serde_json::json;

use super::*;
use crate::random::Purpose;

fn normals(n: usize, index: u64) -> Vec<f32> {
    let mut values = vec![0.0; n];
    Key::new(3, Purpose::Data, index).fill_normal(&mut values);
    values
}

pub(super) fn rows(shape: [usize; 2], index: u64, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(normals(shape[0] * shape[1], index), shape), device)
}

/// Every registered network with its defaults, then the options that defaults leave off.
pub(super) fn members() -> Vec<NetworkConfig> {
    let options = [
        json!({ "kind": "unet", "channels": 16, "multipliers": [1, 2], "attention": [8, 4], "head": 8, "context": { "width": 3 } }),
        json!({ "kind": "unet1d", "channels": 16, "multipliers": [1, 2], "attention": [8], "head": 8, "patch": 2 }),
        json!({ "kind": "dit", "hidden": 32, "depth": 2, "heads": 2, "positions": "rotary", "mlp_ratio": 1.5 }),
        json!({ "kind": "dit", "hidden": 24, "depth": 2, "heads": 3, "patch": 4 }),
        json!({ "kind": "residual_mlp", "hidden": 24, "mlp_ratio": 3 }),
        json!({ "kind": "tokens", "hidden": 32, "depth": 2, "heads": 2, "positions": "sine" }),
    ];
    let optional = options.map(|value| crate::config::typed(value).expect("the options should be sound"));
    NetworkConfig::all().into_iter().chain(optional).collect()
}

/// Numbers in a token of the context.
const CONTEXT: usize = 3;

/// The network for 64 numbers in whichever arrangement it takes. Of a single token there is one logit a place, so that those which
/// take tokens give 64 numbers too.
pub(super) fn built(config: &NetworkConfig, device: &Device) -> Box<dyn Network> {
    let classes = vec!["a".to_owned(), "b".to_owned()];
    let arranged = |shape: &[usize]| {
        let vocabulary = Some(Vocabulary::Levels { count: 1, range: [0.0, 1.0] });
        let interface = Interface {
            vocabulary,
            context: Some(CONTEXT),
            ..Interface::new(shape.to_vec(), classes.clone())
        };
        config.build(&interface, &Init::new(1, device)).ok()
    };
    arranged(&[1, 8, 8]).or_else(|| arranged(&[2, 32])).expect("the defaults should fit")
}

pub(super) fn condition(device: &Device) -> Condition {
    told(vec![-0.3, 0.4], &[Some(1), None], device)
}

fn told(noise: Vec<f64>, classes: &[Option<u32>], device: &Device) -> Condition {
    let context = Some(rows([classes.len() * 2, CONTEXT], 70, device).reshape([classes.len(), 2, CONTEXT]));
    Condition { noise, class: Some(one_hot(classes, 2, device)), context, ..Condition::default() }
}

/// The parameters with noise of this size added.
pub(super) fn stir(parameters: Vec<Named>, size: f64, device: &Device) -> Vec<Tensor<1>> {
    let stir = |(i, named): (usize, Named)| {
        let noise = Tensor::<1>::from_floats(normals(named.value.dims()[0], i as u64).as_slice(), device);
        named.value + noise.without_autodiff() * size
    };
    parameters.into_iter().enumerate().map(stir).collect()
}

/// The network with no parameter at zero, so that every path counts.
fn stirred(config: &NetworkConfig, device: &Device) -> Box<dyn Network> {
    let mut network = built(config, device);
    let values = stir(network.parameters(), 0.03, device);
    network.set_parameters(&values);
    network
}

/// The derivative of a weighted sum of outputs along a random direction in the space of parameters, by backward and by central
/// difference.
#[test]
fn gradients_agree_with_finite_differences() {
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    for config in members() {
        let network = stirred(&config, &device);
        let loss = |network: &dyn Network, device: &Device| {
            let out = network.forward(rows([2, 64], 100, device), &condition(device), Mode::Infer);
            (out * rows([2, 64], 101, device)).sum()
        };
        let mut gradients = loss(&*network, &device).backward();
        let gradients = network.gradients(&mut gradients);
        let base = network.parameters();
        let directions: Vec<Tensor<1>> = base
            .iter()
            .enumerate()
            .map(|(i, p)| Tensor::from_floats(normals(p.value.dims()[0], 500 + i as u64).as_slice(), &plain))
            .collect();
        let by_backward: f32 = gradients
            .iter()
            .zip(&directions)
            .map(|(g, d)| (g.clone() * d.clone()).sum().into_scalar::<f32>())
            .sum();
        let mut moved = built(&config, &plain);
        let mut at = |h: f64| {
            let values: Vec<Tensor<1>> =
                base.iter().zip(&directions).map(|(p, d)| p.value.clone() + d.clone() * h).collect();
            moved.set_parameters(&values);
            f64::from(loss(&*moved, &plain).into_scalar::<f32>())
        };
        let h = 2e-4;
        let by_difference = (at(h) - at(-h)) / (2.0 * h);
        let error = (f64::from(by_backward) / by_difference - 1.0).abs();
        println!("{}: {by_backward} {by_difference}", config.name());
        assert!(error < 0.02, "{}: {by_backward} by backward, {by_difference} by difference", config.name());
    }
}

#[test]
fn every_parameter_learns() {
    let device = Device::flex().autodiff();
    for config in members() {
        let network = stirred(&config, &device);
        let out = network.forward(rows([2, 64], 100, &device), &condition(&device), Mode::Infer);
        let mut gradients = (out * rows([2, 64], 101, &device)).sum().backward();
        for (named, gradient) in network.parameters().iter().zip(network.gradients(&mut gradients)) {
            let largest = gradient.abs().max().into_scalar::<f32>();
            assert!(largest > 0.0, "{}: {}", config.name(), named.path);
        }
    }
}

/// Two outputs are one wider last layer: all of the first kind comes before the second, and each kind reaches every place.
#[test]
fn a_network_gives_as_many_numbers_for_each_as_it_is_asked_for() {
    let device = Device::flex();
    for config in members() {
        let arranged = |shape: &[usize], outputs: usize| {
            let context = Some(CONTEXT);
            let interface = Interface { outputs, context, ..Interface::new(shape.to_vec(), vec![]) };
            config.build(&interface, &Init::new(1, &device)).ok()
        };
        let built = |outputs| arranged(&[1, 8, 8], outputs).or_else(|| arranged(&[2, 32], outputs));
        // What takes tokens alone gives logits.
        let Some(one) = built(1) else { continue };
        let mut two = built(2).expect("it fits");
        let wider = |(one, two): &(Named, Named)| one.shape != two.shape;
        let changed: Vec<(Named, Named)> =
            one.parameters().into_iter().zip(two.parameters()).filter(wider).collect();
        assert!(changed.iter().all(|(one, _)| one.path.starts_with("output.")), "{}", config.name());
        assert!(changed.iter().all(|(one, two)| two.value.dims()[0] == 2 * one.value.dims()[0]));
        let values = stir(two.parameters(), 0.1, &device);
        two.set_parameters(&values);
        let told = Condition { noise: vec![0.1], ..Condition::default() };
        let out = two.forward(rows([2, 64], 7, &device), &told, Mode::Infer);
        assert_eq!(out.dims(), [2, 128], "{}", config.name());
        assert!(out.abs().min().into_scalar::<f32>() > 0.0, "{}", config.name());
    }
}

/// A fresh network's output layer is zero, so that a model begins as its prediction's identity.
#[test]
fn a_fresh_network_says_zero() {
    let device = Device::flex();
    for config in members() {
        let network = built(&config, &device);
        let out = network.forward(rows([2, 64], 100, &device), &condition(&device), Mode::Infer);
        assert_eq!(out.abs().max().into_scalar::<f32>(), 0.0, "{}", config.name());
    }
}

#[test]
fn a_rows_output_does_not_depend_on_its_batch() {
    let device = Device::flex();
    for config in members() {
        let network = stirred(&config, &device);
        let x = rows([2, 64], 7, &device);
        let both = network.forward(x.clone(), &condition(&device), Mode::Infer);
        let first = network.forward(x.narrow(0, 0, 1), &told(vec![-0.3], &[Some(1)], &device), Mode::Infer);
        let difference = (both.narrow(0, 0, 1) - first).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-4, "{}: {difference}", config.name());
    }
}

#[test]
fn noise_level_and_class_matter() {
    let device = Device::flex();
    for config in members() {
        let network = stirred(&config, &device);
        let x = rows([1, 64], 7, &device);
        let out = |noise: f64, class: Option<u32>| {
            network.forward(x.clone(), &told(vec![noise], &[class], &device), Mode::Infer)
        };
        let change = |other: Tensor<2>| (out(0.1, Some(0)) - other).abs().max().into_scalar::<f32>();
        assert!(change(out(0.5, Some(0))) > 1e-4, "{}: noise level", config.name());
        assert!(
            change(out(0.1, Some(1))) > 1e-4 && change(out(0.1, None)) > 1e-4,
            "{}: class",
            config.name()
        );
    }
}

/// Whoever is not told how far a step leads must say so: objectives ask.
#[test]
fn the_span_of_a_step_matters_to_those_that_take_it() {
    let device = Device::flex();
    for config in members() {
        let network = stirred(&config, &device);
        let out = |span: f64| {
            let told = Condition { span: vec![span], ..told(vec![0.1], &[Some(0)], &device) };
            network.forward(rows([1, 64], 7, &device), &told, Mode::Infer)
        };
        let change = (out(0.1) - out(0.9)).abs().max().into_scalar::<f32>();
        assert_eq!(change > 1e-4, config.takes_span(), "{}: {change}", config.name());
    }
}

#[test]
fn parameters_have_distinct_paths_and_survive_a_round_trip() {
    let device = Device::flex();
    for config in members() {
        let mut network = stirred(&config, &device);
        let before = network.parameters();
        let paths: std::collections::BTreeSet<&str> = before.iter().map(|p| p.path.as_str()).collect();
        assert_eq!(paths.len(), before.len(), "{}", config.name());
        let values: Vec<Tensor<1>> = before.iter().map(|p| p.value.clone()).collect();
        network.set_parameters(&values);
        for (before, after) in before.iter().zip(network.parameters()) {
            assert_eq!(before.path, after.path);
            assert_eq!(before.value.to_data(), after.value.to_data(), "{}", after.path);
        }
    }
}

#[test]
fn dropout_keeps_the_mean_and_a_samples_mask_its_own() {
    let device = Device::flex();
    let dropout = Dropout::new(0.3, 5);
    let x = Tensor::<2>::ones([64, 1000], &device);
    let key = Key::new(1, Purpose::Dropout, 10);
    let y = dropout.forward(x.clone(), Mode::Train(key));
    let mean = y.clone().mean().into_scalar::<f32>();
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    let later = Mode::Train(Key::new(1, Purpose::Dropout, 12));
    let part = dropout.forward(x.narrow(0, 0, 1), later);
    assert_eq!(part.into_data(), y.narrow(0, 2, 1).into_data());
}

#[test]
fn group_norm_has_mean_zero_and_variance_one_in_each_group() {
    let device = Device::flex();
    let norm = GroupNorm::new(2, 4, &Init::new(0, &device));
    let x = rows([3, 64], 1, &device).reshape([3, 4, 4, 4]) * 3.0 + 5.0;
    let (var, mean) = norm.forward(x).reshape([6, 32]).var_mean_bias(1);
    assert!(mean.abs().max().into_scalar::<f32>() < 1e-5);
    assert!((var - 1.0).abs().max().into_scalar::<f32>() < 1e-4);
}

/// `γ_c (x − mean) / sqrt(var + 1e-5) + β_c`, each channel with its own scale and shift, number by number.
#[test]
fn group_norm_scales_and_shifts_by_channel() {
    let (device, [batch, channels, places], groups) = (Device::flex(), [2, 6, 4], 3);
    let norm = GroupNorm::new(groups, channels, &Init::new(0, &device));
    let norm = replace(norm.clone(), &stir(collect(&norm), 0.5, &device));
    let host = |x: Tensor<1>| x.into_data().try_to_vec::<f32>().expect("floats");
    let mut parameters = collect(&norm).into_iter().map(|named| host(named.value));
    let mut next = || parameters.next().expect("scale and shift");
    let (gamma, beta) = (next(), next());
    let x = rows([batch, channels * places], 1, &device) * 3.0 + 5.0;
    let out = host(norm.forward(x.clone().reshape([batch, channels, 2, 2])).reshape([-1]));
    let x = host(x.reshape([-1]));
    let size = channels / groups * places;
    for (group, (x, out)) in x.chunks(size).zip(out.chunks(size)).enumerate() {
        let mean = x.iter().sum::<f32>() / size as f32;
        let var = x.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / size as f32;
        for (i, (x, out)) in x.iter().zip(out).enumerate() {
            let channel = (group * size + i) / places % channels;
            let wanted = gamma[channel] * (x - mean) / (var + 1e-5).sqrt() + beta[channel];
            assert!((out - wanted).abs() < 1e-5, "{group} {i}: {out} {wanted}");
        }
    }
}
