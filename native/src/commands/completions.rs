//! `kiln completions`: scripts by which shells complete commands.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::out;

/// The arguments of `kiln completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  kiln completions bash")]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(args: Args) {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kiln", &mut script);
    out::say(String::from_utf8_lossy(&script).trim_end());
}
