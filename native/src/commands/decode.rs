//! How tokens are drawn, and what they begin with, as a user says it.

use kiln::decoding::{DecoderConfig, Decoding};
use kiln::editing::{Edit, InpaintConfig};
use kiln::model::{Card, Generate, Model};

use crate::failure::{Outcome, argument};
use crate::spec::member;

/// How tokens are drawn; the model's own way where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(crate) struct Decode {
    /// Order in which tokens are decided, as in `confidence` (kiln list decoders; models of tokens)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    decoder: Option<String>,
    /// Below 1, probable tokens become more so; above, less (models of tokens)
    #[arg(long)]
    temperature: Option<f64>,
    /// Draw only from so many of the most probable tokens (models of tokens)
    #[arg(long, value_name = "COUNT")]
    top_k: Option<usize>,
    /// Draw only from the most probable tokens that together come to this share (models of tokens)
    #[arg(long, value_name = "SHARE")]
    top_p: Option<f64>,
    /// Draw only from tokens at least this share as probable as the most probable one (models of tokens)
    #[arg(long, value_name = "SHARE")]
    min_p: Option<f64>,
}

impl Decode {
    /// The model's own decoding, with what was said; `None` where nothing was.
    pub(crate) fn decoding(&self, model: &dyn Model) -> Outcome<Option<Decoding>> {
        if *self == Self::default() {
            return Ok(None);
        }
        let own = model.generator().map(Generate::defaults).and_then(|request| request.decoding);
        let Some(own) = own else {
            return Err(argument(format!(
                "--decoder, --temperature, --top-k, --top-p and --min-p: a {} draws no tokens; leave them out",
                model.card().family
            )));
        };
        let decoder = self.decoder.as_deref().map(|text| member(text, DecoderConfig::named)).transpose()?;
        Ok(Some(Decoding {
            decoder: decoder.unwrap_or(own.decoder),
            temperature: self.temperature.unwrap_or(own.temperature),
            top_k: self.top_k.unwrap_or(own.top_k),
            top_p: self.top_p.unwrap_or(own.top_p),
            min_p: self.min_p.unwrap_or(own.min_p),
        }))
    }
}

/// Samples that begin with `prompt`.
pub(crate) fn begun(prompt: &str, card: &Card) -> Outcome<Edit> {
    let Some(vocabulary) = &card.vocabulary else {
        return Err(argument(format!("--prompt: this {} draws no text; leave it out", card.family)));
    };
    let mut rows = vocabulary.encode("--prompt", prompt.as_bytes())?;
    let (given, length) = (rows.len(), card.features());
    if given == 0 || given >= length {
        return Err(argument(format!("--prompt: wanted 1 to {} tokens, these are {given}", length - 1)));
    }
    rows.resize(length, 0);
    Ok(Edit::Inpaint {
        rows: rows.into_iter().map(|token| token as f32).collect(),
        mask: (0..length).map(|place| if place < given { 0.0 } else { 1.0 }).collect(),
        method: InpaintConfig::named("replace")?,
    })
}
