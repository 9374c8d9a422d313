# Two commands do all the set-up: `make demo` and `make test`. The scripts hold the work; this is their index.

# Outside of the checkout, so that a fresh clone finds what an earlier one has built.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/kiln-target
# Datasets that tests and training read; tests that need them say so when they are not there.
KILN_SHARED ?= ../shared
override KILN_SHARED := $(abspath $(KILN_SHARED))
export KILN_SHARED
# Where rustup puts cargo: `make` works in the shell in which it was installed.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo studio test web serve setup fmt lint bench bench-check docs

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## draw 64 digits and a 2-D density into outputs/demo
	@scripts/demo.sh

studio: ## open the playground in a window
	@cargo run --release --locked -p kiln-native --bin kiln -- studio $(ARGS)

test: ## everything that CI checks
	@scripts/test.sh

web: ## build the browser page into dist
	@scripts/web.sh

serve: web ## build the page and serve it on http://localhost:8080
	@node web/serve.mjs dist 8080

setup: ## install whatever the other targets need
	@scripts/setup.sh

fmt: ## format the sources
	@cargo fmt --all

lint: ## format, tidy and clippy, as CI checks them
	@scripts/lint.sh

bench-check: ## measure again, and say what has fallen behind the baseline by 15 %
	@benches/run.sh check $(ARGS)

bench: ## measure beside the peers; ARGS="..." goes to the benchmark
	@benches/run.sh $(ARGS)

docs: ## build the library's documentation
	@cargo doc --release --locked --workspace --lib --no-deps
	@echo "documentation: $(CARGO_TARGET_DIR)/doc/kiln/index.html"
