//! What is computed: the reference, then the racers in turns, then each sampler in other numbers of steps.

use std::collections::VecDeque;
use std::rc::Rc;

use kiln::model::{self, Generation, Model};
use kiln::{Result, weights};

use super::ground::Ground;
use super::{Frame, Mark, Racer, Report, Settings, Start};
use crate::library::Library;

/// Steps in which samplers are tried, of points and of pictures, whose networks cost more.
const POINTS: &[usize] = &[2, 4, 8, 16, 32];
const PICTURES: &[usize] = &[2, 4, 8, 16];

/// A racer on its way.
struct Lane {
    at: usize,
    generation: Box<dyn Generation>,
}

/// A sampler that is tried in some number of steps, for the curve of a racer.
struct Trial {
    at: usize,
    racer: Racer,
    generation: Box<dyn Generation>,
    last: Option<model::Frame>,
}

/// The panel's share of what computes.
#[derive(Default)]
pub struct Work {
    settings: Option<Settings>,
    due: bool,
    /// The weights are on their way.
    waiting: bool,
    ground: Option<Ground>,
    /// Those who race, the next one first.
    lanes: VecDeque<Lane>,
    trials: VecDeque<Trial>,
}

impl Work {
    /// Takes what is to be raced. What does not change of it is not computed again.
    pub fn show(&mut self, settings: Settings) {
        let ground = self.ground.take();
        *self = Self { settings: Some(settings), due: true, ground, ..Self::default() };
    }

    /// Weights have come: whoever waited tries again.
    pub(crate) fn woken(&mut self) {
        self.due |= self.waiting;
    }

    /// Whether there is anything left to do.
    pub fn busy(&self) -> bool {
        let walks = self.ground.as_ref().is_some_and(|ground| !ground.ready());
        self.due || !self.waiting && (walks || !self.lanes.is_empty() || !self.trials.is_empty())
    }

    pub(crate) async fn step(&mut self, library: &mut Library) -> Vec<Report> {
        match self.try_step(library).await {
            Ok(reports) => reports,
            Err(error) => {
                *self = Self { settings: self.settings.take(), ..Self::default() };
                vec![Report::Refused(error.to_string())]
            }
        }
    }

    async fn try_step(&mut self, library: &mut Library) -> Result<Vec<Report>> {
        if std::mem::take(&mut self.due) {
            return self.begin(library);
        }
        let Some(ground) = &mut self.ground else { return Ok(Vec::new()) };
        if !ground.ready() {
            return Ok(ground.step().await?.map(Report::Reference).into_iter().collect());
        }
        if let Some(lane) = self.lanes.pop_front() {
            return Ok(self.advance(lane).await);
        }
        match self.trials.pop_front() {
            Some(trial) => self.examine(trial).await,
            None => Ok(Vec::new()),
        }
    }

    fn begin(&mut self, library: &mut Library) -> Result<Vec<Report>> {
        let Some(settings) = self.settings.clone() else { return Ok(Vec::new()) };
        let Some(model) = library.get(&settings.model) else {
            self.waiting = true;
            return Ok(Vec::new());
        };
        self.waiting = false;
        let card = model.card();
        settings.check(card)?;
        let ground = match self.ground.take().filter(|ground| ground.is_of(&settings, &model)) {
            Some(ground) => ground,
            None => Ground::begin(&settings, &model)?,
        };
        let (shape, classes, racers) = (card.shape.clone(), card.classes.clone(), settings.racers.clone());
        let mut reports = vec![Report::Begun(Start { shape, classes, racers })];
        if ground.ready() {
            reports.push(Report::Reference(ground.reference()?));
        }
        reports.extend(self.line_up(&settings, &model)?);
        reports.extend(self.plan(&settings, &ground)?);
        self.ground = Some(ground);
        Ok(reports)
    }

