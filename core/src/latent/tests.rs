//! With a codec that does nothing a latent model is its diffusion model; with a linear one it draws the right classes.

use std::sync::Arc;

use burn::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::classifier::ClassifierConfig;
use crate::config;
use crate::data::{Dataset, Labels, Loader};
use crate::editing::{Dps, Edit, InpaintConfig, MeasureConfig};
use crate::factory::ModelConfig;
use crate::guidance::{Guiding, Threshold};
use crate::model::{Classes, Generate, Helpers, Request};
use crate::nn::{Mode, Named};
use crate::random::{Key, Purpose};
use crate::train::{RunConfig, Session, Start};

const SHAPE: [usize; 3] = [1, 2, 2];

fn interface() -> Interface {
    Interface::new(SHAPE.to_vec(), vec!["a".into(), "b".into()])
}

/// A stage of linear maps between 4 numbers and `latents`.
fn linear(latents: usize) -> Value {
    json!({ "kind": "autoencoder", "latents": latents, "space": "free", "network": { "kind": "mlp", "hidden": [] } })
}

fn config(more: Value) -> LatentConfig {
    let mut value = json!({ "stage": linear(4), "diffusion": { "sigma_data": 0.5,
        "network": { "kind": "mlp", "hidden": 16, "blocks": 2 }, "sampling": { "steps": 4 } } });
    for (key, inner) in more.as_object().expect("a map") {
        value[key] = inner.clone();
    }
    config::typed(value).expect("a configuration")
}

fn tensor(values: Vec<f32>) -> Tensor<1> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), &Device::flex())
}

/// Identities for the stage's matrices, zeros for its biases, drawn values for the rest.
fn values(parameters: &[Named], seed: u64) -> Vec<Tensor<1>> {
    let value = |(i, named): (usize, &Named)| {
        let n = named.shape.iter().product::<usize>();
        match (named.path.starts_with("stage."), named.shape.as_slice()) {
            (true, [4, 4]) => tensor((0..16).map(|at| if at % 5 == 0 { 1.0 } else { 0.0 }).collect()),
            (true, _) => tensor(vec![0.0; n]),
            _ => {
                let mut values = vec![0.0; n];
                Key::new(seed, Purpose::Weights, i as u64).fill_normal(&mut values);
                tensor(values) * 0.3
            }
        }
    };
    parameters.iter().enumerate().map(value).collect()
}

/// A latent network with the identity for a codec, and the same diffusion network alone.
fn twins(config: &LatentConfig, seed: u64) -> [Box<dyn Network>; 2] {
    let init = Init::new(0, &Device::flex());
    let mut latent = config.network(&interface(), &init).expect("a network");
    let mut plain = config.diffusion.network(&interface(), &init).expect("a network");
    let parameters = latent.parameters();
    let values = values(&parameters, seed);
    latent.set_parameters(&values);
    let stage = parameters.iter().filter(|named| named.path.starts_with("stage.")).count();
    plain.set_parameters(&values[stage..]);
    [latent, plain]
}

fn models(seed: u64) -> [Rc<dyn Model>; 2] {
    let config = config(json!({}));
    let [latent, plain] = twins(&config, seed);
    [
        config.model(&interface(), latent, &Device::flex()).expect("a model").into(),
        config.diffusion.model(&interface(), plain, &Device::flex()).expect("a model").into(),
    ]
}

fn numbers(count: usize, index: u64) -> Vec<f32> {
    let mut values = vec![0.0; count];
    Key::new(3, Purpose::Data, index).fill_normal(&mut values);
    values
}

#[test]
fn with_the_identity_for_a_codec_the_loss_is_the_diffusion_models_to_the_bit() {
    let config = config(json!({}));
    let [latent, plain] = twins(&config, 1);
    let batch = Batch {
        x: numbers(32, 0),
        shape: SHAPE.to_vec(),
        class: Some(vec![0, 1, 0, 1, 1, 0, 0, 1]),
        first: 24,
    };
    let device = Device::flex();
    let mode = Mode::Train(Key::new(7, Purpose::Dropout, 24));
    let learning = Learning::new(7, mode, &device);
    let one = config.loss(&*latent, &interface(), &batch, &learning);
    let two = config.diffusion.loss(&*plain, &interface(), &batch, &learning);
    assert_eq!(one.into_data(), two.into_data());
}

fn end(model: &dyn Model, request: &Request, helpers: &Helpers) -> Vec<f32> {
    let mut generation = model.generate_with(request, helpers).expect("it begins");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a frame")));
    frames.last().expect("a step").x.into_data().try_to_vec().expect("floats")
}

