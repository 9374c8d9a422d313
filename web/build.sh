#!/usr/bin/env bash
# Builds the page into dist: the modules of kiln-web (what computes; the window; both on one GPU), the page's own files, the zoo's weights.
#
#   web/build.sh         the page
#   web/build.sh bench   the module that `benches/run.sh browser` measures, and no page
#
#   KILN_PAGE_OPTIMISE   what wasm-opt does, in place of what each module says
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

bindgen="$CARGO_TARGET_DIR/tools/bin/wasm-bindgen"
optimiser="$CARGO_TARGET_DIR/node/node_modules/.bin/wasm-opt"
modules="$CARGO_TARGET_DIR/page/modules"
compressed="$CARGO_TARGET_DIR/page/compressed"

# What today's browsers have, by name: --all-features makes modules that they refuse.
wasm_features=(
    --enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue --enable-mutable-globals
    --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --enable-simd
)

for tool in "$bindgen" "$optimiser"; do
    [ -x "$tool" ] || die "there is no $tool: run scripts/setup.sh cargo wasm node bindgen"
done

# module NAME FEATURE PROFILE LEVEL: builds modules/NAME/NAME.js and NAME_bg.wasm. The optimiser takes minutes on one core: it goes on beside the next
# module's build.
module() {
    local name=$1 feature=$2 profile=$3 optimise=${KILN_PAGE_OPTIMISE:-$4} key
    local raw="$CARGO_TARGET_DIR/wasm32-unknown-unknown/$profile/kiln_web.wasm"
    cargo_brief build --profile "$profile" --locked --target wasm32-unknown-unknown -p kiln-web \
        --no-default-features --features "$feature"
    node web/reactor.mjs "$raw"
    key="$(sha256sum <"$raw") $("$bindgen" --version) $("$optimiser" --version) $optimise"
    if [ "$(cat "$modules/$name.key" 2>/dev/null)" = "$key" ]; then
        note "module $name: as before"
        return
    fi
    note "module $name: wasm-bindgen and wasm-opt $optimise"
    rm -rf "${modules:?}/$name" "$modules/$name.key"
    mkdir -p "$modules"
    "$bindgen" --target web --no-typescript --out-dir "$modules/$name" --out-name "$name" "$raw"
    optimised "$name" "$key" "$optimise" &
    running+=($!)
}

# optimised NAME KEY LEVEL: makes a module small, and writes down what it was made of.
optimised() {
    local name=$1 key=$2 optimise=$3
    "$optimiser" "$optimise" "${wasm_features[@]}" --strip-debug --strip-producers \
        -o "$modules/$name/small.wasm" "$modules/$name/${name}_bg.wasm"
    mv "$modules/$name/small.wasm" "$modules/$name/${name}_bg.wasm"
    printf '%s' "$key" >"$modules/$name.key"
}

# Waits for the optimiser; the failure of one is the failure of all.
finished() {
    local job
    for job in "${running[@]}"; do wait "$job"; done
}
running=()

case ${1:-page} in
    page)
        # Optimised for size, windows have a sixth less bytes, and a fifteenth more once they are compressed.
        module gpu gpu web-gpu -O0
        module cpu worker web -Os
        module ui ui web -O0
        finished
        node web/pack.mjs "$modules" "$compressed" dist
        ;;
    bench)
        module bench bench web -Os
        finished
        ;;
    *) die "web/build.sh builds 'page' or 'bench', not '$1'" ;;
esac
