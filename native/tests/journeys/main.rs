//! The program as its users meet it: one binary, as linking takes longer than testing.

mod common;

mod cli;
mod sampling;
mod edit;
mod likelihood;
mod latent;
mod families;
mod latents;
mod compare;
mod resume;
mod teach;
mod average;
mod text;
mod lab;
