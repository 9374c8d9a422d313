# shellcheck shell=bash
# Where things are and how the scripts speak. Sourced by them, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# absolute PATH: the same path, from the root of the file system.
absolute() {
    case $1 in
        /*) printf '%s' "$1" ;;
        *) printf '%s/%s' "$PWD" "$1" ;;
    esac
}

CARGO_TARGET_DIR=$(absolute "${CARGO_TARGET_DIR:-$HOME/.cache/kiln-target}")
KILN_SHARED=$(absolute "${KILN_SHARED:-../shared}")
export CARGO_TARGET_DIR KILN_SHARED
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# Cargo takes two checkouts that share a target folder for one. When it was another's, our own crates are built anew, lest the
# other's pass for ours; what they stand on stays.
claim_target() {
    local owner="$CARGO_TARGET_DIR/checkout"
    [ "$(cat "$owner" 2>/dev/null)" != "$PWD" ] || return 0
    rm -rf "$CARGO_TARGET_DIR"/release/.fingerprint/kiln* "$CARGO_TARGET_DIR"/wasm32-unknown-unknown/web*/.fingerprint/kiln*
    mkdir -p "$CARGO_TARGET_DIR"
    printf '%s' "$PWD" >"$owner"
}
claim_target

say() { printf '\n==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }

die() {
    printf '\nerror: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# at_least HAVE WANTED: whether version HAVE is WANTED or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | sed -n 1p)" = "$2" ]; }

# The step that is under way, for the last word of a script that fails.
current=
trap '[ -z "$current" ] || printf "\nFAILED: %s\n" "$current" >&2' EXIT

# step NAME COMMAND...: announces, runs, and says how long it took. A failure ends the script.
step() {
    local begin=$SECONDS
    current=$1
    shift
    say "$current"
    "$@"
    note "done: $current, $((SECONDS - begin)) s"
    current=
}

# The Chromium to test with: $CHROMIUM, or the first that is installed.
chromium_path() {
    local name
    for name in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome; do
        if command -v "$name"; then
            return
        fi
    done
    return 1
}

# node_packages MANIFEST FOLDER: installs what a package.json pins, again only when it has changed.
node_packages() {
    local manifest=$1 home=$2
    mkdir -p "$home"
    if [ -d "$home/node_modules" ] && cmp -s "$manifest" "$home/installed.json"; then
        return
    fi
    note "installing what $manifest pins, with npm"
    cp "$manifest" "$home/package.json"
    npm install --prefix "$home" --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error
    cp "$manifest" "$home/installed.json"
}

# cargo_brief ARGUMENT...: cargo with one line for its hundreds of `Compiling`; all else is passed on.
cargo_brief() { { cargo "$@" 2>&1 >&3 | brief >&2; } 3>&1; }

brief() {
    local line crates=0 shown=0
    while IFS= read -r line; do
        case $line in
            '   Compiling '* | '    Checking '* | ' Documenting '*)
                crates=$((crates + 1))
                if [ -t 2 ]; then
                    printf '\r    %d crates, now %s\033[K' "$crates" "${line##*ing }"
                    shown=1
                elif [ $((crates % 50)) -eq 0 ]; then
                    note "$crates crates"
                fi
                ;;
            *Downloaded\ * | *Downloading\ * | *Updating\ * | *Locking\ *) ;;
            *)
                [ "$shown" -eq 0 ] || printf '\r\033[K'
                shown=0
                printf '%s\n' "$line"
                ;;
        esac
    done
}
