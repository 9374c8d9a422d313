//! What a request asks for beside samples, and whether a family knows it.

use burn::prelude::*;

use super::{Helpers, Request};
use crate::samplers::Noise;
use crate::{Error, Result};

/// What only some families know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Sampler,
    Schedule,
    Grid,
    /// So many.
    Steps(usize),
    Epsilon,
    /// A scale other than 1.
    Guidance,
    Guiding,
    Decoding,
    Edit,
    Weak,
    Classifier,
}

impl Asked {
    /// The field of the request, or of its helpers.
    fn name(self) -> &'static str {
        match self {
            Self::Sampler => "sampler",
            Self::Schedule => "schedule",
            Self::Grid => "grid",
            Self::Steps(_) => "steps",
            Self::Epsilon => "epsilon",
            Self::Guidance => "guidance",
            Self::Guiding => "guiding",
            Self::Decoding => "decoding",
            Self::Edit => "edit",
            Self::Weak => "weak",
            Self::Classifier => "classifier",
        }
    }
}

impl Request {
    /// Refuses to draw nothing, and what `family`, as in "a flow", does not know: `why_not` says the reason, and none of what it knows.
    pub(crate) fn check(
        &self,
        helpers: &Helpers,
        family: &str,
        why_not: impl Fn(Asked) -> Option<&'static str>,
    ) -> Result<()> {
        if self.count == 0 {
            return Err(Error::argument("count: at least 1 sample has to be drawn, not 0"));
        }
        match self.asked(helpers).find_map(|asked| Some((asked, why_not(asked)?))) {
            None => Ok(()),
            Some((asked, why)) => {
                let name = asked.name();
                Err(Error::argument(format!("{name}: this is not for {family}; leave it out: {why}")))
            }
        }
    }

    fn asked(&self, helpers: &Helpers) -> impl Iterator<Item = Asked> {
        [
            self.sampler.as_ref().map(|_| Asked::Sampler),
            self.schedule.as_ref().map(|_| Asked::Schedule),
            self.grid.as_ref().map(|_| Asked::Grid),
            self.steps.map(Asked::Steps),
            self.epsilon.as_ref().map(|_| Asked::Epsilon),
            self.insists().then_some(Asked::Guidance),
            self.guiding.as_ref().map(|_| Asked::Guiding),
            self.decoding.as_ref().map(|_| Asked::Decoding),
            self.edit.as_ref().map(|_| Asked::Edit),
            helpers.weak.as_ref().map(|_| Asked::Weak),
            helpers.classifier.as_ref().map(|_| Asked::Classifier),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether it asks for a scale of guidance that is one.
    pub(crate) fn insists(&self) -> bool {
        self.guidance.is_some_and(|scale| scale != 1.0)
    }

    /// The noise of its samples, of so many numbers each.
    pub(crate) fn noise(&self, features: usize, device: &Device) -> Noise {
        Noise { seed: self.seed, first: self.first, rows: self.count, features, device: device.clone() }
    }
}
