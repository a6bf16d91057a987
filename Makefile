# Every target sets up what it needs first (scripts/setup skips what is there) and says what it does.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help run dev test demo build dist fmt lint queries screenshots lighthouse faults soak

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: build ## Set up, build the release and serve on 127.0.0.1:3000
	@. scripts/env.sh
	exec "$${CARGO_TARGET_DIR:-target}/release/autocode" serve

demo: build ## Set up, build, and let the real Claude Code finish the demonstration project in a temporary folder
	@. scripts/env.sh
	exec "$${CARGO_TARGET_DIR:-target}/release/autocode" demo

build: ## Set up and build the release
	@scripts/setup --for run
	scripts/build

dist: ## Set up, build and pack a release into dist/, with its installer and checksums
	@scripts/setup --for run
	exec scripts/dist

dev: ## Set up, then build, serve and reload at every change
	@scripts/setup --for run
	. scripts/env.sh
	exec cargo leptos watch

test: ## Set up, then everything that CI runs
	@scripts/setup --for test
	exec scripts/test

fmt: ## Format the Rust code
	@. scripts/env.sh
	cargo fmt --all

lint: ## Format check and clippy, host and wasm32
	@scripts/setup --for run
	exec scripts/test format clippy clippy-wasm

queries: ## Record the SQL queries in .sqlx after a change
	@scripts/setup --for run
	exec scripts/sqlx-prepare

screenshots: ## Take the README's pictures, and one of every page into end2end/screenshots
	@scripts/setup --for test
	scripts/build
	. scripts/env.sh
	export AUTOCODE_SCREENSHOTS=1
	exec npx --no-install playwright test --config end2end/playwright.config.ts --project screenshots

lighthouse: ## Ask Lighthouse about the dashboard on a phone
	@scripts/setup --for test
	scripts/build
	. scripts/env.sh
	export AUTOCODE_LIGHTHOUSE=1
	exec npx --no-install playwright test --config end2end/playwright.config.ts --project lighthouse

# The same features as in scripts/test, so that nothing is built twice.
chain = cargo test --release --workspace --exclude frontend --locked --test faults --

faults: ## Bring about every situation of the fault matrix three times and write docs/faults.md
	@scripts/setup --for test
	. scripts/env.sh
	$(chain) --rounds 3 --report $(CURDIR)/docs/faults.md

soak: ## Run 100 plans with a random fault each and write docs/soak.md (SOAK_RUNS, SOAK_SEED, SOAK_RUN)
	@scripts/setup --for test
	. scripts/env.sh
	export SOAK_RUNS=$${SOAK_RUNS:-100}
	$(chain) soak --soak $(CURDIR)/docs/soak.md
