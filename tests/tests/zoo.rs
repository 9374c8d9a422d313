//! Every entry of the zoo can be trained; one with weights loads, draws finite samples, and keeps its card's word within the error of a
//! smaller sample.

use std::sync::Arc;

use burn::prelude::*;
use kiln::data::{Batch, Dataset, Labels, Loader, Split, Vocabulary};
use kiln::likelihood::{Query, finish};
use kiln::metrics::{accuracy, sliced_wasserstein};
use kiln::model::{Card, Classes, Model, Request};
use kiln::train::{RunConfig, Session};
use kiln::weights::read;
use kiln_tests::skipped;
use kiln_zoo::{Entry, Measure};

fn draw(model: &dyn Model, count: usize, classes: Classes) -> Vec<f32> {
    let request = Request { count, seed: 5, classes, ..Request::default() };
    let mut generation = model.generate(&request).expect("a generation");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a step")));
    let last = frames.last().expect("a frame");
    pollster::block_on(read(last.x)).expect("samples")
}

fn config(entry: &Entry) -> RunConfig {
    entry.run_config().expect("the entry's configuration")
}

/// A number that an entry's card says was measured.
fn word(entry: &Entry, metric: &str) -> Option<f64> {
    match entry.card().expect(entry.name)?.metrics.get(metric)? {
        Measure::Number(number) => Some(*number),
        Measure::Text(_) => None,
    }
}

#[test]
fn every_generator_draws_finite_samples_of_its_shape() {
    let device = kiln::device::cpu().expect("the CPU");
    for entry in kiln_zoo::entries() {
        if entry.weights.is_none() {
            println!("SKIPPED: {} has no weights yet", entry.name);
            continue;
        }
        let model = entry.load(&device).expect(entry.name);
        if model.generator().is_some() {
            let x = draw(&*model, 2, Classes::Any);
            let most = model.card().vocabulary.as_ref().map_or(20.0, |tokens| tokens.size() as f32);
            assert_eq!(x.len(), 2 * model.card().features(), "{}", entry.name);
            assert!(x.iter().all(|v| v.is_finite() && v.abs() < most), "{}", entry.name);
        }
    }
}

/// Few samples lie as near their data as the card says of many, but for how far so few data lie from data.
#[test]
fn points_are_as_near_their_data_as_their_cards_say() {
    let device = kiln::device::cpu().expect("the CPU");
    let n = 4000;
    let mut seen = 0;
    for entry in kiln_zoo::entries() {
        let Some(word) = word(entry, "sliced_wasserstein") else { continue };
        let model = entry.load(&device).expect(entry.name);
        let data = config(entry).data.open(None, Split::Test).expect(entry.name);
        let examples = |first: u64| Batch::gather(&*data, &(first..first + n).collect::<Vec<_>>(), 0).x;
        let distance = |x: &[f32]| sliced_wasserstein(x, &examples(0), 2, 256, 0).expect("a distance");
        let found = distance(&draw(&*model, n as usize, Classes::Any));
        let off = distance(&examples(n));
        println!("{}: sliced 2-Wasserstein {found:.4}, card {word:.4}, data to data {off:.4}", entry.name);
        assert!(found < word + off, "{}: {found}, not {word} and {off} at most", entry.name);
        seen += 1;
    }
    assert!(seen >= 5, "{seen} entries of points");
}

/// The least share of `n` that three standard errors allow where a card says `word`; one miss more, as misses are few and counted.
fn least(word: f64, n: usize) -> f64 {
    let n = n as f64;
    word - 3.0 * (word * (1.0 - word) / n).sqrt() - 1.0 / n
}

/// The share of a model's pictures in which the zoo's classifier of such reads these classes.
fn share_read(card: &Card, pictures: &[f32], classes: &[u32]) -> f64 {
    let device = kiln::device::cpu().expect("the CPU");
    let (_, judge) = kiln_zoo::classifier_of(card, &device).expect("the zoo").expect("a classifier");
    let (width, known) = (judge.card().features(), judge.card().classes.len());
    let logits = |rows: &[f32]| {
        let rows = TensorData::new(rows.to_vec(), [rows.len() / width, width]);
        let logits = judge.classifier().expect("a classifier").logits(Tensor::from_data(rows, &device));
        pollster::block_on(read(logits)).expect("logits")
    };
    let logits: Vec<f32> = pictures.chunks(250 * width).flat_map(logits).collect();
    accuracy(&logits, classes, known)
}

/// The test set of an entry whose data are files in this folder of the shared data; says so where they are not there.
fn test_set(entry: &Entry) -> Option<Box<dyn Dataset>> {
    let data = config(entry).data;
    let path = match data.name() {
        "mnist" => "data/mnist",
        "cifar10" => "data/cifar10/cifar10-jpeg.zip",
        "text" => "data/tinyshakespeare/input.txt",
        _ => return Some(data.open(None, Split::Test).expect(entry.name)),
    };
    let path = kiln_tests::shared(path);
    if !path.exists() {
        skipped(&format!(
            "{}: there is no {}; point KILN_SHARED at the shared data",
            entry.name,
            path.display()
        ));
        return None;
    }
    Some(data.open(Some(&path), Split::Test).expect(entry.name))
}

/// As many examples, at equal distances: files may lie class by class.
fn from_all_over(data: &dyn Dataset, count: usize) -> Vec<u64> {
    let stride = data.len().map_or(1, |length| length / count);
    (0..count).map(|i| (i * stride) as u64).collect()
}

