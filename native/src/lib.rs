//! The command line: files, clocks, terminal and signals around the library, which has none of them.

// Between the program and its user
mod failure;
mod lost;
mod out;
mod progress;
mod interrupt;

// What a user names
mod spec;
mod walking;
mod models;
mod run_config;

// What several commands do
mod draw;
mod judge;
mod reconstruct;
mod picture;
mod tokens;
mod clock;
mod save;

// The window
mod studio;

// The commands
mod cli;
mod commands;

pub use cli::Cli;

use std::process::ExitCode;

use clap::Parser;

/// Does what the command line says. The code is 0, 1 for what a user gave and cannot be used, 2 for a command line
/// that cannot be read, 130 for an interruption.
pub fn run() -> ExitCode {
    let command = Cli::parse().command;
    match lost::told(|| commands::run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}