    /// All racers at their start. Those that do not fit the model are out of the race, and the others run.
    fn line_up(&mut self, settings: &Settings, model: &Rc<dyn Model>) -> Result<Vec<Report>> {
        let mut out = Vec::new();
        for (at, racer) in settings.racers.iter().enumerate() {
            match model.generate(&settings.request(model.card(), racer)?) {
                Ok(generation) => self.lanes.push_back(Lane { at, generation }),
                Err(error) => out.push(Report::Out(at, error.to_string())),
            }
        }
        Ok(out)
    }

    /// The marks of the racers' curves: those that are known, and trials for the others. Few steps come first.
    fn plan(&mut self, settings: &Settings, ground: &Ground) -> Result<Vec<Report>> {
        let card = ground.model.card();
        let numbers = if card.shape.len() == 3 { PICTURES } else { POINTS };
        let mut known = Vec::new();
        for steps in numbers {
            for (at, racer) in settings.racers.iter().enumerate() {
                // Racers that differ in their number of steps alone share a curve; where a tolerance decides there is none.
                let shared = settings.racers[..at].iter().any(|other| other.is_like(racer));
                if shared || racer.adaptive() {
                    continue;
                }
                let racer = Racer { steps: *steps, ..racer.clone() };
                if let Some(mark) = ground.known(&racer) {
                    known.push(Report::Mark(at, mark));
                } else if let Ok(generation) = ground.model.generate(&settings.request(card, &racer)?) {
                    // One that is refused in so few steps has no mark there.
                    self.trials.push_back(Trial { at, racer, generation, last: None });
                }
            }
        }
        Ok(known)
    }

    /// The next step of a racer. One that fails is out of the race, and the others go on.
    async fn advance(&mut self, mut lane: Lane) -> Vec<Report> {
        let Some(ground) = &self.ground else { return Vec::new() };
        let at = lane.at;
        let taken = frame(&mut *lane.generation, ground).await;
        let report = match taken {
            Ok(None) => None,
            Ok(Some(frame)) => {
                self.lanes.push_back(lane);
                Some(Report::Frame(at, frame))
            }
            Err(error) => Some(Report::Out(at, error.to_string())),
        };
        self.told(report)
    }

    /// The next step of a trial; its mark, once it has ended.
    async fn examine(&mut self, mut trial: Trial) -> Result<Vec<Report>> {
        if let Some(Ok(frame)) = trial.generation.step() {
            trial.last = Some(frame);
            self.trials.push_front(trial);
            return Ok(Vec::new());
        }
        let Some(last) = trial.last.take() else { return Ok(self.told(None)) };
        let Some(ground) = &mut self.ground else { return Ok(Vec::new()) };
        let rows = ground.path.shown(&weights::read(last.x).await?, last.level);
        // Where it failed on its way, or its numbers are no longer finite, it has no mark.
        let whole = last.step == last.steps;
        let apart = ground.path.apart(&rows, last.level).ok().filter(|_| whole);
        let mark = apart.map(|apart| Mark { evaluations: trial.generation.evaluations(), apart });
        if let Some(mark) = mark {
            ground.keep(trial.racer, mark);
        }
        Ok(self.told(mark.map(|mark| Report::Mark(trial.at, mark))))
    }

    /// A report, and the last one once nothing is left to do.
    fn told(&self, report: Option<Report>) -> Vec<Report> {
        let done = (!self.busy()).then_some(Report::Done);
        report.into_iter().chain(done).collect()
    }
}

/// The next frame of a walk; nothing once it has ended.
async fn frame(generation: &mut dyn Generation, ground: &Ground) -> Result<Option<Frame>> {
    let Some(taken) = generation.step() else { return Ok(None) };
    let taken = taken?;
    let rows = ground.path.shown(&weights::read(taken.x).await?, taken.level);
    let (level, evaluations) = (taken.level, generation.evaluations());
    Ok(Some(Frame { level, evaluations, apart: ground.path.apart(&rows, level)?, rows }))
}

#[cfg(test)]
mod tests;
