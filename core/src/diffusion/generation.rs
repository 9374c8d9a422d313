//! What a request asks for, checked and put together: the denoiser with its guidance, and the walk.

use std::rc::Rc;

use super::descent::Descent;
use super::interpolation::Interpolation;
use super::{DiffusionConfig, Sampling, Trained};
use crate::classes;
use crate::config::check::under;
use crate::editing::{Course, Edit, Known, Pulled, spread};
use crate::guidance::{Classified, Conditional, Guided, Guiding, Thresholded};
use crate::model::{Asked, Card, Classes, Generate, Generation, Helpers, Model, Request};
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
    request.check(helpers, &format!("a {}", card.family), why_not)?;
    let sampling = choose(&model.config.sampling, request);
    under("guiding", sampling.guiding.check())?;
    request.edit.as_ref().map_or(Ok(()), |edit| edit.check(&card.shape))?;
    sampling.sampler.check()?;
    check_walk(&model.config, request.edit.as_ref(), &sampling)?;
    let drawing = Drawing::new(model, card, request, helpers, sampling)?;
    drawing.begin(request.edit.as_ref(), request.noise(card.features(), &model.device))
}

fn why_not(asked: Asked) -> Option<&'static str> {
    match asked {
        Asked::Epsilon => Some(
            "it is the noise of an interpolant's SDE; how much is added on the way is said of the sampler, as in ddim:eta=0.5",
        ),
        Asked::Decoding => Some("it draws no tokens"),
        _ => None,
    }
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
        let weak = helpers.weak.as_ref().map(|weak| weak_denoiser(model, card, &**weak)).transpose()?;
        let classifier = helpers.classifier.clone();
        if let Some(classifier) = &classifier {
            check_classifier(card, &**classifier, request)?;
        }
        let steered = steered(&model.config.sampling.guiding, request);
        check_guidance(card, request, &sampling, [steered, weak.is_some()])?;
        check_scale(request, &sampling, [steered, weak.is_some()])?;
        let known = classifier.as_ref().map_or(card.classes.len(), |model| model.card().classes.len());
        check_classes(card, request, known)?;
        check_untold(&**model, weak.as_deref(), request, &sampling)?;
        if request.classes == Classes::Any && weak.is_none() {
            // The model's own scale: with no class asked for there is nothing to be guided towards.
            sampling.guidance = 1.0;
        }
        let (model, shape, classes) = (model.clone(), card.shape.clone(), request.classes.clone());
        Ok(Self { model, shape, classes, known, weak, classifier, sampling })
    }

    /// The guided denoiser for rows from `first` on.
    fn denoiser(&self, first: u64, rows: usize) -> Box<dyn Denoiser> {
        let guiding = &self.sampling.guiding;
        let class = classes::told(&self.classes, first, rows, self.known, &self.model.device);
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
        let (steps, bottom) = (self.sampling.steps, self.model.config.range[0]);
        let (denoiser, course) = match edit {
            None => (inner, Course::plain(steps)),
            Some(Edit::From { rows, strength }) => {
                (inner, Course::from(spread(rows, noise.features, &noise), *strength, steps))
            }
            Some(Edit::Inpaint { rows, mask, method }) => {
                let rows = spread(rows, noise.features, &noise);
                let mask = spread(mask, noise.features, &noise);
                let (route, known) = (method.route(steps), Known { rows, mask });
                match method.pull() {
                    Some(pull) => {
                        let pulled = Pulled::known(inner, known, pull, self.model.config.sigma_data);
                        (Box::new(pulled) as Box<dyn Denoiser>, Course::plain(steps))
                    }
                    None => (inner, Course { route, origin: None, known: Some(known) }),
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
                return Ok(Box::new(Interpolation::new(up, walk.down_to(bottom), ends, *frames)?));
            }
        };
        check_course(&self.sampling, &course)?;
        Ok(Box::new(Descent::new(denoiser, self.sampling, levels, course, noise).down_to(bottom)))
    }
}

/// Refuses a sampler or an edit that this model does not bear.
fn check_walk(model: &DiffusionConfig, edit: Option<&Edit>, sampling: &Sampling) -> Result<()> {
    if let Some(why) = model.misfit(&sampling.sampler) {
        return Err(Error::argument(format!("sampler: {why}")));
    }
    if let Some(why) = edit.and_then(|edit| model.misfit_edit(edit)) {
        return Err(Error::argument(format!("edit: {why}")));
    }
    match edit {
        Some(Edit::Inpaint { method, .. }) => method.check_steps(sampling.steps),
        _ => Ok(()),
    }
}

