#!/usr/bin/env bash
# What needs no build of ours, cheapest first: format, tidy, clippy for this machine and for the browser.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Tidy needs the standard library only: compiled by hand it answers in seconds, before anything is built.
tidy() {
    mkdir -p "$CARGO_TARGET_DIR"
    CARGO_MANIFEST_DIR="$PWD/tests" rustc --edition 2024 --test -o "$CARGO_TARGET_DIR/tidy" tests/tests/tidy/main.rs
    RUST_BACKTRACE=0 "$CARGO_TARGET_DIR/tidy" --quiet
}

step "format" cargo fmt --all --check
step "tidy" tidy
step "clippy" cargo_brief clippy --release --locked --workspace --all-targets -- -D warnings
step "clippy for the browser" cargo_brief clippy --profile web --locked -p kiln-web \
    --target wasm32-unknown-unknown --no-default-features --features worker,ui,bench -- -D warnings
