#!/usr/bin/env bash
# Everything that CI checks, cheapest first. Only the release profile is used: dependencies are built once.
#
#   KILN_TEST_DEVICES   devices that tests run on (default: cpu,gpu-software, the latter being Vulkan on the CPU)
#   KILN_SHARED         folder with the datasets (default: ../shared); tests that need them say so when it is absent
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Mesa complains on machines without a desktop.
export NODEVICE_SELECT=1
export KILN_TEST_DEVICES="${KILN_TEST_DEVICES:-cpu,gpu-software}"

# On the default devices the only Vulkan driver to be found is lavapipe: the run is the same with a GPU and without.
choose_lavapipe() {
    [ "$KILN_TEST_DEVICES" = cpu,gpu-software ] || return 0
    local drivers
    drivers=$(compgen -G '/usr/share/vulkan/icd.d/lvp_icd*.json' | paste -sd: -) || return 0
    # The loader's new name for it and its old one.
    export VK_DRIVER_FILES="$drivers" VK_ICD_FILENAMES="$drivers"
}

documentation() { RUSTDOCFLAGS="-D warnings" cargo_brief doc --release --locked --workspace --lib --no-deps; }

browser() {
    CHROMIUM=$(chromium_path)
    export CHROMIUM
    node web/tests/run.mjs
}

licences() {
    if have cargo-deny; then
        cargo deny --log-level error check
    else
        note "skipped: cargo-deny is not installed (cargo install --locked cargo-deny)"
    fi
}

began=$SECONDS
step "set-up" scripts/setup.sh
choose_lavapipe
scripts/lint.sh
step "build" cargo_brief build --release --locked --workspace --bins
step "build of the tests" cargo_brief test --release --locked --workspace --no-run
step "tests on $KILN_TEST_DEVICES" cargo test --release --locked --workspace
step "documentation" documentation
step "page" web/build.sh
step "page in Chromium" browser
step "licences and sources of dependencies" licences
say "all passed, $((SECONDS - began)) s"
