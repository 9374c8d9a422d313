//! What a request asks for, checked and put together: the denoiser with its guidance, and the walk.

use std::rc::Rc;

use burn::prelude::*;

use super::descent::Descent;
use super::interpolation::Interpolation;
use super::{Sampling, Trained};
use crate::config::check::under;
use crate::editing::{Course, Dps, Edit, Known, Pulled, spread};
use crate::guidance::{Classified, Conditional, Guided, Guiding, Thresholded};
use crate::model::{Card, Classes, Generate, Generation, Helpers, Model, Request};
use crate::nn::one_hot;
use crate::samplers::{Denoiser, Noise};
use crate::schedules::grids::Span;
use crate::{Error, Result};

/// Begins a generation; fails where the request does not fit the model or its helpers.
pub(super) fn begin(
    model: &Rc<Trained>,
    card: &Card,
    request: &Request,
    helpers: &Helpers,
) -> Result<Box<dyn Generation>> {
    if request.count == 0 {
        return Err(Error::argument("count: at least 1 sample has to be drawn, not 0"));
    }
    let sampling = choose(&model.config.sampling, request);
    under("guiding", sampling.guiding.check())?;
    request.edit.as_ref().map_or(Ok(()), |edit| edit.check(&card.shape))?;
    sampling.sampler.check()?;
    let drawing = Drawing::new(model, card, request, helpers, sampling)?;
    let noise = Noise {
        seed: request.seed,
        first: request.first,
        rows: request.count,
        features: card.features(),
        device: model.device.clone(),
    };
    drawing.begin(request.edit.as_ref(), noise)
}

/// The request's choices, and the model's where it makes none.
fn choose(defaults: &Sampling, request: &Request) -> Sampling {
    // A guided walk is hard to invert (Mokady et al. 2023, section 3.1, https://arxiv.org/abs/2211.09794).
    let straight = matches!(request.edit, Some(Edit::Between { .. }));
    let guidance = if straight { 1.0 } else { defaults.guidance };
    Sampling {
        sampler: request.sampler.clone().unwrap_or_else(|| defaults.sampler.clone()),
        schedule: request.schedule.clone().unwrap_or_else(|| defaults.schedule.clone()),
        grid: request.grid.clone().unwrap_or_else(|| defaults.grid.clone()),
        steps: request.steps.unwrap_or(defaults.steps),
        guidance: request.guidance.unwrap_or(guidance),
        guiding: request.guiding.clone().unwrap_or_else(|| defaults.guiding.clone()),
    }
}

/// All that a request has decided.
struct Drawing {
    model: Rc<Trained>,
    shape: Vec<usize>,
    classes: Classes,
    known: usize,
    weak: Option<Rc<dyn Conditional>>,
    classifier: Option<Rc<dyn Model>>,
    sampling: Sampling,
}

impl Drawing {
    fn new(
        model: &Rc<Trained>,
        card: &Card,
        request: &Request,
        helpers: &Helpers,
        mut sampling: Sampling,
    ) -> Result<Self> {
        let weak = helpers.weak.as_ref().map(|weak| weak_denoiser(card, &**weak)).transpose()?;
        let classifier = helpers.classifier.clone();
        if let Some(classifier) = &classifier {
            check_classifier(card, &**classifier, request)?;
        }
        check_guidance(card, request, &sampling, weak.is_some())?;
        let known = classifier.as_ref().map_or(card.classes.len(), |model| model.card().classes.len());
        check_classes(card, request, known)?;
        if request.classes == Classes::Any && weak.is_none() {
            // With no class asked for there is nothing to be guided towards.
            sampling.guidance = 1.0;
        }
        let (model, shape, classes) = (model.clone(), card.shape.clone(), request.classes.clone());
        Ok(Self { model, shape, classes, known, weak, classifier, sampling })
    }

    /// The guided denoiser for rows from `first` on.
    fn denoiser(&self, first: u64, rows: usize) -> Box<dyn Denoiser> {
        let guiding = &self.sampling.guiding;
        let class = |row: usize| match self.classes {
            Classes::Any => None,
            Classes::One(class) => Some(class),
            Classes::Each => Some(((first + row as u64) % self.known as u64) as u32),
        };
        let classes: Vec<Option<u32>> = (0..rows).map(class).collect();
        let class = (self.known > 0).then(|| one_hot(&classes, self.known, &self.model.device));
        let told = class.clone().filter(|_| !self.model.interface.classes.is_empty());
        let guided = Guided::new(self.model.clone(), told, self.sampling.guidance, guiding);
        let mut denoiser: Box<dyn Denoiser> = Box::new(match &self.weak {
            Some(weak) => guided.away_from(weak.clone()),
            None => guided,
        });
        if let (Some(classifier), Some(class)) = (self.classifier.clone(), class) {
            let logits = move |x| classifier.classifier().expect("it was asked before").logits(x);
            let (logits, scale) = (Box::new(logits), guiding.classifier);
            denoiser = Box::new(Classified { inner: denoiser, logits, class, scale });
        }
        if let Some(threshold) = guiding.threshold.clone() {
            denoiser = Box::new(Thresholded { inner: denoiser, threshold });
        }
        denoiser
    }

