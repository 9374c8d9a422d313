//! An autoregressive prior against a chain whose probabilities are known.

use serde_json::json;

use super::*;
use crate::config;
use crate::likelihood::finish;
use crate::model::{Classes, Frame};
use crate::random::{Key, Purpose};
use crate::train::OptimizerConfig;

const LENGTH: usize = 4;
/// `p(next | before)` of three tokens; the first is 0 or 1 alike, or the class's where there is one.
const CHAIN: [[f64; 3]; 3] = [[0.7, 0.2, 0.1], [0.0, 0.5, 0.5], [0.9, 0.1, 0.0]];

fn config(more: serde_json::Value) -> AutoregressiveConfig {
    let mut value = json!({ "hidden": 16, "depth": 2, "heads": 2, "mlp_ratio": 2.0, "dropout": 0.0, "label_dropout": 0.25 });
    for (key, inner) in more.as_object().expect("a map") {
        value[key] = inner.clone();
    }
    config::typed(value).expect("a configuration")
}

fn interface(classes: usize) -> Interface {
    let vocabulary = Some(Vocabulary::Levels { count: 3, range: [0.0, 2.0] });
    Interface { vocabulary, ..Interface::new(vec![LENGTH], (0..classes).map(|i| i.to_string()).collect()) }
}

/// A row of the chain, whose first token is also its class.
fn row(index: u64) -> [f32; LENGTH] {
    let mut stream = Key::new(9, Purpose::Data, index).stream();
    let mut token = stream.below(2) as usize;
    std::array::from_fn(|at| {
        if at > 0 {
            let u = stream.uniform();
            let p = CHAIN[token];
            token = if u < p[0] {
                0
            } else if u < p[0] + p[1] {
                1
            } else {
                2
            };
        }
        token as f32
    })
}

fn batch(first: u64, rows: u64) -> Batch {
    let x: Vec<f32> = (first..first + rows).flat_map(row).collect();
    let class = Some(x.chunks(LENGTH).map(|row| row[0] as u32).collect());
    Batch { x, shape: vec![LENGTH], class, first }
}

fn model(config: &AutoregressiveConfig, interface: &Interface, steps: u64) -> Box<dyn Model> {
    let device = Device::flex().autodiff();
    let mut network = config.network(interface, &Init::new(3, &device)).expect("a network");
    let values =
        |network: &dyn Network| network.parameters().into_iter().map(|named| named.value).collect::<Vec<_>>();
    let shapes: Vec<Vec<usize>> = network.parameters().into_iter().map(|named| named.shape).collect();
    let mut optimizer = OptimizerConfig::named("adam").expect("adam").build(&shapes);
    for step in 0..steps {
        let batch = batch(128 * step, 128);
        let learning = Learning::new(1, Mode::Train(Key::new(1, Purpose::Dropout, batch.first)), &device);
        let mut gradients = config.loss(&*network, interface, &batch, &learning).backward();
        let gradient = Tensor::cat(network.gradients(&mut gradients), 0);
        let rate = 1e-2 * (1.0 - step as f64 / steps as f64);
        let flat = optimizer.step(rate, Tensor::cat(values(&*network), 0), gradient);
        let mut at = 0;
        let cut = shapes.iter().map(|shape| {
            let length = shape.iter().product();
            at += length;
            flat.clone().narrow(0, at - length, length)
        });
        network.set_parameters(&cut.collect::<Vec<_>>());
    }
    let mut plain = config.network(interface, &Init::new(3, &Device::flex())).expect("a network");
    plain.set_parameters(&values(&*network));
    config.model(interface, plain, &Device::flex()).expect("a model")
}

fn judged(model: &dyn Model, rows: Vec<f32>, classes: Option<Vec<u32>>) -> Vec<f32> {
    let shape = [rows.len() / LENGTH, LENGTH];
    let rows = Tensor::from_data(TensorData::new(rows, shape), &Device::flex());
    let query = Query { classes, ..Query::default() };
    let mut estimation = model.likelihood().expect("a likelihood").judge(rows, &query).expect("it begins");
    finish(&mut *estimation).expect("a likelihood").into_data().try_to_vec().expect("floats")
}

fn drawn(model: &dyn Model, request: &Request) -> Vec<f32> {
    let mut generation = model.generate(request).expect("it begins");
    let frames: Vec<Frame> =
        std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a frame"))).collect();
    assert_eq!((frames.len(), frames[LENGTH - 1].level), (LENGTH, 0.0));
    frames[LENGTH - 1].x.clone().into_data().try_to_vec().expect("floats")
}

