//! Writes down the commit that the program is built from, where there is one.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=KILN_COMMIT");
    // Git appends a line to this file whenever the checkout moves to another commit.
    let moved = "../.git/logs/HEAD";
    println!("cargo:rerun-if-changed={}", if Path::new(moved).exists() { moved } else { "build.rs" });
    if let Some(commit) = std::env::var("KILN_COMMIT").ok().or_else(head) {
        println!("cargo:rustc-env=KILN_COMMIT={}", commit.trim());
    }
}

/// The checkout's commit.
fn head() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}