    fn begin(self, edit: Option<&Edit>, noise: Noise) -> Result<Box<dyn Generation>> {
        let levels = self.sampling.grid.levels(&Span {
            steps: self.sampling.steps,
            schedule: &*self.sampling.schedule,
            range: self.model.config.range,
            features: noise.features,
        })?;
        let inner = self.denoiser(noise.first, noise.rows);
        let steps = self.sampling.steps;
        let (denoiser, course) = match edit {
            None => (inner, Course::plain(steps)),
            Some(Edit::From { rows, strength }) => {
                (inner, Course::from(spread(rows, noise.features, &noise), *strength, steps))
            }
            Some(Edit::Inpaint { rows, mask, method }) => {
                let rows = spread(rows, noise.features, &noise);
                let mask = spread(mask, noise.features, &noise);
                let route = method.route(steps);
                match method.pull() {
                    Some(pull) => (self.fitted(inner, &rows, &mask, pull), Course::plain(steps)),
                    None => (inner, Course { route, origin: None, known: Some(Known { rows, mask }) }),
                }
            }
            Some(Edit::Measured { rows, by, pull }) => {
                let measured = spread(rows, by.width(&self.shape)?, &noise);
                let (by, shape, gain) = (by.clone(), self.shape.clone(), by.gain());
                let measure = Box::new(move |x| by.apply(x, &shape));
                let spread = self.model.config.sigma_data;
                let pulled = Pulled { inner, measure, gain, measured, pull: pull.clone(), spread };
                (Box::new(pulled) as Box<dyn Denoiser>, Course::plain(steps))
            }
            Some(Edit::Between { rows, frames }) => {
                let ends = spread(rows, noise.features, &Noise { first: 0, rows: 2, ..noise.clone() });
                let up = self.denoiser(0, 2);
                let walk = Descent::new(inner, self.sampling, levels, Course::plain(steps), noise);
                return Ok(Box::new(Interpolation::new(up, walk, ends, *frames)?));
            }
        };
        Ok(Box::new(Descent::new(denoiser, self.sampling, levels, course, noise)))
    }

    /// A denoiser that is pulled towards what is known of `rows`.
    fn fitted(
        &self,
        inner: Box<dyn Denoiser>,
        rows: &Tensor<2>,
        mask: &Tensor<2>,
        pull: &Dps,
    ) -> Box<dyn Denoiser> {
        let known = mask.clone() * -1.0 + 1.0;
        let measured = rows.clone() * known.clone();
        let (pull, spread) = (pull.clone(), self.model.config.sigma_data);
        let measure = Box::new(move |x| x * known.clone());
        Box::new(Pulled { inner, measure, gain: 1.0, measured, pull, spread })
    }
}

/// The denoiser of a weaker model for the same samples.
fn weak_denoiser(card: &Card, weak: &dyn Model) -> Result<Rc<dyn Conditional>> {
    let other = weak.card();
    let denoiser = weak.generator().and_then(Generate::denoiser).ok_or_else(|| {
        Error::argument(format!("weak: a {} does not denoise; take an earlier checkpoint, say", other.family))
    })?;
    if other.shape != card.shape {
        return Err(Error::argument(format!(
            "weak: it draws samples of shape {:?}, the model of {:?}; take one of the same data",
            other.shape, card.shape
        )));
    }
    if !other.classes.is_empty() && other.classes.len() != card.classes.len() {
        return Err(Error::argument(format!(
            "weak: it knows {} classes, the model {}; take one of the same classes, or of none",
            other.classes.len(),
            card.classes.len()
        )));
    }
    Ok(denoiser)
}

fn check_classifier(card: &Card, classifier: &dyn Model, request: &Request) -> Result<()> {
    let other = classifier.card();
    if classifier.classifier().is_none() {
        return Err(Error::argument(format!("classifier: a {} does not tell classes apart", other.family)));
    }
    if other.shape != card.shape {
        return Err(Error::argument(format!(
            "classifier: it judges samples of shape {:?}, the model draws {:?}",
            other.shape, card.shape
        )));
    }
    if !card.classes.is_empty() && card.classes.len() != other.classes.len() {
        return Err(Error::argument(format!(
            "classifier: it knows {} classes, the model {}",
            other.classes.len(),
            card.classes.len()
        )));
    }
    if request.classes == Classes::Any {
        return Err(Error::argument("classifier: it has no class to guide towards; ask for one"));
    }
    Ok(())
}

/// A scale needs two predictions: with a class and without, or of two models.
fn check_guidance(card: &Card, request: &Request, sampling: &Sampling, weak: bool) -> Result<()> {
    if !(0.0..=1e3).contains(&sampling.guidance) {
        return Err(Error::argument(format!("guidance: wanted 0 to 1000, this is {}", sampling.guidance)));
    }
    let scaled = request.guidance.is_some_and(|scale| scale != 1.0);
    let asked = scaled || request.guiding.as_ref().is_some_and(Guiding::is_of_pairs);
    if asked && card.classes.is_empty() && !weak {
        return Err(Error::argument(format!(
            "guidance: this {} has learnt no classes; leave it out, or give a weaker model to be guided by",
            card.family
        )));
    }
    Ok(())
}

fn check_classes(card: &Card, request: &Request, known: usize) -> Result<()> {
    match request.classes {
        Classes::Any => Ok(()),
        _ if known == 0 => Err(Error::argument(format!(
            "class: this {} has learnt no classes; leave it out, or give a classifier",
            card.family
        ))),
        Classes::Each if matches!(request.edit, Some(Edit::Between { .. })) => {
            Err(Error::argument("class: between two samples there is one class, or any"))
        }
        Classes::One(class) if class as usize >= known => Err(Error::argument(format!(
            "class: {class} is out of range; the classes are 0 to {}",
            known - 1
        ))),
        Classes::One(_) | Classes::Each => Ok(()),
    }
}
