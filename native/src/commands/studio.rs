//! `kiln studio`: the playground in a window.

use crate::failure::Outcome;
use crate::studio;

/// The arguments of `kiln studio`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kiln studio
  kiln studio --link '#lab&data=checkerboard&family=nsf&layers.density=true'")]
pub(crate) struct Args {
    /// What to open: a link that the playground has given, in the browser or here
    #[arg(long, value_name = "URL", default_value = "")]
    link: String,
    /// What to compute on (kiln devices); small models are fastest on the CPU
    #[arg(long, default_value = "cpu")]
    device: String,
}

pub(crate) fn run(args: Args) -> Outcome {
    let (found, device) = kiln::device::choose(&args.device)?;
    studio::open(&format!("{} ({})", found.name, found.what), &device, &args.link)
}
