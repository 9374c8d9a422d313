#!/usr/bin/env bash
# Measures Kiln beside its peers on this machine.
#
#   benches/run.sh            the library beside PyTorch: benches/RESULTS.md and results.json
#   benches/run.sh samplers   a step of each sampler beside diffusers': benches/SAMPLERS.md and samplers.json
#   benches/run.sh transport  flows in the plane beside torchcfm's: benches/TRANSPORT.md and transport.json
#   benches/run.sh likelihood flows beside zuko's and autoencoders beside PyTorch's: benches/LIKELIHOOD.md and likelihood.json
#   benches/run.sh browser    a residual block beside TensorFlow.js and ONNX Runtime Web: benches/BROWSER.md and browser.json
#   benches/run.sh check      the same as the first, beside benches/baselines: what has fallen behind
#
# Further arguments go to benches/compare.py, samplers.py, transport.py, likelihood.py, browser.py or check.py, as in
# `benches/run.sh --seconds 1 --out outputs/bench`.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

peer="$CARGO_TARGET_DIR/peer"

# packages LIST OPTION...: installs what benches/peer/LIST pins, with pip and its options. What is there already holds a copy of the
# list that it was made from; pip leaves alone what is there.
packages() {
    local list=benches/peer/$1
    cmp -s "$list" "$peer/$1" && return
    have python3 || die "the peers need python3 with venv (Debian: apt install python3-venv)"
    [ -x "$peer/bin/python" ] || python3 -m venv "$peer" || die "python3 has no venv (Debian: apt install python3-venv)"
    note "installing what $list pins into $peer"
    # shellcheck disable=SC2086 # PEER_PIP is a list of pip's arguments
    "$peer/bin/python" -m pip install --quiet ${PEER_PIP:-} "${@:2}" -r "$list" || die "pip could not install $list: is PyPI reached?"
    cp "$list" "$peer/$1"
}

# build OPTION...: what the options of cargo name.
build() { step "Kiln: the build" cargo_brief build --release --locked "$@"; }

pytorch() { step "PyTorch and diffusers: some gigabytes, once" packages requirements.txt; }

comparison=compare
case ${1:-} in
    samplers | transport | likelihood | browser | check)
        comparison=$1
        shift
        ;;
esac

case $comparison in
    browser)
        step "set-up" scripts/setup.sh cargo wasm chromium node bindgen
        CHROMIUM=$(chromium_path)
        export CHROMIUM
        step "Kiln: the module" web/build.sh bench
        step "TensorFlow.js and ONNX Runtime Web" node_packages benches/browser/package.json "$peer/browser"
        step "ONNX" packages browser.txt
        ;;
    samplers)
        build -p kiln-benches --bin kiln-bench
        pytorch
        ;;
    transport)
        build -p kiln-benches --bin kiln-bench
        pytorch
        # What torchcfm itself asks for is left out: see the list.
        step "torchcfm" packages transport.txt --no-deps
        ;;
    likelihood)
        build -p kiln-native -p kiln-benches --bin kiln --bin kiln-bench
        pytorch
        step "zuko" packages likelihood.txt
        ;;
    *)
        build -p kiln-native -p kiln-benches --bin kiln --bin kiln-bench
        pytorch
        ;;
esac
PYTHONPYCACHEPREFIX="$peer/pycache" step "the comparison" "$peer/bin/python" "benches/$comparison.py" "$@"
