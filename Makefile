# Each target sets up what it needs: Python 3.11 or newer with pip and venv is all that must be there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# What the tests install beside Pulsefield; `test,spark` adds those that need Java.
EXTRAS ?= test

.PHONY: demo test check audit clean

demo: $(VENV)/.installed
	$(BIN)/pulsefield demo

test: $(VENV)/.tests-installed
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(VENV)/.dev-installed
	VENV=$(VENV) .ci/audit

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.tests-installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@

$(VENV)/.dev-installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist
