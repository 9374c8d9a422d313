//! How samples are walked to, as several commands let a user say.

use kiln::guidance::{GuidanceWeightConfig, Guiding, MethodConfig, Threshold};
use kiln::interpolant::EpsilonConfig;
use kiln::model::{Card, Generate, Model, Request};
use kiln::samplers::SamplerConfig;

use super::decode::Decode;
use crate::failure::{Outcome, argument};
use crate::spec::{fields, member};
use crate::walking;

/// How to walk; the model's own way where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(crate) struct Walk {
    /// Solver, as in `heun` or `ddim:eta=0.5` (kiln list samplers)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    sampler: Option<String>,
    /// Its order, for those that have several
    #[arg(long, value_name = "ORDER")]
    order: Option<usize>,
    /// Frame in which it steps (kiln list schedules); or the noise levels that it visits, as under --grid
    #[arg(long, value_name = "NAME[:key=value,...]")]
    schedule: Option<String>,
    /// Noise levels that it visits (kiln list grids), or @FILE for what `kiln fit-grid` wrote
    #[arg(long, value_name = "NAME[:key=value,...]|@FILE")]
    grid: Option<String>,
    /// Steps
    #[arg(long)]
    steps: Option<usize>,
    /// How much noise the SDE of an interpolant adds, as in `constant:value=0.5`, beside --sampler euler_ancestral (kiln list diffusions)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    epsilon: Option<String>,
    /// Scale of classifier-free guidance; 1 is none
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) guidance: Option<f64>,
    /// Guide only between these two noise levels
    #[arg(long, value_name = "LOW,HIGH", value_delimiter = ',')]
    guidance_interval: Vec<f64>,
    /// How much of the contrast to take back that guidance adds, 0 to 1
    #[arg(long, value_name = "SHARE")]
    guidance_rescale: Option<f64>,
    /// How the scale follows the noise (kiln list guidance-weights)
    #[arg(long, value_name = "NAME")]
    guidance_schedule: Option<String>,
    /// Adaptive projected guidance, as in `--apg` or `--apg=eta=0.2,norm=5`
    #[arg(long, value_name = "key=value,...", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    apg: Option<String>,
    /// Keep predictions within the data's range, [-1, 1] for pictures, but for so many of their values: dynamic thresholding
    /// (0.995 for photographs, less where most pixels are black or white); for others name it, as in `percentile=0.995,limit=4`
    #[arg(long, value_name = "SHARE|key=value,...")]
    threshold: Option<String>,
    #[command(flatten)]
    decode: Decode,
}

impl Walk {
    /// A request that walks so.
    pub(crate) fn request(&self, model: &dyn Model) -> Outcome<Request> {
        let (schedule, grid) = walking::levels(self.schedule.as_deref(), self.grid.as_deref())?;
        Ok(Request {
            sampler: self.solver(model)?,
            schedule,
            grid,
            steps: self.steps,
            epsilon: self.epsilon.as_deref().map(|text| member(text, EpsilonConfig::named)).transpose()?,
            guidance: self.guidance,
            guiding: self.guiding(model)?,
            decoding: self.decode.decoding(model)?,
            ..Request::default()
        })
    }

    /// Whether it says how what is guided is put together, beside the scale.
    pub(crate) fn steers(&self) -> bool {
        !self.guidance_interval.is_empty()
            || self.guidance_rescale.is_some()
            || self.guidance_schedule.is_some()
            || self.apg.is_some()
    }

    /// The solver that was named, or the model's own in the order that was.
    fn solver(&self, model: &dyn Model) -> Outcome<Option<SamplerConfig>> {
        if let Some(text) = &self.sampler {
            return Ok(Some(walking::sampler(text, self.order)?));
        }
        let Some(order) = self.order else { return Ok(None) };
        let own = model.generator().and_then(|generator| generator.defaults().sampler);
        Ok(own.map(|own| walking::of_order(&own, order)).transpose()?)
    }

    /// The model's own guidance, with what was said; `None` where nothing was.
    fn guiding(&self, model: &dyn Model) -> Outcome<Option<Guiding>> {
        let interval = match *self.guidance_interval {
            [] => None,
            [low, high] => Some([low, high]),
            _ => return Err(argument("--guidance-interval: wanted two noise levels, as in 0.1,5")),
        };
        let weight = self.guidance_schedule.as_deref();
        let schedule = weight.map(|text| member(text, GuidanceWeightConfig::named)).transpose()?;
        let method = self.apg.as_deref().map(apg).transpose()?;
        let threshold = self.threshold.as_deref().map(|text| threshold(text, model.card())).transpose()?;
        if threshold.is_none() && !self.steers() {
            return Ok(None);
        }
        let own =
            model.generator().map(Generate::defaults).and_then(|request| request.guiding).unwrap_or_default();
        Ok(Some(Guiding {
            interval: interval.or(own.interval),
            rescale: self.guidance_rescale.unwrap_or(own.rescale),
            schedule: schedule.unwrap_or(own.schedule),
            method: method.unwrap_or(own.method),
            threshold: threshold.or(own.threshold),
            classifier: own.classifier,
        }))
    }
}

/// Dynamic thresholding by `SHARE` or by fields; only of pictures the range is known.
fn threshold(text: &str, card: &Card) -> Outcome<Threshold> {
    let share = text.parse::<f64>().is_ok();
    let text = if share { format!("percentile={text}") } else { text.to_owned() };
    if card.shape.len() == 1 && !text.contains("limit=") {
        let message = "--threshold: samples that are no pictures have no range of [-1, 1]: name theirs, as in \
                       --threshold percentile=0.995,limit=4";
        return Err(argument(message));
    }
    Ok(fields(&text)?)
}

fn apg(fields: &str) -> kiln::Result<MethodConfig> {
    let text = if fields.is_empty() { "apg".to_owned() } else { format!("apg:{fields}") };
    member(&text, MethodConfig::named)
}
