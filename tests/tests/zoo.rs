//! Every entry of the zoo can be trained; one with weights loads, draws finite samples, and keeps its card's word within the error of a
//! smaller sample.

use std::sync::Arc;

use kiln::data::{Batch, Dataset, Labels, Loader, Split, Vocabulary};
use kiln::metrics::MetricConfig;
use kiln::model::{Model, Request};
use kiln::train::{RunConfig, Session};
use kiln::weights::read;

fn draw(model: &dyn Model, count: usize) -> Vec<f32> {
    let mut generation =
        model.generate(&Request { count, seed: 5, ..Request::default() }).expect("a generation");
    let frames = std::iter::from_fn(|| generation.step().map(|frame| frame.expect("a step")));
    let last = frames.last().expect("a frame");
    pollster::block_on(read(last.x)).expect("samples")
}

fn config(entry: &kiln_zoo::Entry) -> RunConfig {
    let reader = |_: &str| Ok(entry.config.to_owned());
    kiln::config::load(entry.name, &[], &reader).expect("the entry's configuration")
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
            let x = draw(&*model, 2);
            let most = model.card().vocabulary.as_ref().map_or(20.0, |tokens| tokens.size() as f32);
            assert_eq!(x.len(), 2 * model.card().features(), "{}", entry.name);
            assert!(x.iter().all(|v| v.is_finite() && v.abs() < most), "{}", entry.name);
        }
    }
}

#[test]
fn densities_are_near_their_data() {
    let device = kiln::device::cpu().expect("the CPU");
    let metric = MetricConfig::named("sliced_wasserstein").expect("sliced_wasserstein");
    let n = 4000;
    for entry in kiln_zoo::entries().iter().filter(|entry| entry.name.starts_with("density/")) {
        let model = entry.load(&device).expect(entry.name);
        let data = config(entry).data.open(None, Split::Test).expect(entry.name);
        let fresh = Batch::gather(&*data, &(0..n as u64).collect::<Vec<_>>(), 0).x;
        let distance = metric.distance(&draw(&*model, n), &fresh, 2).expect("a distance");
        println!("{}: sliced 2-Wasserstein {distance:.4}", entry.name);
        assert!(distance < 0.15, "{}: {distance}", entry.name);
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
            *value = if self.vocabulary.is_some() { token } else { token / 2.0 - 1.0 };
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
