//! Which part of a model first gave a number that is not finite.

use burn::prelude::*;

use crate::{Error, Result};

/// What the parts of a model gave, in their order: whether all of it is finite, by name. Nothing of it has been read from the device yet.
#[derive(Debug, Default)]
pub struct Trace {
    names: Vec<String>,
    /// One where all numbers are finite and zero where not, `[1]` each.
    finite: Vec<Tensor<1>>,
}

impl Trace {
    /// Notes what is called so.
    pub fn note<const D: usize>(&mut self, name: String, value: &Tensor<D>) {
        let finite = value.clone().without_autodiff().abs().lower_equal_elem(f32::MAX); // false for NaN too
        self.names.push(name);
        self.finite.push(finite.int().min().float());
    }

    /// Waits for the device: the name of the first that is not finite, if any.
    pub async fn first(self) -> Result<Option<String>> {
        if self.names.is_empty() {
            return Ok(None);
        }
        let failed = |error: String| Error::Device(format!("reading from the device failed: {error}"));
        let read = Tensor::cat(self.finite, 0).into_data_async().await;
        let flags = read.map_err(|error| failed(format!("{error:?}")))?.convert::<f32>();
        let flags = flags.try_to_vec::<f32>().map_err(|error| failed(format!("{error:?}")))?;
        Ok(self.names.into_iter().zip(flags).find(|(_, finite)| *finite < 0.5).map(|(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_not_finite_is_named() {
        let first = |bad: [f32; 3]| {
            let mut trace = Trace::default();
            for (name, bad) in ["a", "b", "c"].into_iter().zip(bad) {
                trace.note(name.into(), &Tensor::<1>::from_floats([f32::MAX, bad, -1.0], &Device::flex()));
            }
            pollster::block_on(trace.first()).expect("flags")
        };
        assert_eq!(first([0.0, f32::MIN, 1.0]), None);
        assert_eq!(first([0.0, f32::NEG_INFINITY, f32::NAN]).as_deref(), Some("b"));
        assert_eq!(first([0.0, 1.0, f32::NAN]).as_deref(), Some("c"));
    }
}