/// Refuses a sampler that would pass over where a walk begins, or over what is put back on the way.
fn check_course(sampling: &Sampling, course: &Course) -> Result<()> {
    let whole = course.known.is_none() && course.route.len() == sampling.steps + 1;
    if whole || !sampling.sampler.levels_of_its_own() {
        return Ok(());
    }
    Err(Error::argument(format!(
        "sampler: {} goes by levels of its own, from the first: it can neither begin nor be interrupted on the way; take dpmpp_2m, say",
        sampling.sampler.name()
    )))
}

/// Refuses to ask without a class what has never learnt without one.
fn check_untold(
    model: &dyn Conditional,
    weak: Option<&dyn Conditional>,
    request: &Request,
    sampling: &Sampling,
) -> Result<()> {
    let told = |model: &dyn Conditional| !model.unconditional();
    if request.classes == Classes::Any && (told(model) || weak.is_some_and(told)) {
        return Err(classes::wants_a_class());
    }
    if sampling.guidance != 1.0 && weak.is_none() && told(model) {
        return Err(Error::argument(format!(
            "guidance: it leads away from what is drawn without a class, which this model has never learnt (`label_dropout` was 0); \
             wanted 1, or a weaker model to lead away from; this is {}",
            sampling.guidance
        )));
    }
    Ok(())
}

/// The denoiser of a weaker model for the same samples.
fn weak_denoiser(model: &Trained, card: &Card, weak: &dyn Model) -> Result<Rc<dyn Conditional>> {
    let other = weak.card();
    let denoiser = weak.generator().and_then(Generate::denoiser).ok_or_else(|| {
        Error::argument(format!("weak: a {} does not denoise; take an earlier checkpoint, say", other.family))
    })?;
    if weak.codec().is_some() {
        return Err(Error::argument(format!(
            "weak: a {} model denoises latents, which are not this model's samples; take an earlier checkpoint of it, say",
            other.family
        )));
    }
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
    if denoiser.learns() != model.learns() {
        return Err(Error::argument(format!(
            "weak: it has learnt {}, the model {}; take an earlier checkpoint of the model, say",
            denoiser.learns().words(),
            model.learns().words()
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
fn check_guidance(
    card: &Card,
    request: &Request,
    sampling: &Sampling,
    [steered, weak]: [bool; 2],
) -> Result<()> {
    classes::check_range(sampling.guidance)?;
    if weak || !(steered || request.insists()) {
        return Ok(());
    }
    if card.classes.is_empty() {
        return Err(Error::argument(format!(
            "guidance: this {} has learnt no classes; leave it out, or give a weaker model to be guided by",
            card.family
        )));
    }
    classes::check_aim(request)
}

/// Whether the request says how two predictions are put together, and the model's own sampling does not.
fn steered(own: &Guiding, request: &Request) -> bool {
    request.guiding.as_ref().is_some_and(Guiding::is_of_pairs) && !own.is_of_pairs()
}

/// What says how two predictions are put together changes nothing where no scale does.
fn check_scale(request: &Request, sampling: &Sampling, [steered, weak]: [bool; 2]) -> Result<()> {
    // Between two samples nothing is guided, on purpose.
    let plain = sampling.guidance == 1.0 && !matches!(request.edit, Some(Edit::Between { .. }));
    if plain && (weak || steered) {
        return Err(Error::argument(
            "guidance: a scale of 1 is none, so that a weaker model, an interval, a schedule, a rescaling or a method of guidance \
             changes nothing: ask for another scale, such as 2, or leave them out",
        ));
    }
    Ok(())
}

fn check_classes(card: &Card, request: &Request, known: usize) -> Result<()> {
    match request.classes {
        Classes::One(_) | Classes::Each if known == 0 => Err(Error::argument(format!(
            "class: this {} has learnt no classes; leave it out, or give a classifier",
            card.family
        ))),
        Classes::Each if matches!(request.edit, Some(Edit::Between { .. })) => {
            Err(Error::argument("class: between two samples there is one class, or any"))
        }
        _ => classes::check_known(&request.classes, known),
    }
}
