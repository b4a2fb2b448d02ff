# make reports: set up and render all reports   make test: set up and test   make lab: open JupyterLab
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: reports test lab check lock notebooks clean
.DELETE_ON_ERROR:

reports: $(VENV)/.ready
	$(BIN)/claimbook render

test: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

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
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV)
