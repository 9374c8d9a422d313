//! The workspace's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::code;

/// What holds nothing of ours, or nothing that is kept.
const SKIPPED: &[&str] = &[".git", "dist", "node_modules", "outputs", "target"];

/// The workspace's root.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the crate of the tests should lie in the workspace").to_path_buf()
}

/// Every file's path from the root, with `/` between parts, sorted.
pub fn paths() -> Vec<String> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    found.sort_unstable();
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the workspace should be readable") {
        let entry = entry.expect("the workspace should be readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else {
            found.push(path);
        }
    }
}

/// A file's text; none where it is not text.
pub fn text(path: &str) -> Option<String> {
    String::from_utf8(fs::read(root().join(path)).expect("a listed file should be readable")).ok()
}

/// The folders of the crates.
pub fn crates() -> Vec<String> {
    let manifests = paths().into_iter().filter_map(|path| path.strip_suffix("/Cargo.toml").map(String::from));
    manifests.collect()
}

/// A Rust file, read in three ways.
pub struct Source {
    /// Its path from the root.
    pub path: String,
    /// All of it.
    pub text: String,
    /// Without comments and literals.
    pub code: String,
    /// Without what is compiled for tests only, too; empty for a file of tests.
    pub shipped: String,
}

impl Source {
    fn read(path: String) -> Self {
        let text = text(&path).unwrap_or_default();
        let code = code::blank(&text);
        let shipped = code::hide(&code, &code::test_ranges(&code));
        Self { path, text, code, shipped }
    }

    /// Whether it is compiled for tests only.
    pub fn is_test(&self) -> bool {
        self.shipped.is_empty() && !self.code.is_empty()
    }

    /// The line in which byte `at` lies, counted from one.
    pub fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// `path:line` of each place of the shipped code where `word` stands.
    pub fn places(&self, word: &str) -> Vec<String> {
        let places = self.shipped.match_indices(word);
        places.map(|(at, _)| format!("{}:{}: {word}", self.path, self.line(at))).collect()
    }
}

/// Every Rust file by its path.
pub fn sources() -> BTreeMap<String, Source> {
    let rust = paths().into_iter().filter(|path| Path::new(path).extension().is_some_and(|e| e == "rs"));
    let mut sources: BTreeMap<String, Source> = rust.map(|path| (path.clone(), Source::read(path))).collect();
    let tests: Vec<String> = sources.keys().filter(|path| only_for_tests(path, &sources)).cloned().collect();
    for path in tests {
        sources.entry(path).and_modify(|source| source.shipped.clear());
    }
    sources
}

/// Whether a file belongs to the tests: of their crate, of a crate's `tests`, or declared by tests only.
fn only_for_tests(path: &str, sources: &BTreeMap<String, Source>) -> bool {
    if path.starts_with("tests/") || (path.contains("/tests/") && !path.contains("/src/")) {
        return true;
    }
    let Some((parents, module)) = parents(path) else { return false };
    let known: Vec<&Source> = parents.iter().filter_map(|parent| sources.get(parent)).collect();
    let shipped = known.iter().any(|parent| {
        code::declared(&parent.shipped).contains(&module) && !only_for_tests(&parent.path, sources)
    });
    !known.is_empty() && !shipped
}

/// The files that may declare this one, and the name by which they do; none for the root of a crate or a program.
pub fn parents(path: &str) -> Option<(Vec<String>, &str)> {
    let (folder, file) = path.rsplit_once('/')?;
    let (folder, module) = match file {
        "lib.rs" | "main.rs" | "build.rs" => return None,
        "mod.rs" => folder.rsplit_once('/')?,
        _ => (folder, file.strip_suffix(".rs")?),
    };
    let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    let in_source = folder.contains("/src");
    if (!in_source && ["tests", "benches", "examples"].contains(&last))
        || (last == "bin" && above.ends_with("src"))
    {
        return None;
    }
    let names = ["lib.rs", "main.rs", "mod.rs"];
    let mut parents: Vec<String> = names.iter().map(|name| format!("{folder}/{name}")).collect();
    parents.push(format!("{folder}.rs"));
    Some((parents, module))
}
