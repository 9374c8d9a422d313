//! What a run tells on its way: lines of numbers, pictures of samples, a plot of the loss.

use kiln::data::Dataset;
use kiln::figures::{self, Scale};
use kiln::model::{Card, Classes, Model, Request};
use kiln::runs::{Checkpoint, Run};
use kiln::train::{Progress, RunConfig, Session};
use kiln::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::draw::{batch, draw};
use crate::progress::Bar;
use crate::{out, picture, reconstruct, tokens};

/// What a checkpoint calls the line under way.
const FILE: &str = "line.json";

/// The steps since the last line, which a checkpoint keeps: the next line is then of all of them.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Line(Vec<Progress>);

impl Line {
    /// The line that was under way; a checkpoint of before has none.
    pub(super) fn of(checkpoint: &Checkpoint) -> Result<Self> {
        match checkpoint.file(FILE) {
            Ok(bytes) => {
                serde_json::from_slice(bytes).map_err(|error| Error::format(FILE, error.to_string()))
            }
            Err(_) => Ok(Self::default()),
        }
    }

    /// The checkpoint's file.
    pub(super) fn file(&self) -> (String, Vec<u8>) {
        (FILE.to_owned(), serde_json::to_vec(self).expect("numbers should be JSON"))
    }

    /// One step more.
    pub(super) fn add(&mut self, progress: &Progress) {
        // A gradient that did not fit into half precision has no norm: that of the step before stands.
        let norm = match progress.skipped {
            Some(_) => self.0.last().map_or(0.0, |last| last.norm),
            None => progress.norm,
        };
        self.0.push(Progress { norm, ..progress.clone() });
    }

    /// The mean loss.
    pub(super) fn loss(&self) -> f64 {
        self.0.iter().map(|step| f64::from(step.loss)).sum::<f64>() / self.0.len() as f64
    }

    /// The loss's parts, each a mean.
    fn terms(&self) -> Vec<(&str, f64)> {
        let Some(last) = self.0.last() else { return Vec::new() };
        let mean = |i: usize| {
            let values: Vec<f64> =
                self.0.iter().filter_map(|step| step.terms.get(i)).map(|term| term.1.into()).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        last.terms.iter().enumerate().map(|(i, (name, _))| (name.as_str(), mean(i))).collect()
    }

    /// A row of the run's scalars; nothing where there was no step.
    pub(super) fn values(&self, seconds: f64) -> Option<Vec<(&str, f64)>> {
        let last = self.0.last()?;
        let mut values = vec![("loss", self.loss())];
        values.extend(self.terms());
        values.extend([("norm", last.norm.into()), ("rate", last.rate), ("seconds", seconds)]);
        Some(values)
    }

    /// The same for people.
    pub(super) fn text(&self, steps: u64, seconds: f64) -> String {
        let Some(Progress { step, rate, norm, .. }) = self.0.last() else { return String::new() };
        let loss = self.loss();
        let skipped = match self.0.iter().filter(|step| step.skipped.is_some()).count() {
            0 => String::new(),
            count => format!("  {count} skipped"),
        };
        let terms: Vec<String> =
            self.terms().iter().map(|(name, value)| format!("  {name} {value:.4}")).collect();
        let terms = terms.concat();
        format!(
            "step {step} of {steps}  loss {loss:.4}{terms}  norm {norm:.3}  rate {rate:.2e}  {seconds:.1} s{skipped}"
        )
    }
}

/// A picture of samples, or their text, where the model draws and they can be shown; of examples with their reconstructions, where it
/// encodes.
pub(super) fn samples(run: &Run, config: &RunConfig, session: &Session, dataset: &dyn Dataset) -> Result<()> {
    let model = session.model()?;
    let card = model.card();
    let text = card.vocabulary.as_ref().is_some_and(|tokens| tokens.text(&[]).is_some());
    if !text && !picture::can_show(&card.shape) {
        return Ok(());
    }
    if model.generator().is_none() {
        return reconstructions(run, config, session, &*model, dataset);
    }
    // Points are no picture unless there are many.
    let count = if card.shape.len() == 1 && !text { 32 * config.train.samples } else { config.train.samples };
    match draw(&*model, &request(config, card, count), batch(card), &Bar::hidden()) {
        Ok(drawn) => {
            if let Some(text) = tokens::text(&drawn.rows, card) {
                return run.save_text(session.steps(), &text).map(drop);
            }
            let rows = tokens::numbers(&drawn.rows, card);
            run.save_samples(session.steps(), &picture::png(&rows, &card.shape, None, None)?).map(drop)
        }
        // Weights that have hardly learnt may well overflow in sampling: no reason to stop learning.
        Err(Error::NotFinite(message)) => {
            out::note(format!("warning: no picture after step {}: {message}", session.steps()));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// So many samples, as the model draws them by itself, from other noise than it learns from.
pub(super) fn request(config: &RunConfig, card: &Card, count: usize) -> Request {
    let classes = if card.classes.is_empty() { Classes::Any } else { Classes::Each };
    Request { count, seed: config.seed.wrapping_add(1), classes, ..Request::default() }
}

/// Rows of examples, each above the row of what the model makes of them.
fn reconstructions(
    run: &Run,
    config: &RunConfig,
    session: &Session,
    model: &dyn Model,
    dataset: &dyn Dataset,
) -> Result<()> {
    const COLUMNS: usize = 8;
    let (Some(codec), shape @ &[_, _, _]) = (model.codec(), model.card().shape.as_slice()) else {
        return Ok(());
    };
    let examples = picture::examples(dataset, 0, (config.train.samples / 2).max(1));
    let made = reconstruct::code(codec, &examples, model.card().features(), session.device())?.rows;
    let line = COLUMNS * model.card().features();
    let pairs = examples.chunks(line).zip(made.chunks(line));
    let sheet: Vec<f32> = pairs.flat_map(|(one, two)| full(one, line).chain(full(two, line))).collect();
    run.save_samples(session.steps(), &picture::png(&sheet, shape, Some(COLUMNS), None)?).map(drop)
}

/// A line of pictures, black where there are none.
fn full(values: &[f32], line: usize) -> impl Iterator<Item = f32> + '_ {
    values.iter().copied().chain(std::iter::repeat_n(-1.0, line - values.len()))
}

/// The loss so far, as a curve.
pub(super) fn plot(run: &Run) -> Result<()> {
    let scalars = run.read_scalars()?;
    if scalars.rows.len() < 2 {
        return Ok(());
    }
    let series = scalars.series("loss")?;
    let scale = if series.iter().all(|(_, loss)| *loss > 0.0) { Scale::Log } else { Scale::Linear };
    let figure = figures::curve("loss", &[("loss", &series)], scale)?;
    run.save_figure("loss.png", &figures::png(&figure)).map(drop)
}