#[test]
fn classifiers_are_right_as_often_as_their_cards_say() {
    let (device, n) = (kiln::device::cpu().expect("the CPU"), 2000);
    for entry in kiln_zoo::entries() {
        let Some(word) = word(entry, "accuracy") else { continue };
        let Some(test) = test_set(entry) else { continue };
        let batch = Batch::gather(&*test, &from_all_over(&*test, n), 0);
        let model = entry.load(&device).expect(entry.name);
        let right = share_read(model.card(), &batch.x, &batch.class.expect("classes"));
        println!("{}: {right} of {n}, card {word}", entry.name);
        assert!(right >= least(word, n), "{}: {right}, not {word}", entry.name);
    }
}

#[test]
fn guided_pictures_are_read_as_what_was_asked_for_as_often_as_cards_say() {
    let (device, n) = (kiln::device::cpu().expect("the CPU"), 100);
    let mut seen = 0;
    for entry in kiln_zoo::entries() {
        let Some(word) = word(entry, "class_accuracy") else { continue };
        let model = entry.load(&device).expect(entry.name);
        let known = model.card().classes.len() as u32;
        let classes: Vec<u32> = (0..n as u32).map(|i| i % known).collect();
        let right = share_read(model.card(), &draw(&*model, n, Classes::Each), &classes);
        println!("{}: {right} of {n}, card {word}", entry.name);
        assert!(right >= least(word, n), "{}: {right}, not {word}", entry.name);
        seen += 1;
    }
    assert!(seen >= 2, "{seen} entries of pictures");
}

/// Of few windows the mean is off by as much as windows differ, and by the noise of the bound.
#[test]
fn text_is_as_probable_as_cards_say() {
    let (device, n) = (kiln::device::cpu().expect("the CPU"), 8);
    for entry in kiln_zoo::entries() {
        let Some(word) = word(entry, "bits_per_token") else { continue };
        let Some(test) = test_set(entry) else { continue };
        let model = entry.load(&device).expect(entry.name);
        let rows = Batch::gather(&*test, &from_all_over(&*test, n), 0).x;
        let length = model.card().features();
        let rows = Tensor::from_data(TensorData::new(rows, [n, length]), &device);
        let likelihood = model.likelihood().expect("a bound");
        let mut estimation = likelihood.judge(rows, &Query::default()).expect("it begins");
        let log_p = pollster::block_on(read(finish(&mut *estimation).expect("a bound"))).expect("numbers");
        let bits: Vec<f64> =
            log_p.iter().map(|log_p| -f64::from(*log_p) / length as f64 / std::f64::consts::LN_2).collect();
        let mean = bits.iter().sum::<f64>() / bits.len() as f64;
        let spread = bits.iter().map(|bits| (bits - mean).powi(2)).sum::<f64>() / (bits.len() - 1) as f64;
        let error = (spread / bits.len() as f64).sqrt();
        println!("{}: {mean:.3} ± {error:.3} bits a token, card {word:.3}", entry.name);
        assert!((mean - word).abs() < 4.0 * error, "{}: {mean} ± {error}, not {word}", entry.name);
    }
}

/// Pictures of nothing, of a shape, in ten classes; tokens where there is a vocabulary.
struct Blank {
    shape: Vec<usize>,
    classes: Vec<String>,
    vocabulary: Option<Vocabulary>,
}

impl Dataset for Blank {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn len(&self) -> Option<usize> {
        None
    }
    fn classes(&self) -> &[String] {
        &self.classes
    }
    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.vocabulary.as_ref()
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        for (i, value) in out.iter_mut().enumerate() {
            let token = ((i as u64 + index) % 5) as f32;
            // Bytes as pictures hold them.
            *value = if self.vocabulary.is_some() { token } else { 51.0 * token / 127.5 - 1.0 };
        }
        Labels { class: Some((index % 10) as u32), ..Labels::default() }
    }
}

/// The data of a configuration, or what looks like them where they are files.
fn data(config: &RunConfig) -> Arc<dyn Dataset> {
    if let Ok(data) = config.data.open(None, Split::Train) {
        return data.into();
    }
    let shape = config.data.shape().expect("files of a known shape");
    let text = config.data.name() == "text";
    let classes = (0..10).map(|class| class.to_string()).collect();
    Arc::new(Blank { shape, classes, vocabulary: text.then(|| Vocabulary::of("abcde")) })
}

/// A weight file may have eight million bytes.
#[test]
fn every_configuration_trains_and_its_weights_will_be_small() {
    let device = kiln::device::cpu().expect("a device");
    for entry in kiln_zoo::entries() {
        let mut config = config(entry);
        config.train.batch = 4;
        let data = data(&config);
        let mut session =
            Session::new(&config, &*data, &device).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        if let Some(name) = &config.train.teacher {
            let teacher = kiln_zoo::find(name).expect("a teacher of the zoo").load(&device).expect(name);
            session = session.with_teacher(teacher.into()).expect("a teacher that fits");
        }
        let mut loader = Loader::new(data, config.train.batch, config.seed).expect("a loader");
        let step = pollster::block_on(session.step(&mut loader).read());
        let step = step.unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        println!("{}: {} parameters, loss {:.3}", entry.name, session.parameters(), step.loss);
        assert!(step.norm > 0.0, "{}", entry.name);
        assert!(4 * session.parameters() < 7_900_000, "{}: {}", entry.name, session.parameters());
        let model = session.model().expect("a model");
        if model.generator().is_some() {
            let request = Request { count: 1, ..Request::default() };
            let frame =
                model.generate(&request).expect("a generation").step().expect("a step").expect("a step");
            assert_eq!(frame.x.dims(), [1, model.card().features()], "{}", entry.name);
        }
    }
}
