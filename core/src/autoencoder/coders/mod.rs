//! Encoders and decoders: rows to numbers of a latent, and back.

mod mlp;
mod residual;

use crate::nn::{Init, Network};
use crate::{Error, Result};

/// The two networks of an autoencoder.
pub struct Coders {
    /// Rows of the data to rows of the latent, which may hold several numbers for each of the latent's own.
    pub encoder: Box<dyn Network>,
    /// Rows of latents to rows of the data.
    pub decoder: Box<dyn Network>,
    /// Shape of a latent.
    pub latent: Vec<usize>,
}

/// How many numbers a latent has (at each place, where it is a picture).
#[derive(Clone, Copy, Debug)]
pub struct Widths {
    /// What the encoder gives: more than the decoder takes where a latent is drawn from a distribution.
    pub given: usize,
    /// What the decoder takes.
    pub taken: usize,
}

/// An encoder's and decoder's configuration.
pub trait Coding {
    /// Builds both for samples of this shape. Fails where the configuration does not fit it.
    fn build(&self, shape: &[usize], widths: Widths, init: &Init) -> Result<Coders>;
}

registry! {
    /// The encoders and decoders that a configuration can name.
    pub enum CoderConfig("coder"): dyn Coding {
        "residual" => residual::Residual,
        "mlp" => mlp::Mlp,
    }
}

/// The refusal of a coder of pictures.
fn no_picture(shape: &[usize]) -> Error {
    let message = format!(
        "residual coders take pictures [channels, height, width], not {shape:?}; `mlp` takes any shape"
    );
    Error::config(".", message)
}
