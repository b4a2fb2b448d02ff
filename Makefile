# make reports: set up and render all reports   make test: set up and test   make lab: open JupyterLab
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# What pip would do file by file, on every processor. Packages bring templates that are no Python.
COMPILE = $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib src || true

.PHONY: reports test types tests lab lock notebooks clean
.DELETE_ON_ERROR:

reports: $(VENV)/.ready
	$(BIN)/claimbook render

test: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --no-print-directory -j2 types tests

types: $(VENV)/.ready-dev
	$(BIN)/mypy

# One process more than two processors: many tests wait for a browser, a kernel or a limit.
tests: $(VENV)/.ready-dev
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

lab: $(VENV)/.ready
	$(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb

# Execute every notebook in place with its default parameters and keep normalised outputs.
notebooks: $(VENV)/.ready
	$(BIN)/claimbook notebooks

# Resolve the dependencies anew; the files carry hashes and no index address.
lock: $(VENV)/.ready
	$(PIP) install "uv>=0.9"
	$(BIN)/python tools/lock.py

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "claimbook needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.ready: $(VENV)/.python requirements.lock pyproject.toml
	$(PIP) install --no-compile --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(COMPILE)
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(PIP) install --no-compile --require-hashes -r requirements-dev.lock
	$(COMPILE)
	touch $@

clean:
	rm -rf $(VENV)
