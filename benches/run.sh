#!/usr/bin/env bash
# Measures Kiln beside its peers on this machine.
#
#   benches/run.sh            the library beside PyTorch: benches/RESULTS.md and results.json
#   benches/run.sh samplers   a step of each sampler beside diffusers': benches/SAMPLERS.md and samplers.json
#   benches/run.sh transport  flows in the plane beside torchcfm's: benches/TRANSPORT.md and transport.json
#   benches/run.sh check      the same as the first, beside benches/baselines: what has fallen behind
#
# Further arguments go to benches/compare.py, samplers.py, transport.py or check.py, as in `benches/run.sh --seconds 1 --out outputs/bench`.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

peer="$CARGO_TARGET_DIR/peer"
wanted=benches/peer/requirements.txt

# The environment is whole when it holds a copy of the list that it was made from; pip leaves alone what is there already.
install_peer() {
    cmp -s "$wanted" "$peer/requirements.txt" && return
    have python3 || die "the peers need python3 with venv (Debian: apt install python3-venv)"
    note "installing PyTorch and diffusers into $peer: some gigabytes, once"
    [ -x "$peer/bin/python" ] || python3 -m venv "$peer" || die "python3 has no venv (Debian: apt install python3-venv)"
    # shellcheck disable=SC2086 # PEER_PIP is a list of pip's arguments
    "$peer/bin/python" -m pip install --quiet ${PEER_PIP:-} -r "$wanted" || die "pip could not install $wanted: is PyPI reached?"
    cp "$wanted" "$peer/requirements.txt"
}

# What torchcfm itself asks for is left out: see the list.
install_transport() {
    local list=benches/peer/transport.txt
    cmp -s "$list" "$peer/transport.txt" && return
    # shellcheck disable=SC2086 # PEER_PIP is a list of pip's arguments
    "$peer/bin/python" -m pip install --quiet --no-deps ${PEER_PIP:-} -r "$list" || die "pip could not install $list: is PyPI reached?"
    cp "$list" "$peer/transport.txt"
}

comparison=benches/compare.py
programs=(-p kiln-native -p kiln-benches --bin kiln --bin kiln-bench)
if [ "${1:-}" = samplers ]; then
    comparison=benches/samplers.py
    programs=(-p kiln-benches --bin kiln-bench)
    shift
elif [ "${1:-}" = check ]; then
    comparison=benches/check.py
    shift
elif [ "${1:-}" = transport ]; then
    comparison=benches/transport.py
    programs=(-p kiln-benches --bin kiln-bench)
    shift
fi

step "Kiln: the build" cargo_brief build --release --locked "${programs[@]}"
step "the peers: the environment" install_peer
[ "$comparison" = benches/transport.py ] && step "torchcfm" install_transport
PYTHONPYCACHEPREFIX="$peer/pycache" step "the comparison" "$peer/bin/python" "$comparison" "$@"