#[test]
fn with_the_identity_for_a_codec_samples_are_the_diffusion_models_to_the_bit() {
    let ([latent, plain], [weak_latent, weak_plain]) = (models(1), models(2));
    let base = Request { count: 6, seed: 3, ..Request::default() };
    let requests = [
        base.clone(),
        Request { classes: Classes::Each, guidance: Some(3.0), ..base.clone() },
        Request {
            sampler: Some(crate::samplers::SamplerConfig::named("euler_ancestral").expect("a sampler")),
            ..base.clone()
        },
        Request { edit: Some(Edit::From { rows: numbers(8, 1), strength: 0.5 }), ..base.clone() },
        Request { edit: Some(Edit::Between { rows: numbers(8, 2), frames: 6 }), ..base.clone() },
    ];
    for request in &requests {
        let none = Helpers::default();
        assert_eq!(end(&*latent, request, &none), end(&*plain, request, &none), "{request:?}");
    }
    let request = Request { classes: Classes::One(1), guidance: Some(2.0), ..base };
    let helped = |weak: &Rc<dyn Model>| Helpers { weak: Some(weak.clone()), ..Helpers::default() };
    assert_eq!(end(&*latent, &request, &helped(&weak_latent)), end(&*plain, &request, &helped(&weak_plain)));
}

#[test]
fn a_classifier_of_samples_guides_through_the_decoder() {
    let [latent, plain] = models(1);
    let reads = ClassifierConfig {
        network: config::typed(json!({ "channels": [8], "groups": 4 })).expect("a network"),
        ..ClassifierConfig::default()
    };
    let mut network = reads.network(&interface(), &Init::new(4, &Device::flex())).expect("a network");
    let drawn = values(&network.parameters(), 5);
    network.set_parameters(&drawn);
    let classifier: Rc<dyn Model> =
        reads.model(&interface(), network, &Device::flex()).expect("a model").into();
    let helpers = Helpers { classifier: Some(classifier), ..Helpers::default() };
    let request = Request { count: 4, classes: Classes::Each, ..Request::default() };
    let (one, two) = (end(&*latent, &request, &helpers), end(&*plain, &request, &helpers));
    let unhelped = end(&*plain, &request, &Helpers::default());
    let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
    assert!(apart(&one, &two) < 1e-4, "{one:?} {two:?}");
    assert!(apart(&one, &unhelped) > 1e-3, "the classifier changes nothing");
}

