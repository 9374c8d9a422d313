//! Pictures held in memory, a byte a value.

use super::{Dataset, Labels, unpack};

/// Finite pictures, all of one shape, with a class each or none at all.
pub struct Stored {
    /// `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// The pictures, one after the other.
    pub bytes: Vec<u8>,
    /// A class for each picture; empty where there are no classes.
    pub labels: Vec<u32>,
    /// Their names.
    pub classes: Vec<String>,
}

impl Stored {
    fn values(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Dataset for Stored {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn len(&self) -> Option<usize> {
        Some(self.bytes.len() / self.values())
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn read(&self, index: u64, out: &mut [f32]) -> Labels {
        let (index, values) = (index as usize, self.values());
        unpack(&self.bytes[index * values..(index + 1) * values], out);
        Labels { class: self.labels.get(index).copied(), attributes: Vec::new() }
    }
}
