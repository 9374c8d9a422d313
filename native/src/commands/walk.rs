//! How samples are walked to, as several commands let a user say.

use kiln::guidance::{Guiding, MethodConfig, Threshold, WeightConfig};
use kiln::model::{Generate, Model, Request};
use kiln::samplers::SamplerConfig;

use super::decode::Decode;
use crate::failure::{Outcome, argument};
use crate::spec::member;
use crate::walking;

/// How to walk; the model's own way where nothing is said.
#[derive(Clone, Debug, Default, clap::Args)]
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
    /// Scale of classifier-free guidance; 1 is none
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) guidance: Option<f64>,
    /// Guide only between these two noise levels
    #[arg(long, value_name = "LOW,HIGH", value_delimiter = ',')]
    guidance_interval: Vec<f64>,
    /// How much of the contrast to take back that guidance adds, 0 to 1
    #[arg(long, value_name = "SHARE")]
    guidance_rescale: Option<f64>,
    /// How the scale follows the noise (kiln list weights)
    #[arg(long, value_name = "NAME")]
    guidance_schedule: Option<String>,
    /// Adaptive projected guidance, as in `--apg` or `--apg=eta=0.2,norm=5`
    #[arg(long, value_name = "key=value,...", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    apg: Option<String>,
    /// Keep predictions within the data's range, [-1, 1], but for so many of their values: dynamic thresholding
    /// (0.995 for photographs, less where most pixels are black or white)
    #[arg(long, value_name = "SHARE")]
    threshold: Option<f64>,
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
            guidance: self.guidance,
            guiding: self.guiding(model)?,
            decoding: self.decode.decoding(model)?,
            ..Request::default()
        })
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
        let schedule = weight.map(|text| member(text, WeightConfig::named)).transpose()?;
        let method = self.apg.as_deref().map(apg).transpose()?;
        let threshold = self.threshold.map(|percentile| Threshold { percentile, ..Threshold::default() });
        let rescale = self.guidance_rescale;
        if interval.is_none()
            && rescale.is_none()
            && schedule.is_none()
            && method.is_none()
            && threshold.is_none()
        {
            return Ok(None);
        }
        let own =
            model.generator().map(Generate::defaults).and_then(|request| request.guiding).unwrap_or_default();
        Ok(Some(Guiding {
            interval: interval.or(own.interval),
            rescale: rescale.unwrap_or(own.rescale),
            schedule: schedule.unwrap_or(own.schedule),
            method: method.unwrap_or(own.method),
            threshold: threshold.or(own.threshold),
            classifier: own.classifier,
        }))
    }
}

fn apg(fields: &str) -> kiln::Result<MethodConfig> {
    let text = if fields.is_empty() { "apg".to_owned() } else { format!("apg:{fields}") };
    member(&text, MethodConfig::named)
}
