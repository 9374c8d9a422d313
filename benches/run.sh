#!/usr/bin/env bash
# Measures Kiln beside its peers on this machine.
#
#   benches/run.sh            the library beside PyTorch: benches/RESULTS.md and results.json
#   benches/run.sh samplers   a step of each sampler beside diffusers': benches/SAMPLERS.md and samplers.json
#   benches/run.sh transport  flows in the plane beside torchcfm's: benches/TRANSPORT.md and transport.json
#   benches/run.sh likelihood flows beside zuko's and autoencoders beside PyTorch's: benches/LIKELIHOOD.md and likelihood.json
#   benches/run.sh browser    a residual block beside TensorFlow.js and ONNX Runtime Web: benches/BROWSER.md and browser.json
#   benches/run.sh browser-training   Kiln's page beside TensorFlow.js, as they learn a density: benches/BROWSER_TRAINING.md and browser_training.json
#   benches/run.sh check      the same as the first, beside benches/baselines: what has fallen behind
#
# Further arguments go to benches/compare.py, samplers.py, transport.py, likelihood.py, browser.py, browser_training.py
# or check.py, as in `benches/run.sh --seconds 1 --out outputs/bench`.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

peer="$CARGO_TARGET_DIR/peer"

# The peers' Python, which starts the comparisons as well.
interpreter() {
    [ ! -x "$peer/bin/python" ] || return 0
    have python3 || die "the peers need python3 with venv (Debian: apt install python3-venv)"
    python3 -m venv "$peer" || die "python3 has no venv (Debian: apt install python3-venv)"
}

# packages LIST OPTION...: installs what benches/peer/LIST pins, with pip and its options. What is there already holds a copy of the
# list that it was made from; pip leaves alone what is there.
packages() {
    local list=benches/peer/$1
    cmp -s "$list" "$peer/$1" && return
    interpreter
    note "installing what $list pins into $peer"
    # shellcheck disable=SC2086 # PEER_PIP is a list of pip's arguments
    "$peer/bin/python" -m pip install --quiet ${PEER_PIP:-} "${@:2}" -r "$list" || die "pip could not install $list: is PyPI reached?"
    cp "$list" "$peer/$1"
}

# build OPTION...: what the options of cargo name.
build() { step "Kiln: the build" cargo_brief build --release --locked "$@"; }

# browser WHAT PART: what every comparison in the browser needs, and that part of web/build.sh.
browser() {
    step "set-up" scripts/setup.sh cargo wasm chromium node bindgen
    CHROMIUM=$(chromium_path)
    export CHROMIUM
    step "Kiln: the $1" web/build.sh "$2"
    step "TensorFlow.js and ONNX Runtime Web" node_packages benches/browser/package.json "$peer/browser"
}

pytorch() { step "PyTorch and diffusers: some gigabytes, once" packages requirements.txt; }

comparison=compare
case ${1:-} in
    samplers | transport | likelihood | browser | browser-training | check)
        comparison=${1//-/_}
        shift
        ;;
esac

case $comparison in
    browser)
        browser module bench
        step "ONNX" packages browser.txt
        ;;
    browser_training)
        browser page page
        step "Python" interpreter
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
