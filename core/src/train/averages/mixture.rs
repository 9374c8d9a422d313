//! A weighted sum of weight files, in double precision on the host.

use crate::weights::{self, HostTensor, WeightFile};
use crate::{Error, Result};

/// `Σᵢ xᵢ θᵢ`, while it is being summed. The model is that of the first file.
#[derive(Default)]
pub struct Mixture {
    header: Option<String>,
    sums: Vec<Sum>,
}

struct Sum {
    name: String,
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Mixture {
    /// Adds `weight` times the weights in `bytes`; `name` is what errors call them.
    pub fn add(&mut self, weight: f64, name: &str, bytes: &[u8]) -> Result<()> {
        let file = WeightFile::parse(name, bytes)?;
        let tensors = file.fetched()?;
        if self.header.is_none() {
            self.header = Some(file.header_text()?.to_owned());
            self.sums = tensors.iter().map(Sum::zero).collect();
        }
        let same =
            tensors.iter().map(|t| (&t.name, &t.shape)).eq(self.sums.iter().map(|s| (&s.name, &s.shape)));
        if !same {
            return Err(Error::format(
                name,
                "holds other parameters than the weights that it is to be averaged with",
            ));
        }
        for (sum, tensor) in self.sums.iter_mut().zip(tensors) {
            let values = sum.values.iter_mut().zip(tensor.values());
            values.for_each(|(sum, value)| *sum += weight * f64::from(value));
        }
        Ok(())
    }

    /// The sum as a weight file.
    pub fn finish(self) -> Result<Vec<u8>> {
        let tensors: Vec<HostTensor> = self.sums.into_iter().map(Sum::finish).collect();
        weights::write(&tensors, self.header)
    }
}

impl Sum {
    fn zero(tensor: &HostTensor) -> Self {
        let values = vec![0.0; tensor.bytes.len() / 4];
        Self { name: tensor.name.clone(), shape: tensor.shape.clone(), values }
    }

    fn finish(self) -> HostTensor {
        let values: Vec<f32> = self.values.iter().map(|value| *value as f32).collect();
        HostTensor::of(self.name, self.shape, &values)
    }
}
