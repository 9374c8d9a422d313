//! What the command line can say. Each command's arguments stand in its own file.

use clap::{Parser, Subcommand};

use crate::commands::{
    average, compare, completions, config, demo, devices, edit, evaluate, fit_grid, import, interpolate,
    likelihood, list, sample, train, zoo,
};

/// Generative models: train them, keep them, draw from them.
#[derive(Debug, Parser)]
#[command(name = "kiln", version, arg_required_else_help = true, after_help = "Example:\n  kiln demo")]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trained models, inside the program
    Zoo(zoo::Args),
    /// Draw samples from a model
    Sample(sample::Args),
    /// Change pictures with a model: draw over them, into them, or out of a part of them
    Edit(edit::Args),
    /// Go from one picture to another through a model's noise
    Interpolate(interpolate::Args),
    /// Train a model, or go on with a run
    Train(train::Args),
    /// Make weights with another average from the snapshots of a run
    Average(average::Args),
    /// Measure how good a model is
    Evaluate(evaluate::Args),
    /// Measure how probable a model finds data
    Likelihood(likelihood::Args),
    /// Walk a model's samples with several samplers, and hold them beside one another
    Compare(compare::Args),
    /// Find the noise levels at which a model is best asked, for so many steps
    FitGrid(fit_grid::Args),
    /// What a configuration can name, with summaries and papers
    List(list::Args),
    /// Look at configurations
    Config(config::Args),
    /// Put another library's sampler in Kiln's words
    Import(import::Args),
    /// What there is to compute on
    Devices(devices::Args),
    /// Draw 64 digits and a density, to see that it works
    Demo(demo::Args),
    /// A script that completes commands in a shell
    Completions(completions::Args),
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory, Parser};

    fn check(command: &clap::Command, path: &str) {
        let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<&str> =
            help.lines().map(str::trim).filter(|line| line.starts_with("kiln")).collect();
        assert!(!examples.is_empty(), "`{path} --help` has no example");
        for example in examples {
            let line = example.split("  #").next().unwrap_or(example);
            let parsed = Cli::try_parse_from(line.split_whitespace());
            assert!(parsed.is_ok(), "`{example}`: {}", parsed.expect_err("it should fail"));
            assert!(line.starts_with(path), "`{example}` is no example of `{path}`");
        }
        inner.into_iter().for_each(|inner| check(inner, &format!("{path} {}", inner.get_name())));
    }

    #[test]
    fn every_command_has_examples_that_can_be_typed() {
        Cli::command().debug_assert();
        check(&Cli::command(), "kiln");
    }
}
