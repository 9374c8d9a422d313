//! Drawing samples and writing them: what `sample`, `edit` and `interpolate` share.

use std::path::PathBuf;
use std::time::Instant;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use kiln::data::Split;
use kiln::editing::Edit;
use kiln::model::{Card, Classes, Helpers, Model, Request};
use kiln::nn::Precision;
use kiln::runs::plain;

use super::guides::Guides;
use super::walk::Walk;
use crate::draw::{Drawn, batch, draw_with};
use crate::failure::{Outcome, argument};
use crate::models::{self, Loaded};
use crate::progress::Bar;
use crate::save::save;
use crate::{out, picture, tokens};

/// How to draw, and where to put what was drawn.
#[derive(Debug, clap::Args)]
pub(crate) struct Drawing {
    /// Entry of the zoo, .safetensors file, or folder of a run
    model: String,
    #[command(flatten)]
    walk: Walk,
    #[command(flatten)]
    guides: Guides,
    /// Class by name or index, `each` for one after the other (where there are classes, the default of `sample`), or
    /// `any` for whatever the data hold (the default of the others)
    #[arg(long, value_name = "NAME|INDEX|each|any")]
    class: Option<String>,
    /// Seed of all noise: the same seed is the same picture on every device
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Samples at a time: a matter of memory, not of what is drawn, but to the tolerance of a sampler that chooses its own
    /// steps by it [default: 64 pictures, 4096 points]
    #[arg(long)]
    batch: Option<usize>,
    /// Where the picture or the text goes: one picture as it is, several as a contact sheet [default:
    /// outputs/samples/MODEL_seedSEED.png; text is printed]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the numbers too: little-endian f32, a row a sample; the picture is then drawn only with --out
    #[arg(long, value_name = "FILE")]
    raw: Option<PathBuf>,
    /// Columns of a contact sheet [default: as many as rows]; one sample becomes a sheet, enlarged and framed, too
    #[arg(long)]
    columns: Option<usize>,
    /// What to compute on (kiln devices)
    #[arg(long, default_value = "auto")]
    device: String,
    /// In what the model's network computes, where the device can; samples are walked in f32
    #[arg(long, default_value = "f32", value_parser = precision())]
    precision: Precision,
}

/// What a command draws.
pub(super) struct Wanted {
    /// How many samples.
    pub(super) count: usize,
    /// What they are made from.
    pub(super) edit: Option<Edit>,
    /// Of which classes where nobody says; a model may have none.
    pub(super) classes: Classes,
    /// What to add to the default name of the picture.
    pub(super) suffix: &'static str,
}

impl Drawing {
    /// Draws what is wanted of a model with this card.
    pub(super) fn run(&self, wanted: impl FnOnce(&Card) -> Outcome<Wanted>) -> Outcome {
        let (found, device) = kiln::device::choose(&self.device)?;
        let loaded = models::load_in(&self.model, &device, self.precision)?;
        self.check(loaded.model.card())?;
        let wanted = wanted(loaded.model.card())?;
        let helpers = self.guides.load(&device)?;
        let request = self.request(&*loaded.model, &helpers, &wanted)?;
        let started = Instant::now();
        let batch = self.batch.unwrap_or_else(|| batch(loaded.model.card()));
        let drawn = draw_with(&*loaded.model, &request, &helpers, batch, &Bar::new("drawing", 0, 0))?;
        let seconds = started.elapsed().as_secs_f64();
        let text = tokens::text(&drawn.rows, loaded.model.card());
        if let Some(text) = &text {
            out::say(text);
        }
        for path in self.write(&loaded, &drawn, text.as_deref(), &wanted)? {
            out::say(path.display());
        }
        out::note(summary(wanted.count, &drawn, &found.name, seconds));
        Ok(())
    }

