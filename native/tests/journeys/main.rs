//! The program as its users meet it: one binary, as linking takes longer than testing.

mod common;

mod cli;
mod edit;
mod likelihood;
mod latent;
mod compare;
mod resume;