/// A latent model cannot stand in for one of samples, nor for one of other latents.
#[test]
fn a_helper_of_other_latents_is_refused() {
    let said = |model: &dyn Model, weak: Rc<dyn Model>| {
        let helpers = Helpers { weak: Some(weak), ..Helpers::default() };
        let request = Request { guidance: Some(2.0), classes: Classes::One(1), ..Request::default() };
        model.generate_with(&request, &helpers).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let [latent, plain] = models(1);
    let other = |more: Value, stage: f32| -> Rc<dyn Model> {
        let config = config(more);
        let [mut network, _] = twins(&config, 2);
        let scaled = |(i, named): (usize, Named)| if i == 0 { named.value * stage } else { named.value };
        let values: Vec<_> = network.parameters().into_iter().enumerate().map(scaled).collect();
        network.set_parameters(&values);
        config.model(&interface(), network, &Device::flex()).expect("a model").into()
    };
    assert_eq!(said(&*latent, other(json!({}), 1.0)), "");
    assert!(said(&*plain, latent.clone()).contains("weak: a latent model denoises latents"));
    assert!(said(&*latent, plain).contains("weak: a diffusion does not draw latents"));
    for weak in [other(json!({ "scale": 2.0 }), 1.0), other(json!({}), 1.5)] {
        let said = said(&*latent, weak);
        assert!(said.contains("of another autoencoder or of another scale"), "{said}");
    }
}

#[test]
fn a_latent_model_teaches_none_of_samples() {
    let network = json!({ "kind": "mlp", "hidden": 16, "blocks": 1 });
    let run: RunConfig = config::typed(json!({
        "model": { "kind": "diffusion", "objective": "consistency_distillation", "network": network,
            "sampling": { "sampler": "consistency" } },
        "train": { "teacher": "it" } }))
    .expect("a configuration");
    let names = ["plus".to_owned(), "minus".to_owned()];
    let session = Session::new(&run, &Plane(names.clone()), &Device::flex()).expect("a session");
    let (config, interface) = (config(json!({})), Interface::new(vec![4], names.to_vec()));
    let network = config.network(&interface, &Init::new(1, &Device::flex())).expect("a network");
    let teacher: Rc<dyn Model> = config.model(&interface, network, &Device::flex()).expect("a model").into();
    let said = session.with_teacher(teacher).err().expect("this should be refused").to_string();
    assert!(said.contains("a latent model denoises latents"), "{said}");
}

/// What its codec encodes is what its denoiser denoises.
#[test]
fn the_codec_of_a_latent_model_is_its_stages_times_the_scale() {
    let scaled = config(json!({ "scale": 2.0 }));
    let [network, _] = twins(&scaled, 1);
    let model = scaled.model(&interface(), network, &Device::flex()).expect("a model");
    let codec = model.codec().expect("a codec");
    let x = Tensor::<2>::from_data(TensorData::new(numbers(8, 4), [2, 4]), &Device::flex());
    let z = codec.encode(x.clone());
    assert_eq!(z.clone().into_data(), (x.clone() * 2.0).into_data());
    assert_eq!(codec.decode(z).into_data(), x.into_data());
    assert_eq!(model.generator().and_then(Generate::range), Some(scaled.diffusion.range));
}

/// What a variational autoencoder thinks of a sample is a Gaussian: its mean is the latent.
#[test]
fn the_latents_of_a_variational_autoencoder_are_its_means() {
    let stage = json!({ "kind": "vae", "latents": 3, "network": { "kind": "mlp", "hidden": [8] } });
    let device = Device::flex();
    let scaled = config(json!({ "stage": stage, "scale": 2.0 }));
    let network = scaled.network(&interface(), &Init::new(1, &device)).expect("a network");
    let parameters = network.parameters();
    let own = parameters.iter().filter(|named| named.path.starts_with("stage."));
    let own: Vec<Tensor<1>> = own.map(|named| named.value.clone()).collect();
    let alone: ModelConfig = config::typed(stage).expect("a model");
    let mut stage = alone.network(&interface(), &Init::new(2, &device)).expect("a network");
    stage.set_parameters(&own);
    let stage = alone.model(&interface(), stage, &device).expect("a model");
    let model = scaled.model(&interface(), network, &device).expect("a model");
    let x = Tensor::<2>::from_data(TensorData::new(numbers(8, 4), [2, 4]), &device);
    let (space, codec) = (stage.latent().expect("latents"), model.codec().expect("a codec"));
    let z = codec.encode(x.clone());
    assert_eq!(z.clone().into_data(), (space.posterior(x, None).mean * 2.0).into_data());
    assert_eq!(codec.decode(z.clone()).into_data(), space.mean(z / 2.0, None).into_data());
    let drawn = end(&*model, &Request { count: 3, ..Request::default() }, &Helpers::default());
    assert!(drawn.len() == 12 && drawn.iter().all(|x| x.is_finite()), "{drawn:?}");
}

/// Points of two classes near a plane in four dimensions, `A u` with `u ~ N(±(1, 0.5), 0.3²)`.
struct Plane([String; 2]);

const AXES: [[f32; 4]; 2] = [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]];