/// All 81 rows: their probabilities sum to 1, and are those of the chain.
#[test]
fn the_likelihood_is_exact_and_learns_the_chain() {
    let all: Vec<[usize; LENGTH]> = (0..81).map(|i| [i % 3, i / 3 % 3, i / 9 % 3, i / 27]).collect();
    let true_p = |row: &[usize; LENGTH]| {
        let first = if row[0] < 2 { 0.5 } else { 0.0 };
        row.windows(2).fold(first, |p, pair| p * CHAIN[pair[0]][pair[1]])
    };
    let flat: Vec<f32> = all.iter().flatten().map(|token| *token as f32).collect();
    let config = config(json!({ "label_dropout": 1.0 }));
    let fresh = judged(&*model(&config, &interface(0), 0), flat.clone(), None);
    assert!(fresh.iter().all(|log_p| (log_p + 81_f32.ln()).abs() < 1e-4), "a fresh network finds all alike");
    let learnt = model(&config, &interface(0), 250);
    let p: Vec<f64> = judged(&*learnt, flat, None).into_iter().map(|log_p| f64::from(log_p).exp()).collect();
    assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-4);
    let apart: f64 = all.iter().zip(&p).map(|(row, p)| (true_p(row) - p).abs()).sum::<f64>() / 2.0;
    assert!(apart < 0.06, "total variation {apart}");
    // What is drawn has the probabilities that are told.
    let rows = drawn(&*learnt, &Request { count: 4000, seed: 5, ..Request::default() });
    let mut share = [0.0; 81];
    for row in rows.chunks(LENGTH) {
        share[row.iter().rev().fold(0, |code, token| 3 * code + *token as usize)] += 1.0 / 4000.0;
    }
    let apart: f64 = share.iter().zip(&p).map(|(share, p)| (share - p).abs()).sum::<f64>() / 2.0;
    assert!(apart < 0.06, "total variation {apart}");
}

#[test]
fn a_class_is_listened_to_and_rows_are_drawn_alike_in_any_batch() {
    let learnt = model(&config(json!({})), &interface(2), 120);
    for class in [0, 1] {
        let request = Request { count: 64, classes: Classes::One(class), ..Request::default() };
        let rows = drawn(&*learnt, &request);
        let right = rows.chunks(LENGTH).filter(|row| row[0] == class as f32).count();
        assert!(right >= 62, "{right} of 64");
        // At scale 1 guidance does nothing, insisted on it still knows the class.
        let insisted = drawn(&*learnt, &Request { guidance: Some(3.0), ..request.clone() });
        assert!(insisted.chunks(LENGTH).filter(|row| row[0] == class as f32).count() >= 62);
        let later = drawn(&*learnt, &Request { count: 8, first: 40, ..request });
        assert_eq!(later, rows[40 * LENGTH..48 * LENGTH]);
    }
    let told = judged(&*learnt, row(0).to_vec(), Some(vec![row(0)[0] as u32]))[0];
    let untold = judged(&*learnt, row(0).to_vec(), None)[0];
    assert!(told > untold + 0.4, "{told} {untold}");
}

/// Logits with a cache, token after token, are those of the whole row.
#[test]
fn a_cache_changes_nothing() {
    let device = Device::flex();
    let config = config(json!({}));
    let mut network = Causal::new(&config, [LENGTH, 3, 2], &Init::new(3, &device));
    let stirred: Vec<Tensor<1>> = network
        .parameters()
        .into_iter()
        .enumerate()
        .map(|(i, named)| {
            let noise =
                Key::new(4, Purpose::Weights, i as u64).normal_rows(1, named.value.dims()[0], &device);
            named.value + noise.reshape([-1]) * 0.3
        })
        .collect();
    network.set_parameters(&stirred);
    let rows = Tensor::from_data(TensorData::new(batch(0, 5).x, [5, LENGTH]), &device);
    let class = one_hot(&[Some(0), Some(1), None, Some(1), Some(0)], 2, &device);
    let condition = Condition { class: Some(class.clone()), ..Condition::default() };
    let whole = Network::forward(&network, rows.clone(), &condition, Mode::Infer).reshape([5, LENGTH, 3]);
    let mut caches = network.caches(5);
    for at in 0..LENGTH {
        let last = (at > 0).then(|| rows.clone().narrow(1, at - 1, 1));
        let next = network.next(last, Some(&class), &mut caches, 5);
        let difference = (next - whole.clone().narrow(1, at, 1).squeeze_dim(1)).abs().max();
        assert!(difference.into_scalar::<f32>() < 1e-4);
    }
    // No token is told what comes after it.
    let other = rows.clone().slice_assign([0..5, LENGTH - 1..LENGTH], rows.narrow(1, 0, 1) * 0.0 + 2.0);
    let changed = Network::forward(&network, other, &condition, Mode::Infer).reshape([5, LENGTH, 3]);
    assert!((changed - whole).abs().max().into_scalar::<f32>() == 0.0);
}

#[test]
fn what_it_cannot_is_refused() {
    let model = model(&config(json!({})), &interface(2), 0);
    let refused =
        |request: Request| model.generate(&request).err().expect("this should be refused").to_string();
    assert!(refused(Request { steps: Some(7), ..Request::default() }).contains("steps"));
    assert!(refused(Request { count: 0, ..Request::default() }).contains("count"));
    let mut decoding = Decoding::default();
    decoding.decoder = crate::decoding::DecoderConfig::named("confidence").expect("a decoder");
    let error = refused(Request { decoding: Some(decoding), ..Request::default() });
    assert!(error.contains("`decoding.decoder`") && error.contains("`confidence`"), "{error}");
    let wrong = config(json!({ "heads": 3 })).network(&interface(0), &Init::new(0, &Device::flex()));
    assert!(wrong.err().expect("16 is no multiple of 3").to_string().contains("`hidden`"));
    let numbers = Interface::new(vec![2], vec![]);
    let wrong = config(json!({})).network(&numbers, &Init::new(0, &Device::flex()));
    assert!(wrong.err().expect("numbers are no tokens").to_string().contains("numbers"));
}
