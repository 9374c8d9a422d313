//! The crates and what they may know of each other.

use std::path::Path;

use crate::{code, tree, verdict};

/// The crates' packages, lowest first; those of one row do not know each other.
const ROWS: &[&[&str]] = &[
    &["kiln-kernels"],
    &["kiln"],
    &["kiln-zoo"],
    &["kiln-playground"],
    &["kiln-native", "kiln-web"],
    &["kiln-tests", "kiln-benches"],
];
/// The folders of the crates that reach wasm.
const WASM: &[&str] = &["core", "kernels", "zoo", "playground", "web"];

fn manifest(folder: &str) -> String {
    tree::text(&format!("{folder}/Cargo.toml")).expect("a manifest should be text")
}

/// The value of the first line `key = "value"`.
fn value<'a>(manifest: &'a str, key: &str) -> Option<&'a str> {
    let lines = manifest.lines().filter_map(|line| line.split_once('='));
    lines.filter(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().trim_matches('"')).next()
}

/// The names of what a manifest depends on, in any section.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut listed = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            listed = line.contains("dependencies");
        } else if listed && let Some((name, _)) = line.split_once('=') {
            names.push(name.split('.').next().unwrap_or(name).trim());
        }
    }
    names
}

fn row(package: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&package))
}

#[test]
fn arrows_between_crates_never_turn_back() {
    let mut offences = Vec::new();
    for folder in tree::crates() {
        let text = manifest(&folder);
        let package = value(&text, "name").unwrap_or_default();
        let Some(own) = row(package) else {
            offences.push(format!("{folder}: package `{package}` has no place in the order"));
            continue;
        };
        let above = dependencies(&text).into_iter().filter(|name| row(name).is_some_and(|used| used >= own));
        offences.extend(above.map(|name| format!("{folder}: `{package}` depends on `{name}`")));
    }
    verdict(
        "a crate depends on the crates below it: kernels, core, zoo, playground, then native and web",
        "move what is shared down; a new crate gets its place in this test and in ARCHITECTURE.md",
        &offences,
    );
}

#[test]
fn only_kernels_depends_on_cubecl_and_wgpu() {
    let mut offences = Vec::new();
    for folder in tree::crates().into_iter().filter(|folder| folder != "kernels") {
        let text = manifest(&folder);
        let found = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let found = found.filter(|line| code::names(line, "cubecl") || code::names(line, "wgpu"));
        offences.extend(found.map(|line| format!("{folder}/Cargo.toml: {line}")));
    }
    verdict("only kernels names CubeCL or wgpu", "name a feature of kiln-kernels instead", &offences);
}

#[test]
fn crates_are_members_and_members_are_crates() {
    let workspace = tree::text("Cargo.toml").expect("a manifest should be text");
    let list = workspace.split_once("members = [").and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.expect("Cargo.toml should list its members");
    let mut members: Vec<&str> = list.split(',').map(|name| name.trim().trim_matches('"')).collect();
    members.retain(|name| !name.is_empty());
    members.sort_unstable();
    assert_eq!(
        members,
        tree::crates(),
        "the members of the workspace (left) are its folders with a Cargo.toml (right): edit `members` in Cargo.toml"
    );
}

#[test]
fn crates_obey_the_lints_of_the_workspace() {
    let without = |folder: &String| !manifest(folder).contains("[lints]\nworkspace = true");
    let offences: Vec<String> = tree::crates().into_iter().filter(without).collect();
    verdict(
        "every crate obeys the workspace's lints",
        "add `[lints]` and `workspace = true` to its manifest",
        &offences,
    );
}

#[test]
fn crates_that_reach_wasm_are_held_by_one_clippy_file() {
    let rules = |folder: &str| tree::text(&format!("{folder}/clippy.toml"));
    assert!(rules("core").is_some_and(|rules| rules.contains("std::time::Instant::now")));
    let differing = WASM.iter().filter(|folder| {
        !Path::new(&tree::root()).join(folder).join("clippy.toml").exists() || rules(folder) != rules("core")
    });
    let offences: Vec<String> = differing.map(|folder| format!("{folder}/clippy.toml")).collect();
    verdict(
        "the crates that reach wasm have the same clippy.toml",
        "copy core/clippy.toml there: clippy reads the nearest only",
        &offences,
    );
}
