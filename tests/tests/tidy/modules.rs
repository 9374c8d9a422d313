//! Every file is one idea, says which, and is compiled.

use crate::{code, tree, verdict};

/// Longer than this, a file holds two ideas.
const LINES: usize = 400;

#[test]
fn files_are_short() {
    let sources = tree::sources();
    let lengths = sources.values().map(|source| (source, source.text.lines().count()));
    let offences: Vec<String> = lengths
        .filter(|(_, lines)| *lines > LINES)
        .map(|(source, lines)| format!("{}: {lines} lines", source.path))
        .collect();
    verdict(&format!("a file has at most {LINES} lines"), "split it: one idea a file", &offences);
}

#[test]
fn files_open_with_a_title() {
    let sources = tree::sources();
    let untitled = sources.values().filter(|source| !source.is_test() || source.path.starts_with("tests/"));
    let untitled = untitled.filter(|source| !source.text.starts_with("//!"));
    let offences: Vec<String> = untitled.map(|source| source.path.clone()).collect();
    verdict(
        "a file opens with `//!`",
        "write its title: what it is, with formula and paper where there is one",
        &offences,
    );
}

#[test]
fn files_are_declared() {
    let sources = tree::sources();
    let mut offences = Vec::new();
    for path in sources.keys() {
        let Some((parents, module)) = tree::parents(path) else { continue };
        let known = parents.iter().filter_map(|parent| sources.get(parent));
        if !known.into_iter().any(|parent| code::declared(&parent.code).contains(&module)) {
            offences.push(format!("{path}: no `mod {module};`"));
        }
    }
    verdict(
        "a Rust file is declared by the module above it",
        "add the `mod` line, or remove the file: it is not compiled",
        &offences,
    );
}
