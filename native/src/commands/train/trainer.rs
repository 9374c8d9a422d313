//! The loop around a session: it steps, reads losses, writes facts, and never saves weights whose losses it has not read.

use std::time::Instant;

use kiln::runs::{Checkpoint, Lock, Run};
use kiln::train::{Report, RunConfig, Session};
use kiln::{Error, Result};
use pollster::block_on;
use serde_json::json;

use super::report::{self, Line};
use super::start::Workshop;
use crate::clock::now;
use crate::failure::{Failure, Outcome};
use crate::progress::Bar;
use crate::save::save;
use crate::{interrupt, out};

/// A run under way.
pub(super) struct Trainer {
    run: Run,
    _lock: Lock,
    config: RunConfig,
    workshop: Workshop,
    /// Steps whose losses are still on the device: they are read together, so that it need not wait at each.
    unread: Vec<Report>,
    line: Line,
    bar: Bar,
    saved: Option<u64>,
    /// When the run would have begun, had it never been stopped.
    began: Instant,
    before: f64,
}

impl Trainer {
    /// A run, which nobody else trains, with the line under way and the seconds that it has taken so far.
    pub(super) fn new(
        run: Run,
        lock: Lock,
        config: RunConfig,
        workshop: Workshop,
        line: Line,
        seconds: f64,
    ) -> Self {
        let bar = Bar::new("training", config.train.steps, workshop.session.steps());
        Self {
            run,
            _lock: lock,
            config,
            workshop,
            unread: Vec::new(),
            line,
            bar,
            saved: None,
            began: Instant::now(),
            before: seconds,
        }
    }

