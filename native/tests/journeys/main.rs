//! The program as its users meet it: one binary, as linking takes longer than testing.

mod common;

mod cli;
mod compare;
mod resume;
