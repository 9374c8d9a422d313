//! What the command line can say. Each command's arguments stand in its own file.

use clap::{Parser, Subcommand};

use crate::commands::{
    average, compare, completions, config, demo, density, devices, edit, evaluate, fit_grid, import,
    interpolate, latent, likelihood, list, sample, studio, train, zoo,
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
    /// Draw the density of a model of points as a heat map, beside the data's
    Density(density::Args),
    /// Walk through the latents of a model with an encoder and a decoder
    Latent(latent::Args),
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
    /// Open the playground in a window: draw a density, train on it, watch noise become data
    Studio(studio::Args),
    /// Draw 64 digits and a density, to see that it works
    Demo(demo::Args),
    /// A script that completes commands in a shell
    Completions(completions::Args),
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use crate::run_config;
    use clap::{ArgMatches, CommandFactory};

    /// The words of a line as a shell has them: what is quoted stays together, what follows `#` is a comment.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars() {
            match (quote, c) {
                (None, '#') if word.is_empty() => break,
                (None, '\'' | '"') => quote = Some(c),
                (None, ' ') => words.push(std::mem::take(&mut word)),
                (Some(open), c) if c == open => quote = None,
                (_, c) => word.push(c),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }

    /// Reads the configurations that a command line asks for, where they are of an entry of the zoo.
    fn configure(parsed: &ArgMatches) -> kiln::Result<()> {
        if let Some((_, inner)) = parsed.subcommand() {
            return configure(inner);
        }
        let Ok(Some(name)) = parsed.try_get_one::<String>("config") else { return Ok(()) };
        if kiln_zoo::find(name).is_err() {
            return Ok(());
        }
        let overrides: Vec<String> = parsed.get_many("overrides").unwrap_or_default().cloned().collect();
        kiln::config::expand(&overrides).iter().try_for_each(|run| run_config::read(name, run).map(drop))
    }

    fn check(command: &clap::Command, path: &str) {
        let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<&str> =
            help.lines().map(str::trim).filter(|line| line.starts_with("kiln")).collect();
        assert!(!examples.is_empty(), "`{path} --help` has no example");
        for example in examples {
            let parsed = Cli::command().try_get_matches_from(words(example));
            let parsed = parsed.unwrap_or_else(|error| panic!("`{example}`: {error}"));
            // What a command is given may stand before a command of its own, as in `kiln latent MODEL encode`.
            let mut said = words(example).into_iter();
            let called = path.split(' ').all(|wanted| said.any(|word| word == wanted));
            assert!(called, "`{example}` is no example of `{path}`");
            configure(&parsed).unwrap_or_else(|error| panic!("`{example}`: {error}"));
        }
        inner.into_iter().for_each(|inner| check(inner, &format!("{path} {}", inner.get_name())));
    }

    #[test]
    fn every_command_has_examples_that_can_be_typed() {
        Cli::command().debug_assert();
        check(&Cli::command(), "kiln");
    }

    #[test]
    fn an_example_that_names_an_unknown_key_is_found() {
        let line = "kiln train density/moons 'train.lr=choice(1e-3, 3e-4)' seed=1     # two runs";
        assert_eq!(words(line)[3..], ["train.lr=choice(1e-3, 3e-4)", "seed=1"]);
        let parsed = Cli::command().try_get_matches_from(words(line)).expect("clap knows no keys");
        let said = configure(&parsed).expect_err("there is no such key").to_string();
        assert!(said.contains("unknown key `lr`"), "{said}");
    }
}
