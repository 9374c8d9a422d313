//! The network of a VQ-VAE: an encoder, a quantiser and a decoder.

use burn::prelude::*;

use super::quantisers::Quantiser;
use crate::autoencoder::Coders;
use crate::codebook::Codebook;
use crate::codec::Codec;
use crate::nn::{Condition, Mode, Network, Parametric};

/// An encoder, a quantiser and a decoder.
pub struct VqVae {
    coders: Coders,
    quantiser: Box<dyn Quantiser>,
}

impl VqVae {
    pub(super) fn new(coders: Coders, quantiser: Box<dyn Quantiser>) -> Self {
        Self { coders, quantiser }
    }

    /// Vectors to codes.
    pub fn quantiser(&self) -> &dyn Quantiser {
        &*self.quantiser
    }

    pub(super) fn quantiser_mut(&mut self) -> &mut dyn Quantiser {
        &mut *self.quantiser
    }

    /// What the encoder says of samples: `[batch · places, dimensions]`, not quantised yet.
    pub fn vectors(&self, x: Tensor<2>, mode: Mode) -> Tensor<2> {
        self.by_place(self.coders.encoder.forward(x, &Condition::default(), mode))
    }

    /// The samples that vectors stand for, `[batch · places, dimensions]` to `[batch, features]`.
    pub fn reconstruct(&self, vectors: Tensor<2>, mode: Mode) -> Tensor<2> {
        self.coders.decoder.forward(self.by_sample(vectors), &Condition::default(), mode)
    }

    /// Latents `[batch, dimensions · places]` to `[batch · places, dimensions]`.
    fn by_place(&self, z: Tensor<2>) -> Tensor<2> {
        let (batch, [dimensions, places]) = (z.dims()[0], self.sizes());
        z.reshape([batch, dimensions, places]).swap_dims(1, 2).reshape([batch * places, dimensions])
    }

    /// Its inverse.
    fn by_sample(&self, vectors: Tensor<2>) -> Tensor<2> {
        let (rows, [dimensions, places]) = (vectors.dims()[0], self.sizes());
        let z = vectors.reshape([rows / places, places, dimensions]).swap_dims(1, 2);
        z.reshape([rows / places, dimensions * places])
    }

    /// Numbers of a vector, and vectors of a sample.
    fn sizes(&self) -> [usize; 2] {
        let latent = &self.coders.latent;
        [latent[0], latent[1..].iter().product()]
    }
}

impl Codec for VqVae {
    fn latent_shape(&self) -> &[usize] {
        &self.coders.latent
    }
    /// The codes' vectors.
    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.by_sample(self.quantiser.quantise(self.vectors(x, Mode::Infer)).vectors)
    }
    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.coders.decoder.forward(z, &Condition::default(), Mode::Infer)
    }
}

impl Codebook for VqVae {
    fn shape(&self) -> Vec<usize> {
        let mut shape = self.coders.latent[1..].to_vec();
        match shape.last_mut() {
            Some(width) => *width *= self.depth(),
            None => shape.push(self.depth()),
        }
        shape
    }
    fn depth(&self) -> usize {
        self.quantiser.depth()
    }
    fn size(&self) -> usize {
        self.quantiser.size()
    }
    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        let batch = x.dims()[0];
        let codes = self.quantiser.quantise(self.vectors(x, Mode::Infer)).codes;
        let count = codes.dims().iter().product::<usize>() / batch.max(1);
        codes.reshape([batch, count])
    }
    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        let ([batch, count], depth) = (codes.dims(), self.depth());
        // Codes that are no numbers stay none, whatever is looked up.
        let fault = codes.clone().sum_dim(1) * 0.0;
        let vectors = self.quantiser.vectors(codes.reshape([batch * count / depth, depth]));
        self.reconstruct(vectors, Mode::Infer) + fault
    }
}

impl Network for VqVae {
    /// The reconstruction; the noise level and the class are not asked for.
    fn forward(&self, x: Tensor<2>, _condition: &Condition, mode: Mode) -> Tensor<2> {
        self.reconstruct(self.quantiser.quantise(self.vectors(x, mode)).vectors, mode)
    }
}

impl Parametric for VqVae {
    fn parts(&self) -> Vec<(String, &dyn Parametric)> {
        let Coders { encoder, decoder, .. } = &self.coders;
        vec![
            ("encoder".into(), &**encoder),
            ("decoder".into(), &**decoder),
            ("quantiser".into(), &*self.quantiser),
        ]
    }

    fn parts_mut(&mut self) -> Vec<&mut dyn Parametric> {
        let Coders { encoder, decoder, .. } = &mut self.coders;
        vec![&mut **encoder, &mut **decoder, &mut *self.quantiser]
    }
}
