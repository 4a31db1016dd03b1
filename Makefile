# Elocute. `make run` starts the server, `make test` checks everything; both set up what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test check lint clean system node ruff imports docstrings types
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	@sh deploy/system_packages.sh gl
	$(BIN)/elocute serve

test:
	$(MAKE) --jobs 3 $(VENV)/.installed-dev system node
	$(MAKE) check

# Nothing else is run in CI. Tests that sleep and wait for sockets run among those that compute,
# each in one thread; browsers have the machine to themselves. Both have further tries
# (tests/conftest.py).
check:
	$(MAKE) --jobs 2 lint
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m "not browser and not alone" --numprocesses 3 --dist loadfile
	$(BIN)/python -m pytest -m "browser or alone"

lint: types ruff imports docstrings

ruff:
	$(BIN)/ruff check .

imports:
	$(BIN)/lint-imports

docstrings:
	$(BIN)/pydoclint stream_engine trt_build training clients

types:
	$(BIN)/mypy

system:
	@sh deploy/system_packages.sh gl browser turn

node:
	@! command -v npm >/dev/null || [ -d tests/node/node_modules ] \
	  || npm ci --prefix tests/node --no-audit --no-fund --silent || echo "no validator, no three.js"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Elocute needs Python 3.11 or newer: set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Cannot make a virtual environment: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(PIP) --constraint deploy/constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml deploy/constraints.txt | $(VENV)/bin/python
	$(PIP) --constraint deploy/constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