    /// Refuses what would change nothing, and a name that says what the file is not.
    fn check(&self, card: &Card) -> Outcome {
        let text = tokens::is_text(card);
        if self.columns.is_some() && (text || card.shape.len() != 3) {
            return Err(argument(
                "--columns: only pictures stand in columns, and these are none; leave it out",
            ));
        }
        let other =
            |path: &&PathBuf| path.extension().is_some_and(|ending| !ending.eq_ignore_ascii_case("png"));
        match self.out.as_ref().filter(other) {
            Some(path) if !text => Err(argument(format!(
                "--out {}: a picture is written as PNG; give it a name that ends in .png",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    fn request(&self, model: &dyn Model, helpers: &Helpers, wanted: &Wanted) -> Outcome<Request> {
        let classes = self.classes(model.card(), helpers, &wanted.classes)?;
        let mut request = Request {
            count: wanted.count,
            seed: self.seed,
            classes,
            edit: wanted.edit.clone(),
            ..self.walk.request(model)?
        };
        if let Some(scale) = self.guides.classifier_scale {
            request.guiding.get_or_insert_with(|| defaults(model)).classifier = scale;
        }
        Ok(request)
    }

    /// The classes that are asked for; a model without any may have a classifier's.
    fn classes(&self, card: &Card, helpers: &Helpers, default: &Classes) -> Outcome<Classes> {
        let knowing = helpers.classifier.as_ref().map_or(card, |classifier| classifier.card());
        Ok(match self.class.as_deref() {
            Some("any") => Classes::Any,
            None if knowing.classes.is_empty() => Classes::Any,
            None => default.clone(),
            Some("each") if !knowing.classes.is_empty() => Classes::Each,
            Some(name) => Classes::One(knowing.class(name)?),
        })
    }

    /// Writes what was asked for; the paths.
    fn write(
        &self,
        loaded: &Loaded,
        drawn: &Drawn,
        text: Option<&str>,
        wanted: &Wanted,
    ) -> Outcome<Vec<PathBuf>> {
        let mut written = Vec::new();
        if let Some(path) = &self.raw {
            let bytes: Vec<u8> = drawn.rows.iter().flat_map(|value| value.to_le_bytes()).collect();
            save(path, &bytes)?;
            written.push(path.clone());
        }
        // Text has been said; a file is made of it where one is asked for.
        let path = if text.is_some() { self.out.clone() } else { self.picture_path(wanted.suffix) };
        if let Some(path) = path {
            let bytes = match text {
                Some(text) => format!("{text}\n").into_bytes(),
                None => self.draw_picture(loaded, drawn, wanted)?,
            };
            save(&path, &bytes)?;
            written.push(path);
        }
        Ok(written)
    }

    fn picture_path(&self, suffix: &str) -> Option<PathBuf> {
        let default = || {
            let name = plain(&self.model);
            PathBuf::from(format!("outputs/samples/{name}{suffix}_seed{}.png", self.seed))
        };
        self.out.clone().or_else(|| self.raw.is_none().then(default))
    }

    fn draw_picture(&self, loaded: &Loaded, drawn: &Drawn, wanted: &Wanted) -> Outcome<Vec<u8>> {
        let card = loaded.model.card();
        let (shape, rows) = (&card.shape, tokens::numbers(&drawn.rows, card));
        let reference = (shape.len() == 1).then(|| reference(loaded, wanted.count)).flatten();
        let columns =
            self.columns.or(matches!(wanted.edit, Some(Edit::Between { .. })).then_some(wanted.count));
        Ok(picture::png(&rows, shape, columns, reference.as_deref())?)
    }
}

/// Reads a precision by its name.
fn precision() -> impl TypedValueParser<Value = Precision> {
    PossibleValuesParser::new(Precision::ALL.map(Precision::name)).try_map(|name| Precision::named(&name))
}

/// The model's own guidance.
fn defaults(model: &dyn Model) -> kiln::guidance::Guiding {
    model.generator().and_then(|generator| generator.defaults().guiding).unwrap_or_default()
}

/// Fresh data, where the model knows its own and they can be read.
pub(super) fn reference(loaded: &Loaded, count: usize) -> Option<Vec<f32>> {
    let data = loaded.data.as_ref()?.open(loaded.path.as_deref(), Split::Test).ok()?;
    let rows = picture::examples(&*data, 0, count);
    Some(tokens::numbers(&rows, loaded.model.card()).into_owned())
}

fn summary(count: usize, drawn: &Drawn, device: &str, seconds: f64) -> String {
    let Drawn { steps, evaluations, .. } = drawn;
    format!(
        "{count} samples in {steps} steps, {evaluations} evaluations of the network, {seconds:.1} s on {device}"
    )
}
