//! What a U-Net is built from, whether for pictures or for sequences: the configuration with what it is built for, and its checks.

use super::{Unet, UnetConfig};
use crate::config::check::{at_least, divides, shrinks, under, within};
use crate::nn::{Init, Interface, Network};
use crate::{Error, Result};

/// The axes along which a network convolves, folds and halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// Height and width.
    Plane,
    /// Width alone: a sequence is a picture of height 1.
    Line,
}

impl Axes {
    /// Height and width of what is `n` long along these axes.
    pub fn span(self, n: usize) -> [usize; 2] {
        match self {
            Self::Plane => [n, n],
            Self::Line => [1, n],
        }
    }
}

/// A configuration, and what it is to be built for. A sequence is a picture of height 1, and its lengths are what a picture's heights are.
pub struct Plan<'a> {
    pub config: &'a UnetConfig,
    pub interface: &'a Interface,
    /// Channels, height and width of the data.
    pub size: [usize; 3],
    /// Where it convolves.
    pub axes: Axes,
    /// Side of the kernels, odd.
    pub kernel: usize,
}

impl Plan<'_> {
    /// The network. Fails where it cannot be built, with the name of the field to change.
    pub fn build(&self, init: &Init) -> Result<Box<dyn Network>> {
        self.check()?;
        Ok(Box::new(Unet::new(self, init)))
    }

    /// How many levels there are.
    pub fn levels(&self) -> usize {
        self.config.multipliers.len()
    }

    /// Channels of a level.
    pub fn width(&self, level: usize) -> usize {
        self.config.channels * self.config.multipliers[level]
    }

    /// Whether a level has attention.
    pub fn attends(&self, level: usize) -> bool {
        self.config.attention.contains(&self.side(level))
    }

    /// Width of the class as a token, where cross-attention looks at that.
    pub fn token(&self) -> Option<usize> {
        let context = self.config.context.as_ref().filter(|_| self.interface.context.is_none());
        context.map(|context| context.width)
    }

    fn check(&self) -> Result<()> {
        let config = self.config;
        at_least("blocks", config.blocks, 1)?;
        at_least("patch", config.patch, 1)?;
        at_least("multipliers", config.multipliers.len(), 1)?;
        at_least("embedding", config.embedding, 4)?;
        within("dropout", config.dropout, 0.0, 0.9)?;
        if self.kernel.is_multiple_of(2) {
            return Err(Error::config("kernel", format!("wanted an odd number; this is {}", self.kernel)));
        }
        shrinks("multipliers", [self.levels(), config.patch], self.data())?;
        divides("groups", config.groups, (0..self.levels()).map(|level| self.width(level)))?;
        self.check_attention()?;
        under("context", self.check_context())
    }

    fn check_attention(&self) -> Result<()> {
        let sides = self.sides();
        if let Some(side) = self.config.attention.iter().find(|side| !sides.contains(side)) {
            let message = format!("no level has the side {side}; there are: {sides:?}");
            return Err(Error::config("attention", message));
        }
        divides("head", self.config.head, self.attending())
    }

    fn check_context(&self) -> Result<()> {
        let Some(context) = &self.config.context else { return Ok(()) };
        at_least("width", context.width, 1)?;
        match self.interface.context {
            Some(given) if given != context.width => {
                let message =
                    format!("wanted {given}, as the context's tokens have; this is {}", context.width);
                return Err(Error::config("width", message));
            }
            None if self.interface.classes.is_empty() => {
                let message = "the model is told no class and given no context to look at; leave it out";
                return Err(Error::config(".", message));
            }
            _ => {}
        }
        if self.config.attention.is_empty() {
            let sides = self.sides();
            let message = format!(
                "it is looked at where there is attention, which is nowhere: list some of {sides:?} in `attention`"
            );
            return Err(Error::config(".", message));
        }
        context.heads.map_or(Ok(()), |heads| divides("heads", heads, self.attending()))
    }

    /// Channels of the levels that have attention.
    fn attending(&self) -> impl Iterator<Item = usize> {
        (0..self.levels()).filter(|level| self.attends(*level)).map(|level| self.width(level))
    }

    /// The levels' heights, or lengths where the data are a sequence.
    fn sides(&self) -> Vec<usize> {
        (0..self.levels()).map(|level| self.side(level)).collect()
    }

    fn side(&self, level: usize) -> usize {
        (self.data()[0] / self.config.patch) >> level
    }

    /// The sides of the data that levels halve: height and width, or the length alone.
    fn data(&self) -> &[usize] {
        match self.axes {
            Axes::Plane => &self.size[1..],
            Axes::Line => &self.size[2..],
        }
    }
}
