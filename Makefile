# `make` is what must pass before a commit: check + test.
PYTHON ?= python3
VENV ?= .venv
# Looked up when a recipe runs: `make setup check` makes the environment on the way.
BIN = $(shell test -x $(VENV)/bin/python && echo $(VENV)/bin/)
ARGS ?=

.DEFAULT_GOAL := all
.PHONY: all setup format check test cover demo bench stats help

all: check test  ## check + test

setup:  ## create .venv and install the package with its dev extra
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --upgrade pip
	$(VENV)/bin/pip install --quiet -e '.[dev]'

format:  ## rewrite the sources in the project's format
	$(BIN)ruff format .
	$(BIN)ruff check --fix .

check:  ## format, lint, types, room contracts
	$(BIN)ruff format --check .
	$(BIN)ruff check .
	$(BIN)mypy
	$(BIN)lint-imports

test:  ## pytest on all cores; narrow it with ARGS="-k taint"
	$(BIN)python -m pytest -n auto --dist loadfile $(if $(ARGS),$(ARGS),-m "not slow")

cover:  ## branch coverage
	$(BIN)python -m pytest --cov=reconciler --cov-branch --cov-report=term-missing:skip-covered $(ARGS)

demo:  ## the whole story on simulated members
	$(BIN)python -m reconciler demo

bench:  ## print the figures of docs/performance.md
	$(BIN)python -m reconciler bench --all

stats:  ## sizes of modules and functions, printed
	$(BIN)python tools/stats.py

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
