//! What no single crate can promise: the same numbers on every device, a zoo that keeps its cards' word, a tidy tree.

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

use std::path::{Path, PathBuf};

use burn::prelude::Device;
use kiln::device;

/// The devices that tests run on, by name: the list in `KILN_TEST_DEVICES`, else `cpu,gpu-software`.
///
/// `gpu-software` is the first software adapter, and is said loudly to be missing where there is none.
pub fn devices() -> Vec<(String, Device)> {
    let names = std::env::var("KILN_TEST_DEVICES").unwrap_or_else(|_| "cpu,gpu-software".into());
    names.split(',').filter_map(|name| Some((name.to_owned(), named(name)?))).collect()
}

fn named(name: &str) -> Option<Device> {
    let wanted = match name {
        "gpu-software" => {
            let software = |found: &device::Found| found.adapter.as_ref().is_some_and(|a| !a.kind.hardware());
            device::list().into_iter().find(software).map(|found| found.name)
        }
        name => Some(name.to_owned()),
    };
    let Some(wanted) = wanted else {
        skipped(&format!("no software graphics adapter for `{name}`: install mesa-vulkan-drivers"));
        return None;
    };
    let (_, device) = device::choose(&wanted).expect("a device named in KILN_TEST_DEVICES should be there");
    Some(device)
}

/// A folder of the shared data: in `KILN_SHARED`, or beside the workspace.
pub fn shared(name: &str) -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    std::env::var_os("KILN_SHARED").map_or_else(beside, PathBuf::from).join(name)
}

/// Says on the terminal, captured or not, that something was not tested.
#[expect(clippy::print_stderr, reason = "a skipped test has to be seen")]
pub fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}
