#!/usr/bin/env bash
# Measures Kiln beside PyTorch on this machine and writes benches/RESULTS.md and benches/results.json.
# Arguments go to benches/compare.py, as in `benches/run.sh --seconds 1 --out outputs/bench`.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

peer="$CARGO_TARGET_DIR/peer"
wanted=benches/peer/requirements.txt

# The environment is whole when it holds a copy of the list that it was made from.
install_peer() {
    cmp -s "$wanted" "$peer/requirements.txt" && return
    have python3 || die "the peer needs python3 with venv (Debian: apt install python3-venv)"
    note "installing PyTorch into $peer: some gigabytes, once"
    rm -rf "$peer"
    python3 -m venv "$peer" || die "python3 has no venv (Debian: apt install python3-venv)"
    # shellcheck disable=SC2086 # PEER_PIP is a list of pip's arguments
    "$peer/bin/pip" install --quiet ${PEER_PIP:-} -r "$wanted"
    cp "$wanted" "$peer/requirements.txt"
}

step "Kiln: the build" cargo_brief build --release --locked -p kiln-native -p kiln-benches --bin kiln --bin kiln-bench
step "PyTorch: the environment" install_peer
PYTHONPYCACHEPREFIX="$peer/pycache" step "the comparison" "$peer/bin/python" benches/compare.py "$@"
