//! Tidy: the invariants of ARCHITECTURE.md that a program can check.
//!
//! The standard library is all it uses, so that `make lint` compiles it in a second, before anything else is built.

mod code;
mod tree;

mod files;
mod layers;
mod manifests;
mod modules;
mod registries;
mod sources;

/// Fails with one line for each offence, headed by the rule and what to do about it.
fn verdict(rule: &str, remedy: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}\n  remedy: {remedy}\n  {}\n", offences.join("\n  "));
}
