//! Drawing from an autoregressive prior: a token a step, each row with its own random numbers.

use std::rc::Rc;

use burn::prelude::*;
use burn::tensor::activation::log_softmax;
use kiln_kernels::attention::decode::Cache;
use kiln_kernels::tokens;

use super::{Core, check_decoding};
use crate::Result;
use crate::classes::{Guide, Taught};
use crate::config::check::under;
use crate::data::Vocabulary;
use crate::decoding::Decoding;
use crate::model::{Asked, Card, Frame, Generation, Helpers, Request};
use crate::random::{Key, Purpose};

/// Begins a generation; fails where the request does not fit the model.
pub(super) fn begin(
    core: &Rc<Core>,
    card: &Card,
    request: &Request,
    helpers: &Helpers,
) -> Result<Box<dyn Generation>> {
    request.check(helpers, "an autoregressive model", |asked| why_not(asked, card.features()))?;
    let own = &core.config.sampling;
    let taught = Taught { classes: core.classes, label_dropout: core.config.label_dropout };
    let guide = Guide::asked(request, own.guidance, taught, &core.device)?;
    let decoding = request.decoding.clone().unwrap_or_else(|| own.decoding.clone());
    under("decoding", check_decoding(&decoding))?;
    let rows = request.count * guide.evaluations();
    // Where two answers are put together, the rows come twice: told the class, and not.
    let twice = |class: Tensor<2>| Tensor::cat(vec![class.clone(), class.zeros_like()], 0);
    let class = if guide.pairs() { guide.class.clone().map(twice) } else { guide.class.clone() };
    let (caches, mask) = (core.network.caches(rows), card.vocabulary.as_ref().map_or(0, Vocabulary::size));
    let key = Key::new(request.seed, Purpose::Noise, request.first);
    let (core, count) = (core.clone(), request.count);
    Ok(Box::new(Line { core, guide, class, decoding, caches, key, count, mask, tokens: Vec::new() }))
}

/// Tokens one after the other have no solver, no noise and no steps to choose, and begin with nothing.
fn why_not(asked: Asked, length: usize) -> Option<&'static str> {
    match asked {
        Asked::Guidance | Asked::Decoding => None,
        Asked::Steps(steps) if steps == length => None,
        Asked::Steps(_) => Some("it takes one for each token"),
        Asked::Sampler => Some("say how tokens are drawn with a decoder"),
        Asked::Schedule | Asked::Grid => Some("it has none"),
        Asked::Epsilon => Some("it walks by no SDE"),
        Asked::Guiding => Some("guidance is a scale alone"),
        Asked::Edit => Some("it draws from the first token on"),
        Asked::Weak | Asked::Classifier => Some("it is guided by its classes"),
    }
}

/// Rows of tokens under way.
struct Line {
    core: Rc<Core>,
    guide: Guide,
    /// What each row of the network is told.
    class: Option<Tensor<2>>,
    decoding: Decoding,
    caches: Vec<Cache>,
    key: Key,
    count: usize,
    /// Stands for a token that is not drawn yet.
    mask: usize,
    /// Those that are, each `[count, 1]`.
    tokens: Vec<Tensor<2>>,
}

impl Line {
    /// `ln p` of the next token, `[count, vocabulary]`.
    fn predict(&mut self) -> Tensor<2> {
        let pairs = self.guide.pairs();
        let last = self.tokens.last().cloned();
        let last = if pairs { last.map(|last| last.repeat_dim(0, 2)) } else { last };
        let rows = self.count * self.guide.evaluations();
        let logits = self.core.network.next(last, self.class.as_ref(), &mut self.caches, rows);
        let log_p = log_softmax(logits, 1);
        if !pairs {
            return log_p;
        }
        let [told, untold] = [0, 1].map(|half| log_p.clone().narrow(0, half * self.count, self.count));
        untold.clone() + (told - untold) * self.guide.scale
    }

    fn advance(&mut self) -> Frame {
        let log_p = log_softmax(self.predict(), 1);
        let log_p = self.decoding.sharpened(log_p.unsqueeze_dim::<3>(1)).squeeze_dim::<2>(1);
        let at = self.tokens.len();
        // What is no number stays none, whatever is drawn from it.
        let fault = log_p.clone().sum_dim(1) * 0.0;
        let drawn = tokens::draw(log_p, self.key.draw(at as u32).draws(self.count, 1)) + fault;
        self.tokens.push(drawn.clone());
        let (step, steps) = (at + 1, self.steps());
        let mut all = self.tokens.clone();
        if step < steps {
            all.push(Tensor::full([self.count, steps - step], self.mask as f64, &drawn.device()));
        }
        Frame { step, steps, level: (steps - step) as f64 / steps as f64, x: Tensor::cat(all, 1) }
    }
}

impl Generation for Line {
    fn step(&mut self) -> Option<Result<Frame>> {
        (self.tokens.len() < self.steps()).then(|| Ok(self.advance()))
    }

    fn steps(&self) -> usize {
        self.core.network.length()
    }

    fn evaluations(&self) -> usize {
        self.tokens.len() * self.guide.evaluations()
    }
}
