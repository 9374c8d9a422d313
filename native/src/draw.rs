//! Drawing samples: several generations where they do not fit in one, the same samples whatever the batch.

use burn::prelude::Tensor;
use kiln::model::{Card, Generation, Helpers, Model, Request};
use kiln::{Error, Result, weights};
use pollster::block_on;

use crate::progress::Bar;

/// Samples, on the host.
pub struct Drawn {
    /// The samples, `[count, features]`.
    pub rows: Vec<f32>,
    /// Steps of each.
    pub steps: usize,
    /// Evaluations of the network, of a batch each.
    pub evaluations: usize,
}

/// How many samples to draw at a time where nobody says: points are small.
pub fn batch(card: &Card) -> usize {
    if card.shape.len() == 1 && card.vocabulary.is_none() { 4096 } else { 64 }
}

/// Draws `request.count` samples, at most `batch` at a time.
pub fn draw(model: &dyn Model, request: &Request, batch: usize, bar: &Bar) -> Result<Drawn> {
    draw_with(model, request, &Helpers::default(), batch, bar)
}

/// The same, with the help of other models.
pub fn draw_with(
    model: &dyn Model,
    request: &Request,
    helpers: &Helpers,
    batch: usize,
    bar: &Bar,
) -> Result<Drawn> {
    if batch == 0 {
        return Err(Error::argument("batch: at least 1 sample has to be drawn at a time, not 0"));
    }
    let part = |done: usize| Request {
        count: batch.min(request.count - done),
        first: request.first + done as u64,
        ..request.clone()
    };
    // The first tells how many steps there are, and what is wrong with the request.
    let mut next = Some(model.generate_with(&part(0), helpers)?);
    let steps = next.as_ref().map_or(0, |generation| generation.steps());
    bar.length((steps * request.count.div_ceil(batch)) as u64);
    let mut drawn = Drawn { rows: Vec::new(), steps, evaluations: 0 };
    for done in (0..request.count).step_by(batch) {
        let mut generation = match next.take() {
            Some(first) => first,
            None => model.generate_with(&part(done), helpers)?,
        };
        let rows = block_on(weights::read(last(&mut *generation, bar)?))?;
        if let Some(at) = rows.iter().position(|value| !value.is_finite()) {
            let sample = request.first as usize + done + at / model.card().features();
            return Err(blame(model, &part(done), helpers, sample)?);
        }
        drawn.evaluations += generation.evaluations();
        drawn.rows.extend(rows);
    }
    Ok(drawn)
}

/// The last frame, unread: reading each would make the device wait.
fn last(generation: &mut dyn Generation, bar: &Bar) -> Result<Tensor<2>> {
    let mut x = None;
    while let Some(frame) = generation.step() {
        x = Some(frame?.x);
        bar.step();
    }
    Ok(x.expect("a walk should have a step"))
}

/// Walks again, reading every frame, to find the step after which the samples were no longer finite.
fn blame(model: &dyn Model, request: &Request, helpers: &Helpers, sample: usize) -> Result<Error> {
    let mut generation = model.generate_with(request, helpers)?;
    let mut place = "in the last step".to_owned();
    while let Some(frame) = generation.step() {
        let frame = frame?;
        let (step, steps, level) = (frame.step, frame.steps, frame.level);
        if block_on(weights::read(frame.x))?.iter().any(|value| !value.is_finite()) {
            place = format!("after step {step} of {steps}, at noise level {level:.3}");
            break;
        }
    }
    Ok(Error::NotFinite(format!(
        "sample {sample} is not finite {place}: more `--steps`, a lower `--guidance` or another `--sampler` may help"
    )))
}
