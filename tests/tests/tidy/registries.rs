//! The lists of registries that are kept by hand name all of them: what `kiln list` shows, and what the contract tests go through.

use std::collections::BTreeSet;

use crate::{code, tree, verdict};

/// The files that name every registry.
const LISTS: [&str; 2] = ["native/src/commands/list.rs", "tests/tests/registries.rs"];

#[test]
fn every_registry_is_listed_and_tested() {
    let sources = tree::sources();
    let shipped = sources.values().filter(|source| source.path.starts_with("core/src/"));
    let there: BTreeSet<String> = shipped.flat_map(|source| made(&source.path, &source.shipped)).collect();
    assert!(there.contains("samplers::SamplerConfig"), "`registry!` should make the samplers: {there:?}");
    let mut offences = Vec::new();
    for path in LISTS {
        let named = named(&sources[path].code);
        offences.extend(there.difference(&named).map(|name| format!("{path}: no kiln::{name}")));
        offences.extend(named.difference(&there).map(|name| format!("{path}: kiln::{name} is no registry")));
    }
    verdict(
        "a registry stands in `kiln list` and in the tests of all registries",
        "add its line to both files",
        &offences,
    );
}

/// `folder::Name` of each registry that a file of core makes.
fn made(path: &str, shipped: &str) -> Vec<String> {
    let folder = path.trim_start_matches("core/src/").split(['/', '.']).next().unwrap_or_default();
    let bodies = shipped.split("registry! {").skip(1);
    let names = bodies.filter_map(|body| Some(code::first_word(body.split_once("pub enum ")?.1)));
    names.map(|name| format!("{folder}::{name}")).collect()
}

/// `folder::Name` of each `kiln::folder::…::NameConfig` that stands in a file.
fn named(code: &str) -> BTreeSet<String> {
    let paths = code.split(|c: char| !c.is_alphanumeric() && !"_:".contains(c));
    let inner = paths.filter_map(|path| path.strip_prefix("kiln::")).filter(|path| path.ends_with("Config"));
    inner
        .filter_map(|path| Some(format!("{}::{}", path.split_once("::")?.0, path.rsplit_once("::")?.1)))
        .collect()
}

#[test]
fn registries_are_found_where_they_are_made_and_where_they_are_named() {
    let code = "registry! {\n pub enum AConfig(\"a\"): dyn A { } }\nregistry! {\n pub enum BConfig(\"b\"): dyn B { } }";
    assert_eq!(made("core/src/nn/mod.rs", code), ["nn::AConfig", "nn::BConfig"]);
    assert_eq!(made("core/src/factory.rs", code)[0], "factory::AConfig");
    let named = named("use kiln::registry::About; X => kiln::a::b::CConfig, kiln::a::DConfig,");
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["a::CConfig", "a::DConfig"]);
}
