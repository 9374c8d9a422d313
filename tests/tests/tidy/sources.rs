//! What the sources do not say.

use crate::tree::{Source, sources};
use crate::{code, verdict};

/// The crates that a browser runs.
const WASM: &[&str] = &["core/src/", "kernels/src/", "zoo/src/", "playground/src/", "web/src/"];
/// The doors to the disk, behind the feature `host`.
const DOORS: &[&str] = &["core/src/files.rs", "core/src/data/disk.rs", "core/src/runs/", "core/src/figures/"];

fn within(source: &Source, folders: &[&str]) -> bool {
    folders.iter().any(|folder| source.path.starts_with(folder))
}

/// The places of the shipped code of some files where one of `words` stands.
fn places(words: &[&str], chosen: impl Fn(&Source) -> bool) -> Vec<String> {
    let sources = sources();
    let chosen = sources.values().filter(|source| chosen(source));
    chosen.flat_map(|source| words.iter().flat_map(|word| source.places(word))).collect()
}

#[test]
fn nothing_is_left_to_do_and_no_test_is_switched_off() {
    let sources = sources();
    let words = ["todo!", "unimplemented!", "#[ignore"];
    let mut offences = Vec::new();
    for source in sources.values() {
        let found = words.iter().filter(|word| source.code.contains(*word));
        offences.extend(found.map(|word| format!("{}: {word}", source.path)));
    }
    verdict(
        "no todo! and no #[ignore]",
        "finish it, or leave it out; a test that needs what is absent says so and passes",
        &offences,
    );
}

#[test]
fn nothing_unwraps_outside_of_tests() {
    verdict(
        "no unwrap outside of tests",
        "return a kiln::Error, or expect(\"... should ...\") where it is an invariant",
        &places(&[".unwrap()"], |_| true),
    );
}

#[test]
fn what_a_browser_runs_has_no_clock_and_no_thread() {
    let words = ["Instant::now", "SystemTime::now", "thread::spawn", "thread::sleep", "thread::scope"];
    verdict(
        "no clock and no thread in the crates that reach wasm",
        "take the time from the caller; make it a thing that steps",
        &places(&words, |source| within(source, WASM)),
    );
}

#[test]
fn what_a_browser_runs_opens_no_files() {
    verdict(
        "no std::fs in the crates that reach wasm",
        "read with files::read, write with files::write_atomic, or take bytes from the caller",
        &places(&["std::fs", "fs::File"], |source| within(source, WASM) && !within(source, DOORS)),
    );
}

#[test]
fn what_a_browser_runs_never_waits_for_the_device() {
    // Listing the adapters waits for the driver, and is not compiled for wasm; `device::read_now` waits only where that is sound.
    let sound = ["kernels/src/adapters.rs", "core/src/device.rs"];
    let waits = |source: &Source| within(source, WASM) && !sound.contains(&source.path.as_str());
    let words = [".into_data()", ".to_data()", ".into_scalar()", "block_on("];
    verdict(
        "no blocking read of a tensor in the crates that reach wasm: it panics on WebGPU",
        "hand the tensor out and let the shell read it, or await into_data_async()",
        &places(&words, waits),
    );
}

#[test]
fn only_kernels_names_cubecl_and_wgpu() {
    let sources = sources();
    let others = sources.values().filter(|source| !source.path.starts_with("kernels/"));
    let mut offences = Vec::new();
    for source in others {
        let found = ["cubecl", "wgpu"].into_iter().filter(|word| code::names(&source.code, word));
        offences.extend(found.map(|word| format!("{}: {word}", source.path)));
    }
    verdict(
        "only kernels names CubeCL or wgpu",
        "put what needs them into kernels and call it by a name of ours",
        &offences,
    );
}
