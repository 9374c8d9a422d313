//! How samples are walked to, as several commands let a user say.

use kiln::model::Request;
use kiln::samplers::SamplerConfig;
use kiln::schedules::ScheduleConfig;
use kiln::schedules::grids::GridConfig;

use crate::failure::Outcome;
use crate::spec::member;

/// How to walk; the model's own way where nothing is said.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Walk {
    /// Solver, as in `heun` or `ddim:eta=0.5` (kiln list samplers)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    sampler: Option<String>,
    /// Frame in which it steps (kiln list schedules)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    schedule: Option<String>,
    /// Noise levels that it visits (kiln list grids)
    #[arg(long, value_name = "NAME[:key=value,...]")]
    grid: Option<String>,
    /// Steps
    #[arg(long)]
    steps: Option<usize>,
    /// Scale of classifier-free guidance; 1 is none
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) guidance: Option<f64>,
}

impl Walk {
    /// A request that walks so.
    pub(crate) fn request(&self) -> Outcome<Request> {
        Ok(Request {
            sampler: self.sampler.as_deref().map(|text| member(text, SamplerConfig::named)).transpose()?,
            schedule: self.schedule.as_deref().map(|text| member(text, ScheduleConfig::named)).transpose()?,
            grid: self.grid.as_deref().map(|text| member(text, GridConfig::named)).transpose()?,
            steps: self.steps,
            guidance: self.guidance,
            ..Request::default()
        })
    }
}
