#!/usr/bin/env bash
# Installs what is missing, says what it installs, and leaves alone what is there. Safe to run again.
#
#   scripts/setup.sh [cargo] [lints] [wasm] [vulkan] [chromium] [node] [bindgen]     with no names: all of them
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The versions wanted are written once, in the manifests.
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
bindgen_wanted=$(sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' Cargo.toml)
node_wanted=18

# What is installed for this project alone lies beside what is built: the checkout stays clean.
tools="$CARGO_TARGET_DIR/tools"
node_home="$CARGO_TARGET_DIR/node"

rust_version() { rustc --version 2>/dev/null | sed 's/^rustc \([0-9.]*\).*/\1/'; }

rust_ready() { have cargo && have rustc && at_least "$(rust_version)" "$rust_wanted"; }

setup_cargo() {
    if ! rust_ready; then
        if have rustup; then
            note "Rust is older than $rust_wanted: updating the stable toolchain with rustup"
            rustup --quiet update stable
        else
            install_rustup
        fi
        rust_ready || die "Rust $rust_wanted is needed and $(rustc --version) is found; see https://rustup.rs"
    fi
    note "cargo: $(cargo --version)"
}

setup_lints() {
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        have rustup || die "cargo has no fmt or no clippy: install them with the package manager that Rust came from"
        note "adding rustfmt and clippy with rustup"
        rustup --quiet component add rustfmt clippy
    fi
    note "lints: $(cargo clippy --version)"
}

install_rustup() {
    have curl || die "neither cargo nor curl is here: install curl, or Rust $rust_wanted from https://rustup.rs"
    note "no Rust $rust_wanted or newer: installing it for this user with rustup from https://sh.rustup.rs"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
        sh -s -- -y --quiet --no-modify-path --profile minimal --default-toolchain stable \
            --component rustfmt,clippy --target wasm32-unknown-unknown ||
        die "rustup could not be installed (see above); Rust $rust_wanted from elsewhere will do as well"
    hash -r
    note "to call cargo yourself: . \"${CARGO_HOME:-$HOME/.cargo}/env\""
}

setup_wasm() {
    local libraries
    libraries=$(rustc --print target-libdir --target wasm32-unknown-unknown)
    if [ ! -d "$libraries" ]; then
        have rustup || die "this Rust cannot build for wasm32-unknown-unknown, and without rustup it cannot be added"
        note "adding the target wasm32-unknown-unknown with rustup"
        rustup --quiet target add wasm32-unknown-unknown
    fi
    note "wasm: wasm32-unknown-unknown"
}

# Vulkan on the CPU (lavapipe), so that the GPU's tests run where there is no GPU.
setup_vulkan() {
    compgen -G '/usr/share/vulkan/icd.d/lvp_icd*.json' >/dev/null || packages mesa-vulkan-drivers
    ldconfig_has libvulkan.so.1 || packages libvulkan1
    note "vulkan: lavapipe"
}

# The library is looked up with ldconfig, which is not in every user's path.
ldconfig_has() { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -F "$1" >/dev/null; }

setup_chromium() {
    chromium_path >/dev/null || packages chromium
    chromium_path >/dev/null || die "there is no chromium after installing it: name one in the variable CHROMIUM"
    note "chromium: $(chromium_path)"
}

setup_node() {
    if ! have node || ! at_least "$(node --version | tr -d v)" "$node_wanted"; then
        packages nodejs
    fi
    at_least "$(node --version | tr -d v)" "$node_wanted" ||
        die "node $node_wanted is needed and $(node --version) is found; see https://nodejs.org"
    have npm || packages npm
    node_packages web/package.json "$node_home"
    note "node: $(node --version), packages in $node_home"
}

setup_bindgen() {
    if [ "$("$tools/bin/wasm-bindgen" --version 2>/dev/null)" != "wasm-bindgen $bindgen_wanted" ]; then
        note "installing wasm-bindgen-cli $bindgen_wanted into $tools, with cargo (some minutes, once)"
        cargo_brief install wasm-bindgen-cli --version "=$bindgen_wanted" --force --root "$tools"
    fi
    note "wasm-bindgen: $bindgen_wanted"
}

# packages NAME...: Debian packages, as root or through sudo.
packages() {
    have apt-get || die "missing: $*. Install it with this system's package manager, then run this again"
    note "installing with apt-get: $*"
    as_root apt-get update -qq || note "apt-get update failed; going on with the package lists that are here"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "root is needed for: $*"
    fi
}

parts=("$@")
[ $# -gt 0 ] || parts=(cargo lints wasm vulkan chromium node bindgen)
for part in "${parts[@]}"; do
    case $part in
        cargo | lints | wasm | vulkan | chromium | node | bindgen) "setup_$part" ;;
        *) die "scripts/setup.sh: no part is called '$part'; there are: cargo lints wasm vulkan chromium node bindgen" ;;
    esac
done
