//! The commands, one a file.

// What several of them take
mod walk;
mod decode;
mod guides;
mod drawing;

// Models
pub(crate) mod zoo;
pub(crate) mod sample;
pub(crate) mod edit;
pub(crate) mod interpolate;
pub(crate) mod train;
pub(crate) mod average;
pub(crate) mod evaluate;
pub(crate) mod likelihood;
pub(crate) mod density;
pub(crate) mod latent;
pub(crate) mod compare;
pub(crate) mod fit_grid;
pub(crate) mod demo;
pub(crate) mod studio;

// What there is
pub(crate) mod list;
pub(crate) mod config;
pub(crate) mod import;
pub(crate) mod devices;
pub(crate) mod completions;

use crate::cli::Command;
use crate::failure::Outcome;

/// Does what a command says.
pub(crate) fn run(command: Command) -> Outcome {
    match command {
        Command::Zoo(args) => zoo::run(args),
        Command::Sample(args) => sample::run(args),
        Command::Edit(args) => edit::run(args),
        Command::Interpolate(args) => interpolate::run(args),
        Command::Train(args) => train::run(args),
        Command::Average(args) => average::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Likelihood(args) => likelihood::run(args),
        Command::Density(args) => density::run(args),
        Command::Latent(args) => latent::run(args),
        Command::Compare(args) => compare::run(args),
        Command::FitGrid(args) => fit_grid::run(args),
        Command::Config(args) => config::run(args),
        Command::Import(args) => import::run(args),
        Command::Devices(args) => devices::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Studio(args) => studio::run(args),
        Command::List(args) => {
            list::run(args);
            Ok(())
        }
        Command::Completions(args) => {
            completions::run(args);
            Ok(())
        }
    }
}
