#!/usr/bin/env bash
# Builds the browser page into dist, after installing what that needs.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

step "set-up" scripts/setup.sh cargo wasm node bindgen
step "page" web/build.sh
note "dist is ready; \`make serve\` serves it"
