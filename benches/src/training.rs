//! Training that goes on from the weight file, on examples held in memory.

use std::sync::Arc;

use kiln::data::{Dataset, Labels, Loader};
use kiln::random::{Key, Purpose};
use kiln::train::{RunConfig, Session};
use kiln::{Result, weights};

use crate::subject::{BATCH, Subject};

/// Examples in memory: several batches, so that steps differ.
const EXAMPLES: usize = 10 * BATCH;

/// Noise in the place of digits: reading files is not what is measured.
pub struct Pool {
    shape: Vec<usize>,
    classes: Vec<String>,
    values: Vec<f32>,
}

impl Pool {
    /// Examples of the shape and classes that the subject was trained on.
    pub fn of(subject: &Subject) -> Self {
        let interface = subject.interface();
        let mut values = vec![0.0; EXAMPLES * interface.features()];
        Key::new(0, Purpose::Data, 0).fill_normal(&mut values);
        Self { shape: interface.shape.clone(), classes: interface.classes.clone(), values }
    }
}

impl Dataset for Pool {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn len(&self) -> Option<usize> {
        Some(EXAMPLES)
    }
    fn classes(&self) -> &[String] {
        &self.classes
    }
    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let start = index as usize * out.len();
        out.copy_from_slice(&self.values[start..start + out.len()]);
        Labels { class: Some((index % self.classes.len() as u64) as u32), attributes: Vec::new() }
    }
}

/// The run that training here follows: the subject's own, on batches of [`BATCH`].
pub fn run(subject: &Subject) -> RunConfig {
    let mut run = subject.run.clone();
    run.model = subject.header.model.clone();
    run.train.batch = BATCH;
    run.train.accumulate = 1;
    run
}

/// A session whose weights are the file's, and its batches.
pub fn begin(subject: &Subject) -> Result<(Session, Loader)> {
    let run = run(subject);
    let pool: Arc<dyn Dataset> = Arc::new(Pool::of(subject));
    let mut session = Session::new(&run, &*pool, &subject.device)?;
    let state = format!(r#"{{"schema": {}, "step": 0}}"#, weights::SCHEMA);
    session.load(&[
        ("model.safetensors".into(), subject.bytes.clone()),
        ("ema.safetensors".into(), subject.bytes.clone()),
        ("optimizer.safetensors".into(), weights::write(&[], None)?),
        ("state.json".into(), state.into_bytes()),
    ])?;
    Ok((session, Loader::new(pool, BATCH, run.seed)?))
}