    /// Steps to the end, or to an interruption.
    pub(super) fn train(mut self) -> Outcome {
        match self.go() {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.interrupted()),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn session(&self) -> &Session {
        &self.workshop.session
    }

    /// Whether the end was reached.
    fn go(&mut self) -> Result<bool> {
        while self.session().steps() < self.config.train.steps {
            let report = self.workshop.session.step(&mut self.workshop.loader);
            self.unread.push(report);
            self.bar.step();
            self.after_step()?;
            if interrupt::asked() && self.session().steps() < self.config.train.steps {
                self.checkpoint()?;
                return Ok(false);
            }
        }
        self.finish()?;
        Ok(true)
    }

    fn after_step(&mut self) -> Result<()> {
        let (step, train) = (self.session().steps(), &self.config.train);
        let last = step == train.steps;
        let due = |every: u64| every > 0 && (step.is_multiple_of(every) || last);
        let (log, checkpoint, sample) =
            (due(train.log_every), due(train.checkpoint_every), due(train.sample_every));
        let snapshot = due(train.ema.snapshot_every());
        if log {
            self.log()?;
        }
        // Before the checkpoint: a run that goes on from there will not come by this step again.
        if snapshot {
            self.snapshot()?;
        }
        if checkpoint {
            self.checkpoint()?;
        }
        if sample {
            self.read()?;
            report::samples(&self.run, &self.config, self.session(), self.workshop.loader.dataset())?;
        }
        if checkpoint || sample {
            report::plot(&self.run)?;
        }
        Ok(())
    }

    /// Reads the losses that are still on the device; one that is not finite ends the run.
    fn read(&mut self) -> Result<()> {
        for report in self.unread.drain(..) {
            let step = report.step;
            let Workshop { session, loader, .. } = &mut self.workshop;
            let progress =
                block_on(report.read()).map_err(|error| block_on(session.explained(error, step, loader)))?;
            if let Some(scale) = progress.skipped {
                self.run.event(now(), "skipped", progress.step, json!({ "scale": scale }))?;
            }
            self.line.add(&progress);
        }
        Ok(())
    }

    /// Keeps the averages, for others to be made from them.
    fn snapshot(&mut self) -> Result<()> {
        self.read()?;
        let step = self.session().steps();
        let files = block_on(self.session().snapshot())?;
        all_finite(step, &files)?;
        self.run.save_snapshot(&Checkpoint { step, files }).map(drop)
    }

    fn log(&mut self) -> Result<()> {
        self.read()?;
        let seconds = self.before + self.began.elapsed().as_secs_f64();
        let line = std::mem::take(&mut self.line);
        let Some(values) = line.values(seconds) else { return Ok(()) };
        self.run.scalars(self.workshop.session.steps(), &values)?;
        self.bar.message(format!("training, loss {:.4}", line.loss()));
        if self.bar.is_hidden() {
            out::say(line.text(self.config.train.steps, seconds));
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<()> {
        self.read()?;
        let step = self.session().steps();
        if self.saved == Some(step) {
            return Ok(());
        }
        let mut files = block_on(self.session().save())?;
        all_finite(step, &files)?;
        files.push(self.line.file());
        let folder = self.run.save_checkpoint(&Checkpoint { step, files }, self.config.train.keep)?;
        self.saved = Some(step);
        self.run.event(now(), "saved", step, json!(null))?;
        if self.bar.is_hidden() {
            out::say(format!("saved {}", folder.display()));
        }
        Ok(())
    }

    /// The model for use, the last pictures, and what to do with them.
    fn finish(&mut self) -> Result<()> {
        let step = self.session().steps();
        let model = self.run.folder().join("model.safetensors");
        save(&model, &block_on(self.session().weights())?)?;
        report::plot(&self.run)?;
        self.run.event(now(), "finished", step, json!(null))?;
        let generates = self.session().model()?.generator().is_some();
        let next = if generates { "kiln sample" } else { "kiln evaluate" };
        let (folder, model) = (self.run.folder().display(), model.display());
        let text = format!(
            "model: {model}\nnext:\n  {next} {folder}\n  kiln train --resume {folder} train.steps={}",
            2 * step
        );
        self.bar.aside(|| out::say(text));
        Ok(())
    }

    fn interrupted(&self) -> Failure {
        let step = self.session().steps();
        // The checkpoint is on the disk; that this cannot be told changes nothing.
        let _ = self.run.event(now(), "interrupted", step, json!(null));
        let folder = self.run.folder().display();
        Failure::Interrupted(format!(
            "stopped and saved after step {step}; go on with: kiln train --resume {folder}"
        ))
    }

    /// The error, with the last checkpoint that is whole and how to go on from there.
    fn failed(&self, error: Error) -> Failure {
        let step = self.session().steps();
        let _ = self.run.event(now(), "failed", step, json!({ "error": error.to_string() }));
        let folder = self.run.folder().display();
        let last = self.run.latest_checkpoint().ok().flatten();
        let place = last.map_or_else(
            || "no checkpoint had been saved yet; the run begins anew".to_owned(),
            |last| {
                let step = last.checkpoint.step;
                format!("the last good checkpoint is that of step {step}, {folder}/checkpoints/step_{step:06}; go on from it")
            },
        );
        let again = match error {
            Error::NotFinite(_) => format!(
                "\n(to the same loss, if nothing is changed; for another run: kiln train {folder}/config.yaml key=value)"
            ),
            _ => String::new(),
        };
        Failure::new(error, format!("{place} with: kiln train --resume {folder}{again}"))
    }
}

/// Refuses what is not finite. The losses before were; what the last step made of the weights is not known yet.
fn all_finite(step: u64, files: &[(String, Vec<u8>)]) -> Result<()> {
    let Some((name, _)) = files.iter().find(|(_, bytes)| !finite(bytes)) else { return Ok(()) };
    let message =
        format!("after step {step}, {name} is not finite: it is not saved, and training has stopped");
    Err(Error::NotFinite(message))
}

/// Whether all numbers of a safetensors file are finite; they stand behind a head that tells its length first. Other
/// files, which begin with no such length, have none.
fn finite(bytes: &[u8]) -> bool {
    let head = bytes.first_chunk().map(|length| u64::from_le_bytes(*length) as usize);
    let numbers = head.and_then(|head| bytes.get(8_usize.checked_add(head)?..)).unwrap_or_default();
    numbers
        .chunks_exact(4)
        .all(|number| f32::from_le_bytes([number[0], number[1], number[2], number[3]]).is_finite())
}
