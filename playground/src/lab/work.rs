//! What the lab computes: training in slices, and between them whatever is to be seen and is out of date.

use burn::prelude::Device;
use kiln::Result;
use kiln::data::Batch;
use kiln::model::Model;
use serde::{Deserialize, Serialize};

use super::Settings;
use super::families::Family;
use super::field::{Field, Flow};
use super::learner::Learner;
use super::map::{Map, Mapping};
use super::probe::{Probe, probe};
use super::walk::{Film, Walk};

/// Samples of the density that are shown.
const SHOWN: u64 = 1500;
/// Places along a side of the map: a first look, and a closer one.
const SIDES: [usize; 2] = [28, 64];
/// Steps of training in a slice.
const SLICE: usize = 5;
/// Seconds of training at least between two films.
const PAUSE: f64 = 0.2;
/// Seconds of training at least until what was learnt is read off the device again.
const SAVED: f64 = 2.0;

/// What the panel asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Show what these settings say. Where they say another model or other data, training begins anew.
    Show(Box<Settings>),
    /// Train, or pause.
    Train(bool),
    /// Fresh weights.
    Restart,
    /// Go on from what another device had learnt of the same settings.
    Resume(Kept),
}

/// What was learnt, off the device.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    /// The latest loss.
    pub loss: f32,
    /// A checkpoint: [`kiln::train::Session::save`].
    pub files: Vec<(String, Vec<u8>)>,
}

/// What the panel is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Report {
    /// Samples of the density that is learnt, `[n, 2]`.
    Data(Vec<f32>),
    /// Training began anew: what was learnt is gone.
    Fresh,
    /// After that many steps in all, the mean loss of the last few, and the time in seconds.
    Learnt(u64, f32, f64),
    /// What has been learnt so far, for when the device is lost.
    Kept(Kept),
    /// No more steps are to be taken.
    Paused,
    /// The particles.
    Film(Film),
    /// The arrows.
    Field(Field),
    /// The density.
    Map(Map),
    /// A point.
    Probe(Probe),
    /// Why something could not be done.
    Refused(String),
}

/// What has to be done again.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each thing that is shown")]
struct Stale {
    data: bool,
    film: bool,
    field: bool,
    probe: bool,
    /// Which side of the map is next.
    map: Option<usize>,
}

/// The lab's share of what computes.
pub struct Work {
    device: Device,
    /// Whether it draws the window too: then particles stay there, and what is learnt is read off it now and then, as a page can lose its GPU.
    shared: bool,
    settings: Settings,
    learner: Option<Learner>,
    training: bool,
    /// The model as it stood after so many steps.
    model: Option<(u64, Box<dyn Model>)>,
    film: Option<Film>,
    walk: Option<Walk>,
    mapping: Option<Mapping>,
    stale: Stale,
    /// When the last film began and ended.
    filmed: [f64; 2],
    /// When what was learnt was read last.
    saved: f64,
    /// What is to be gone on from.
    resumed: Option<Kept>,
}

impl Work {
    /// Idle.
    pub fn new(device: &Device) -> Self {
        Self {
            device: device.clone(),
            shared: false,
            settings: Settings::default(),
            learner: None,
            training: false,
            model: None,
            film: None,
            walk: None,
            mapping: None,
            stale: Stale::default(),
            filmed: [0.0; 2],
            saved: 0.0,
            resumed: None,
        }
    }

    /// The device draws the window too.
    pub(crate) fn share(&mut self) {
        self.shared = true;
    }

    /// Takes an order.
    pub fn take(&mut self, order: Order) {
        match order {
            Order::Show(settings) => self.show(*settings),
            Order::Train(on) => {
                self.training = on && !self.learner.as_ref().is_some_and(Learner::finished);
            }
            Order::Restart => self.forget(),
            Order::Resume(kept) => self.resumed = Some(kept),
        }
    }

    /// Whether there is anything left to do.
    pub fn busy(&self) -> bool {
        let Stale { data, film, field, probe, map } = self.stale;
        self.training
            || self.walk.is_some()
            || self.mapping.is_some()
            || data
            || film
            || field
            || probe
            || map.is_some()
            || self.resumed.is_some() && self.learner.is_some()
    }

    fn show(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        let now = &self.settings;
        if self.learner.is_none() || changed(&before, now, Settings::run_json) {
            return self.forget();
        }
        if changed(&before, now, |settings| {
            Ok((
                settings.request()?.seed,
                settings.particles,
                settings.steps,
                settings.sampler(),
                settings.grid.clone(),
                settings.schedule.clone(),
            ))
        }) {
            (self.stale.film, self.walk) = (true, None);
        }
        self.stale.field |= now.layers.field && (!before.layers.field || before.time != now.time);
        self.stale.probe |= before.probe != now.probe && now.probe.is_some();
        if !now.layers.density {
            (self.stale.map, self.mapping) = (None, None);
        } else if !before.layers.density {
            self.stale.map = Some(0);
        }
    }

    /// Begins anew with what the settings say.
    fn forget(&mut self) {
        let Self { training, shared, .. } = *self;
        // What is to be gone on from is of the first settings that come.
        let resumed = self.resumed.take().filter(|_| self.learner.is_none());
        let settings = self.settings.clone();
        *self = Self { shared, settings, training, resumed, ..Self::new(&self.device) };
        self.stale.data = true;
    }

    /// All that depends on the weights.
    fn outdated(&mut self) {
        self.model = None;
        let Settings { layers, probe, .. } = &self.settings;
        self.stale = Stale {
            data: self.stale.data,
            film: true,
            field: layers.field,
            probe: probe.is_some(),
            map: layers.density.then_some(0),
        };
    }

