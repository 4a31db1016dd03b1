# Elocute. `make run` starts the server, `make test` checks everything; both set up what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test check clean
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	@sh deploy/system_packages.sh gl
	$(BIN)/elocute serve

test: $(VENV)/.installed-dev
	@sh deploy/system_packages.sh gl browser turn
	@! command -v npm >/dev/null || [ -d tests/node/node_modules ] \
	  || npm ci --prefix tests/node --no-audit --no-fund --silent || echo "no validator, no three.js"
	$(MAKE) check

# In order of speed; nothing else is run in CI. What goes by the clock has the machine to itself,
# and further tries: a shared machine stands still now and then.
check:
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pydoclint stream_engine trt_build training clients
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not net and not browser" --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m "net or browser" --reruns 2

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
