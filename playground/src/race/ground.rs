//! What racers share: the model, the noise, the reference, and what is known of samplers in other numbers of steps.

use std::rc::Rc;

use kiln::model::{Generation, Model};
use kiln::{Result, weights};

use super::reference::Path;
use super::{Mark, Racer, Reference, Settings};

/// It stays while racers come and go.
pub(super) struct Ground {
    settings: Settings,
    pub(super) model: Rc<dyn Model>,
    racer: Racer,
    /// The reference, while it is on its way.
    walk: Option<Box<dyn Generation>>,
    evaluations: usize,
    pub(super) path: Path,
    marks: Vec<(Racer, Mark)>,
}

impl Ground {
    /// Begins with the reference.
    pub(super) fn begin(settings: &Settings, model: &Rc<dyn Model>) -> Result<Self> {
        let card = model.card();
        let racer = Racer::reference(&card.shape);
        let walk = model.generate(&settings.request(card, &racer)?)?;
        Ok(Self {
            settings: settings.ground(),
            model: model.clone(),
            racer,
            walk: Some(walk),
            evaluations: 0,
            path: Path::new(card),
            marks: Vec::new(),
        })
    }

    /// Whether these settings ask for the same, of this model.
    pub(super) fn is_of(&self, settings: &Settings, model: &Rc<dyn Model>) -> bool {
        self.settings == settings.ground() && Rc::ptr_eq(&self.model, model)
    }

    /// Whether the reference has ended.
    pub(super) fn ready(&self) -> bool {
        self.walk.is_none()
    }

    /// Takes a step of the reference; tells of it once it has ended.
    pub(super) async fn step(&mut self) -> Result<Option<Reference>> {
        let Some(walk) = &mut self.walk else { return Ok(None) };
        let Some(frame) = walk.step() else {
            self.evaluations = walk.evaluations();
            self.walk = None;
            return self.reference().map(Some);
        };
        let frame = frame?;
        self.path.push(frame.level, weights::read(frame.x).await?);
        Ok(None)
    }

    /// The reference, in short.
    pub(super) fn reference(&self) -> Result<Reference> {
        let ([start, end], floor) = (self.path.ends()?, self.path.floor()?);
        Ok(Reference { racer: self.racer.clone(), evaluations: self.evaluations, start, end, floor })
    }

    /// What a racer came to, if it has been tried.
    pub(super) fn known(&self, racer: &Racer) -> Option<Mark> {
        self.marks.iter().find(|(known, _)| known == racer).map(|(_, mark)| *mark)
    }

    /// Keeps what a racer came to.
    pub(super) fn keep(&mut self, racer: Racer, mark: Mark) {
        self.marks.push((racer, mark));
    }
}
