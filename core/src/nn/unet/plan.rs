//! What a U-Net is built from, whether for pictures or for sequences: the configuration with the data's shape, and its checks.

use super::ContextConfig;
use crate::config::check::{at_least, under};
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

/// The fields are those of the configurations, except where something else is said.
pub struct Plan {
    /// Channels, height and width of the data.
    pub size: [usize; 3],
    /// How many classes there are; 0 for none.
    pub classes: usize,
    /// Numbers out for each number in.
    pub outputs: usize,
    /// Where it convolves.
    pub axes: Axes,
    /// Side of the kernels, odd.
    pub kernel: usize,
    pub channels: usize,
    pub multipliers: Vec<usize>,
    pub blocks: usize,
    /// Heights of pictures, lengths of sequences.
    pub attention: Vec<usize>,
    pub head: usize,
    pub embedding: usize,
    pub groups: usize,
    pub dropout: f64,
    pub patch: usize,
    pub context: Option<ContextConfig>,
}

impl Plan {
    /// Fails where the network cannot be built, with the name of the field to change.
    pub fn check(&self) -> Result<()> {
        at_least("blocks", self.blocks, 1)?;
        at_least("patch", self.patch, 1)?;
        at_least("multipliers", self.multipliers.len(), 1)?;
        at_least("embedding", self.embedding, 4)?;
        if self.kernel.is_multiple_of(2) {
            return Err(Error::config("kernel", format!("wanted an odd number; this is {}", self.kernel)));
        }
        self.check_sides()?;
        for level in 0..self.multipliers.len() {
            self.check_width(self.width(level))?;
        }
        under("context", self.check_context())
    }

    fn check_sides(&self) -> Result<()> {
        let levels = self.multipliers.len();
        let fold = u32::try_from(levels - 1)
            .ok()
            .and_then(|halvings| 2_usize.checked_pow(halvings))
            .and_then(|n| n.checked_mul(self.patch))
            .unwrap_or(usize::MAX);
        let [_, height, width] = self.size;
        let [high, wide] = self.axes.span(fold);
        if height.is_multiple_of(high) && width.is_multiple_of(wide) {
            return Ok(());
        }
        let (what, data) = match self.axes {
            Axes::Plane => ("height and width", format!("{height}x{width}")),
            Axes::Line => ("length", width.to_string()),
        };
        let patch = self.patch;
        let message = format!(
            "{levels} levels and patch {patch} need a {what} divisible by {fold}; the data are {data}"
        );
        Err(Error::config("multipliers", message))
    }

    fn check_width(&self, c: usize) -> Result<()> {
        if self.groups == 0 || c == 0 || !c.is_multiple_of(self.groups) {
            let message = format!("{} groups do not divide {c} channels", self.groups);
            return Err(Error::config("groups", message));
        }
        if !self.attention.is_empty() && (self.head == 0 || !c.is_multiple_of(self.head)) {
            return Err(Error::config("head", format!("heads of {} do not divide {c} channels", self.head)));
        }
        Ok(())
    }

    fn check_context(&self) -> Result<()> {
        let Some(context) = &self.context else { return Ok(()) };
        at_least("width", context.width, 1)?;
        let mut attending = (0..self.multipliers.len()).filter(|level| self.attends(*level)).peekable();
        if attending.peek().is_none() {
            let sides: Vec<usize> = (0..self.multipliers.len()).map(|level| self.side(level)).collect();
            let message = format!(
                "it is looked at where there is attention, which is nowhere: list some of {sides:?} in `attention`"
            );
            return Err(Error::config(".", message));
        }
        let Some(heads) = context.heads else { return Ok(()) };
        match attending.map(|level| self.width(level)).find(|c| heads == 0 || !c.is_multiple_of(heads)) {
            Some(c) => Err(Error::config("heads", format!("{heads} heads do not divide {c} channels"))),
            None => Ok(()),
        }
    }

    /// Channels of a level.
    pub fn width(&self, level: usize) -> usize {
        self.channels * self.multipliers[level]
    }

    /// Whether a level has attention.
    pub fn attends(&self, level: usize) -> bool {
        self.attention.contains(&self.side(level))
    }

    /// A level's height, or length where the data are a sequence.
    fn side(&self, level: usize) -> usize {
        let [_, height, width] = self.size;
        let side = match self.axes {
            Axes::Plane => height,
            Axes::Line => width,
        };
        (side / self.patch) >> level
    }
}
