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
    let mut drawn = Drawn { rows: Vec::new(), steps: 0, evaluations: 0 };
    for part in parts(request, batch)? {
        let mut generation = model.generate_with(&part, helpers)?;
        if part.first == request.first {
            drawn.steps = generation.steps();
            bar.length((drawn.steps * request.count.div_ceil(batch)) as u64);
        }
        let step = |_| {
            bar.step();
            true
        };
        let x = last(&mut *generation, step)?.expect("a walk should have a step");
        drawn.evaluations += generation.evaluations();
        drawn.rows.extend(read(model, &part, helpers, x)?);
    }
    Ok(drawn)
}

/// The request in parts of at most `batch` samples.
pub fn parts(request: &Request, batch: usize) -> Result<impl Iterator<Item = Request>> {
    if batch == 0 {
        return Err(Error::argument("batch: at least 1 sample has to be drawn at a time, not 0"));
    }
    let part = move |done: usize| Request {
        count: batch.min(request.count - done),
        first: request.first + done as u64,
        ..request.clone()
    };
    // A request for nothing is a part too: the model says what is wrong with it.
    Ok((0..request.count.max(1)).step_by(batch).map(part))
}

/// The last frame, unread: reading each would make the device wait. `None` where `go_on`, asked after each step, says no.
pub fn last(
    generation: &mut dyn Generation,
    mut go_on: impl FnMut(usize) -> bool,
) -> Result<Option<Tensor<2>>> {
    if let Some(frame) = generation.leap() {
        return Ok((1..=frame.steps).all(go_on).then_some(frame.x));
    }
    let mut x = None;
    while let Some(frame) = generation.step() {
        let frame = frame?;
        x = Some(frame.x);
        if !go_on(frame.step) {
            return Ok(None);
        }
    }
    Ok(x)
}

/// Reads the samples of a request; where one is not finite, the error says after which step.
pub fn read(model: &dyn Model, request: &Request, helpers: &Helpers, x: Tensor<2>) -> Result<Vec<f32>> {
    let rows = block_on(weights::read(x))?;
    let Some(at) = rows.iter().position(|value| !value.is_finite()) else { return Ok(rows) };
    let sample = request.first as usize + at / model.card().features();
    Err(blame(model, request, helpers, sample)?)
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

#[cfg(test)]
mod tests {
    use burn::prelude::{Device, TensorData};
    use kiln::model::Frame;
    use kiln::nn::Named;

    use super::*;

    /// Three steps, of which the second loses sample 5.
    struct Broken(Card);

    impl Model for Broken {
        fn card(&self) -> &Card {
            &self.0
        }
        fn parameters(&self) -> Vec<Named> {
            Vec::new()
        }
        fn generate_with(&self, request: &Request, _helpers: &Helpers) -> Result<Box<dyn Generation>> {
            let sample = |row: usize| if request.first + row as u64 == 5 { f32::NAN } else { 0.0 };
            let rows = TensorData::new((0..request.count).map(sample).collect(), [request.count, 1]);
            Ok(Box::new(Breaking { lost: Tensor::from_data(rows, &Device::flex()), step: 0 }))
        }
    }

    struct Breaking {
        lost: Tensor<2>,
        step: usize,
    }

    impl Generation for Breaking {
        fn step(&mut self) -> Option<Result<Frame>> {
            self.step += 1;
            let x = if self.step < 2 { self.lost.zeros_like() } else { self.lost.clone() };
            let frame = Frame { step: self.step, steps: 3, level: 4.0 / self.step as f64, x };
            (self.step <= 3).then_some(Ok(frame))
        }
        fn steps(&self) -> usize {
            3
        }
        fn evaluations(&self) -> usize {
            self.step
        }
    }

    #[test]
    fn what_is_not_finite_is_told_with_its_sample_its_step_and_its_level() {
        let card =
            Card { family: "broken", shape: vec![1], classes: Vec::new(), parameters: 0, vocabulary: None };
        let request = |count| Request { count, ..Request::default() };
        let drawn = |count| draw(&Broken(card.clone()), &request(count), 2, &Bar::hidden());
        assert_eq!(drawn(5).expect("the first five").rows, [0.0; 5]);
        let error = drawn(9).err().expect("sample 5 is lost").to_string();
        assert!(error.contains("sample 5 is not finite after step 2 of 3, at noise level 2.000"), "{error}");
    }
}
