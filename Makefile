# Longhaul: `make setup` once, then `make demo` or `make test`. Everything stays in this folder (.venv, .longhaul).
PYTHON ?= python3
FOLDER ?= .
WORKERS ?= 2
PROFILE ?= standard
BIN := .venv/bin
SIDE_BY_SIDE := --numprocesses 3 --dist worksteal # a stack of its own for each process; many tests wait, so more than processors
CACHED := PYTHONDONTWRITEBYTECODE= # hundreds of processes are started: each would compile everything anew
STAMP := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check up worker down bench peers protocol chaos clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with the pinned dependencies
	@:

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Longhaul needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo missing)." \
	    "Say which: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "setup: .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "setup: dependencies from requirements.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## a small job from start to end, with a worker killed on the way (FOLDER=.)
	@$(BIN)/longhaul demo --folder "$(FOLDER)"

test: setup ## every test, with the real services
	@$(CACHED) $(BIN)/pytest $(SIDE_BY_SIDE)

check: setup ## formatting, lint, layers, types, then every test
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(CACHED) $(BIN)/pytest $(SIDE_BY_SIDE)

up: setup ## Postgres, Valkey and Temporal with its web UI, and workers (WORKERS=2)
	@$(BIN)/longhaul up --workers $(WORKERS)

worker: setup ## one worker in this terminal
	@$(BIN)/longhaul worker

down: setup ## end what `up` started
	@$(BIN)/longhaul down

bench: setup ## what it costs, beside the raw floor
	@$(BIN)/python -m bench

peers: setup .venv-peers/.ready ## Longhaul beside DBOS, LangGraph and Temporal: an hour, on a quiet machine
	@$(BIN)/python -m bench.peers

.venv-peers/.ready: bench/peers/requirements.txt
	@echo "peers: .venv-peers with what bench/peers/requirements.txt names"
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r bench/peers/requirements.txt
	@touch $@

protocol: setup ## every interleaving of the protocol, and what each rule is for
	@$(BIN)/python -m chaos.protocol

chaos: setup ## a whole installation of its own under faults (PROFILE=standard)
	@$(BIN)/longhaul chaos --profile $(PROFILE)

clean: ## end the stack, remove .longhaul, .venv and caches
	@if [ -x $(BIN)/python ] && [ -d .longhaul/stack ]; then LONGHAUL_HOME=.longhaul $(BIN)/python -m stack.remove; fi
	@rm -rf .longhaul .venv .venv-peers build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "clean: .longhaul, .venv and caches are gone"
