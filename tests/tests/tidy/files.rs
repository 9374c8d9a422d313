//! What is kept in the repository beside the sources.

use std::path::Path;

use crate::{code, tree, verdict};

/// Bytes of one weight file, and of all of them.
const WEIGHTS: (u64, u64) = (8_000_000, 150_000_000);

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

#[test]
fn weights_are_small() {
    let weights = tree::paths().into_iter().filter(|path| has_extension(path, "safetensors"));
    let sizes: Vec<(String, u64)> = weights
        .map(|path| {
            let size = tree::root().join(&path).metadata().expect("a listed file should be there").len();
            (path, size)
        })
        .collect();
    let large = sizes.iter().filter(|(_, size)| *size > WEIGHTS.0);
    let mut offences: Vec<String> = large.map(|(path, size)| format!("{path}: {size} bytes")).collect();
    let total: u64 = sizes.iter().map(|(_, size)| size).sum();
    if total > WEIGHTS.1 {
        offences.push(format!("all together: {total} bytes"));
    }
    verdict(
        &format!("a weight file has at most {} bytes, all together {}", WEIGHTS.0, WEIGHTS.1),
        "a smaller network, or half precision",
        &offences,
    );
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    // Put together here, so that this file passes.
    let everywhere =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let temporary = concat!("/t", "mp/");
    let mut offences = Vec::new();
    for path in tree::paths().into_iter().filter(|path| path != "Cargo.lock") {
        let Some(text) = tree::text(&path) else { continue };
        let mut found: Vec<&str> = everywhere.into_iter().filter(|place| is_named(&text, place)).collect();
        if !path.contains("test") && is_named(&without_tests(&path, &text), temporary) {
            found.push(temporary);
        }
        offences.extend(found.into_iter().map(|place| format!("{path}: {place}")));
    }
    verdict(
        "no file names a place that is on one machine only",
        "a path from the root of the workspace, an argument or an environment variable",
        &offences,
    );
}

fn without_tests(path: &str, text: &str) -> String {
    if has_extension(path, "rs") {
        code::hide(text, &code::test_ranges(&code::blank(text)))
    } else {
        text.into()
    }
}

/// Whether `place` stands in `text` as an absolute path, and not in the midst of an address or of another path.
fn is_named(text: &str, place: &str) -> bool {
    text.match_indices(place).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~}/*)".contains(c))
    })
}

#[test]
fn a_place_is_an_absolute_path() {
    assert!(is_named("cd /tmp/x", "/tmp/"));
    assert!(is_named("\"/tmp/x\"", "/tmp/"));
    assert!(!is_named("https://example.org/tmp/x ../tmp/x $HOME}/tmp/x", "/tmp/"));
}
