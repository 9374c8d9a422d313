//! `kiln config`: configurations as they will be understood.

use clap::Subcommand;
use kiln::train::RunConfig;

use crate::failure::Outcome;
use crate::{out, run_config};

/// The arguments of `kiln config`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  kiln config show mnist/flow train.steps=100\n  kiln config schema")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The whole configuration: what it builds on, overrides and defaults filled in
    #[command(after_help = "Example:\n  kiln config show mnist/flow model.network.channels=64")]
    Show {
        /// YAML file, entry of the zoo, or folder of a run
        config: String,
        /// Overrides, as in `train.steps=100`
        #[arg(value_name = "key=value")]
        overrides: Vec<String>,
    },
    /// The JSON schema of configurations, for editors
    #[command(after_help = "Example:\n  kiln config schema")]
    Schema,
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.what {
        What::Show { config, overrides } => {
            let config = run_config::read(&config, &overrides)?;
            out::say(kiln::config::to_yaml(&config)?.trim_end());
        }
        What::Schema => out::json(&kiln::config::schema::<RunConfig>()),
    }
    Ok(())
}
