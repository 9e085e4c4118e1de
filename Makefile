# make study   the paper's ablation, end to end, on a simulated survey of real SDSS measurements
# make test    every test, with branch coverage
# make lint    style and types

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --constraint constraints.txt
STUDY ?= quickstart

.PHONY: study test lint clean

study: $(VENV)/.installed-all
	$(BIN)/slipher study $(STUDY)

test: $(VENV)/.installed-dev
	rm -f .coverage .coverage.*
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --cov --cov-branch --cov-report=term $(PYTEST_FLAGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/.torch: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "slipher needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Creating the environment in $(VENV): about 3 GB of disk and 2 minutes, torch first ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) torch==2.13.0
	@touch $@

$(VENV)/.installed-all: $(VENV)/.torch pyproject.toml
	@$(PIP) --editable '.[all]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.torch pyproject.toml
	@$(PIP) --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) runs build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