    /// Does a little of what is left to do.
    pub async fn step(&mut self, now: f64) -> Vec<Report> {
        match self.try_step(now).await {
            Ok(reports) => reports,
            Err(error) => {
                (self.training, self.stale, self.walk, self.mapping) = (false, Stale::default(), None, None);
                vec![Report::Refused(error.to_string()), Report::Paused]
            }
        }
    }

    async fn try_step(&mut self, now: f64) -> Result<Vec<Report>> {
        if self.learner.is_none() {
            return self.begin();
        }
        if let Some(kept) = self.resumed.take() {
            return self.resume(kept, now);
        }
        // While it trains, as much time goes into learning as into looking.
        let [began, ended] = self.filmed;
        let look = !self.training || now - ended > PAUSE.max(ended - began);
        if self.walk.is_some() || (look && self.stale.film) {
            return self.film(now).await;
        }
        if look && self.stale.field {
            return self.field().await;
        }
        if look && self.stale.probe {
            return self.probe().await;
        }
        if self.mapping.is_some() || (look && self.stale.map.is_some()) {
            return self.map().await;
        }
        if self.training { self.train(now).await } else { Ok(Vec::new()) }
    }

    /// The data, and a model with fresh weights.
    fn begin(&mut self) -> Result<Vec<Report>> {
        let learner = Learner::new(&self.settings.run()?, &self.device)?;
        let batch = Batch::gather(&*learner.data, &(0..SHOWN).collect::<Vec<_>>(), 0);
        self.learner = Some(learner);
        self.outdated();
        self.stale.data = false;
        Ok(vec![Report::Fresh, Report::Data(batch.x)])
    }

    async fn train(&mut self, now: f64) -> Result<Vec<Report>> {
        let Some(learner) = &mut self.learner else { return Ok(Vec::new()) };
        let (step, loss) = learner.advance(SLICE).await?;
        let mut reports = vec![Report::Learnt(step, loss, now)];
        if self.shared && (learner.finished() || now - self.saved > SAVED) {
            reports.push(Report::Kept(Kept { loss, files: learner.save().await? }));
            self.saved = now;
        }
        if learner.finished() {
            self.training = false;
            reports.push(Report::Paused);
        }
        self.outdated();
        Ok(reports)
    }

    /// Goes on from what another device had learnt.
    fn resume(&mut self, kept: Kept, now: f64) -> Result<Vec<Report>> {
        let Some(learner) = &mut self.learner else { return Ok(Vec::new()) };
        learner.load(&kept.files)?;
        let taken = learner.taken();
        self.outdated();
        Ok(vec![Report::Learnt(taken, kept.loss, now), Report::Kept(kept)])
    }

    async fn film(&mut self, now: f64) -> Result<Vec<Report>> {
        if self.walk.is_none() {
            let (request, family, stay) = (self.settings.request()?, self.family()?, self.shared);
            let (trained, model) = self.model()?;
            let walk = Walk::begin(model, &request, family, trained, stay)?;
            (self.walk, self.stale.film) = (Some(walk), false);
            self.filmed[0] = now;
        }
        let Some(walk) = &mut self.walk else { return Ok(Vec::new()) };
        let Some(film) = walk.step().await? else { return Ok(Vec::new()) };
        (self.walk, self.film) = (None, Some(film.clone()));
        self.filmed[1] = now;
        Ok(vec![Report::Film(film)])
    }

    async fn field(&mut self) -> Result<Vec<Report>> {
        self.stale.field = false;
        let (time, family, device) = (self.settings.time, self.family()?, self.device.clone());
        let level = self.film.as_ref().map_or(1.0, |film| film.level(time));
        let (_, model) = self.model()?;
        match Flow::of(model, family, &device) {
            Some(flow) => Ok(vec![Report::Field(flow.field(level).await?)]),
            None => Ok(Vec::new()),
        }
    }

    async fn probe(&mut self) -> Result<Vec<Report>> {
        self.stale.probe = false;
        let (family, device) = (self.family()?, self.device.clone());
        let Some(at) = self.settings.probe else { return Ok(Vec::new()) };
        let (trained, model) = self.model()?;
        Ok(vec![Report::Probe(probe(model, at, family, trained, &device).await?)])
    }

    async fn map(&mut self) -> Result<Vec<Report>> {
        if let (None, Some(side)) = (&self.mapping, self.stale.map) {
            let device = self.device.clone();
            let (trained, model) = self.model()?;
            let mapping = Mapping::begin(model, SIDES[side], trained, &device)?;
            self.mapping = Some(mapping);
            // The closer look waits until nothing changes.
            self.stale.map = (side + 1 < SIDES.len() && !self.training).then_some(side + 1);
        }
        let Some(mapping) = &mut self.mapping else { return Ok(Vec::new()) };
        let Some(map) = mapping.step().await? else { return Ok(Vec::new()) };
        self.mapping = None;
        Ok(vec![Report::Map(map)])
    }

    fn family(&self) -> Result<&'static Family> {
        self.settings.family()
    }

    /// The model as it stands, and how many steps it has learnt.
    fn model(&mut self) -> Result<(u64, &dyn Model)> {
        let learner = self.learner.as_ref().ok_or_else(|| kiln::Error::argument("there is no model yet"))?;
        if self.model.is_none() {
            self.model = Some((learner.taken(), learner.model()?));
        }
        let (taken, model) = self.model.as_ref().expect("it was made");
        Ok((*taken, &**model))
    }
}

/// Whether a part of the settings differs; one that cannot be read does.
fn changed<T: PartialEq>(before: &Settings, now: &Settings, part: impl Fn(&Settings) -> Result<T>) -> bool {
    match (part(before), part(now)) {
        (Ok(before), Ok(now)) => before != now,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
