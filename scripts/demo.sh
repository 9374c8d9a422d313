#!/usr/bin/env bash
# Builds the command line and draws with the zoo's models: 64 digits and a 2-D density, into outputs/demo.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kiln="$CARGO_TARGET_DIR/release/kiln"

say "kiln: the toolchain"
scripts/setup.sh cargo
[ -x "$kiln" ] || note "the first build takes some minutes; later ones take seconds"
say "kiln: the build"
cargo_brief build --release --locked -p kiln-native --bin kiln
say "kiln demo"
exec "$kiln" demo "$@"