impl Dataset for Plane {
    fn shape(&self) -> &[usize] {
        &[4]
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn classes(&self) -> &[String] {
        &self.0
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let sign = if index.is_multiple_of(2) { 1.0 } else { -1.0 };
        Key::new(6, Purpose::Data, index).fill_normal(out);
        let u = [sign + 0.3 * out[0], 0.5 * sign + 0.3 * out[1]];
        (0..4).for_each(|i| out[i] = AXES[0][i] * u[0] + AXES[1][i] * u[1]);
        Labels { class: Some((index % 2) as u32), attributes: Vec::new() }
    }
}

/// The weight file of the linear autoencoder that projects onto the plane.
fn projection() -> Start {
    let interface = Interface::new(vec![4], Vec::new());
    let model: ModelConfig = config::typed(linear(2)).expect("a model");
    let mut network = model.network(&interface, &Init::new(0, &Device::flex())).expect("a network");
    let across = (0..4).flat_map(|i| [AXES[0][i], AXES[1][i]]).collect();
    let values = [across, vec![0.0; 2], AXES.concat(), vec![0.0; 4]].map(tensor);
    network.set_parameters(&values);
    let bytes = pollster::block_on(crate::weights::model_file(&model, &interface, network.parameters()));
    Start { prefix: "stage".into(), name: "projection".into(), bytes: bytes.expect("a weight file") }
}

#[test]
fn latent_samples_of_a_class_have_its_mean_and_the_stage_stays_as_it_was() {
    let run: RunConfig = config::typed(json!({ "seed": 2,
        "model": { "kind": "latent", "stage": linear(2), "diffusion": { "sigma_data": 1.0, "range": [0.02, 20.0],
            "network": { "kind": "mlp", "hidden": 32, "blocks": 2 }, "sampling": { "steps": 12 } } },
        "train": { "steps": 500, "batch": 128, "ema": 0.98, "rate": { "kind": "cosine", "peak": 1e-2, "warmup": 20 },
            "from": { "stage": "projection" } } }))
    .expect("a configuration");
    run.check_start().expect("the stage's weights are named");
    let dataset: Arc<dyn Dataset> = Arc::new(Plane(["plus".into(), "minus".into()]));
    let device = Device::flex();
    let mut session = Session::starting(&run, &*dataset, &device, &[projection()]).expect("a session");
    let mut loader = Loader::new(dataset, run.train.batch, run.seed).expect("a loader");
    (0..run.train.steps).for_each(|_| drop(session.step(&mut loader)));
    let model = session.model().expect("a model");
    let encoder = &model.parameters()[0];
    assert_eq!(encoder.path, "stage.encoder.layers.0.weight");
    let across: Vec<f32> = (0..4).flat_map(|i| [AXES[0][i], AXES[1][i]]).collect();
    assert_eq!(encoder.value.clone().into_data().try_to_vec::<f32>().expect("floats"), across);
    for (class, sign) in [(0, 1.0), (1, -1.0)] {
        let request = Request { count: 2000, classes: Classes::One(class), ..Request::default() };
        let x = end(&*model, &request, &Helpers::default());
        for (i, (one, two)) in AXES[0].iter().zip(AXES[1]).enumerate() {
            let wanted = sign * (one + 0.5 * two);
            let mean = x.iter().skip(i).step_by(4).sum::<f32>() / 2000.0;
            assert!((mean - wanted).abs() < 0.08, "class {class}, number {i}: {mean}, wanted {wanted}");
        }
        let off = x.chunks(4).map(|x| (x[0] - x[2]).abs().max((x[1] - x[3]).abs())).fold(0.0_f32, f32::max);
        assert!(off < 1e-5, "samples lie in the plane of the decoder: {off}");
    }
}

#[test]
fn what_a_latent_model_cannot_do_is_refused_with_a_remedy() {
    let refused = |config: &LatentConfig| {
        let built = config.network(&interface(), &Init::new(0, &Device::flex()));
        built.err().expect("this should be refused").to_string()
    };
    let sphere = json!({ "kind": "autoencoder", "network": { "kind": "mlp", "hidden": [] } });
    let error = refused(&config(json!({ "stage": sphere, "scale": 0.25 })));
    assert!(error.contains("diffusion.sigma_data") && error.contains("wanted 0.25; this is 0.5"), "{error}");
    let network = json!({ "kind": "mlp", "hidden": 16, "blocks": 2 });
    let coupled = json!({ "sigma_data": 0.5, "network": network, "coupling": "transport" });
    let error = refused(&config(json!({ "diffusion": coupled })));
    assert!(error.contains("diffusion.coupling"), "{error}");
    assert!(refused(&config(json!({ "scale": 0.0 }))).contains("scale"));
    let told = json!({ "kind": "vae", "label_dropout": 0.0 });
    assert!(refused(&config(json!({ "stage": told }))).contains("stage.label_dropout"));

    let [latent, _] = models(1);
    let ask = |edit| {
        let request = Request { edit: Some(edit), ..Request::default() };
        latent.generate(&request).err().expect("this should be refused").to_string()
    };
    let method = InpaintConfig::named("replace").expect("a method");
    let error = ask(Edit::Inpaint { rows: vec![0.0; 4], mask: vec![1.0; 4], method });
    assert!(error.starts_with("mask: a latent model"), "{error}");
    let by = MeasureConfig::named("shrink").expect("a measurement");
    assert!(
        latent
            .generate(&Request {
                edit: Some(Edit::Measured { rows: vec![0.0; 1], by, pull: Dps::default() }),
                ..Request::default()
            })
            .is_err()
    );
    let guiding = Guiding { threshold: Some(Threshold::default()), ..Guiding::default() };
    let error = latent.generate(&Request { guiding: Some(guiding), ..Request::default() }).err();
    assert!(error.expect("latents are no pixels").to_string().starts_with("threshold: it bounds pixels"));
    let error = ask(Edit::From { rows: vec![0.0; 3], strength: 0.5 });
    assert!(error.contains("[1, 2, 2]"), "{error}");
    let run = RunConfig {
        model: config::typed(json!({ "kind": "latent" })).expect("a model"),
        ..RunConfig::default()
    };
    let error = run.check_start().expect_err("no stage is named").to_string();
    assert!(error.contains("train.from.stage=NAME"), "{error}");
}
