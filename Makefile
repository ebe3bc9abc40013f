# make demo    the whole chain on a computed CT phantom
# make test    the tests, in minutes
# make test-slow  whole real scans through the chain, judged by outside programs
# make lint    ruff and mypy
# make bench   time and memory of the chain, step by step
#
# PYTHON names the interpreter (3.11 or later); otherwise the newest of python3.13, 3.12, 3.11, python3 that fits.

VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= printprep-demo
WORKERS ?= 2
PYTEST_ARGS ?= -rs --durations=10

FITS = -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(firstword $(foreach p,python3.12 python3.11 python3.13 python3,$(shell $(p) $(FITS) >/dev/null 2>&1 && echo $(p))))

.PHONY: help demo test test-slow lint bench clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

demo: $(VENV)/.stamp-fast
	$(BIN)/printprep demo -o $(OUT)

test: $(VENV)/.stamp-test
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(PYTEST_ARGS)

test-slow: $(VENV)/.stamp-test
	$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

lint: $(VENV)/.stamp-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.stamp-fast
	$(BIN)/python Testing/benchmarks/chain.py

# One environment; each stamp says which extra has been installed into it, and is older than pyproject.toml when that
# changed. The package is installed editable: code changes need no new installation.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found. Install it, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make an environment: its venv module is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.stamp-fast: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[fast]'
	@touch $@

$(VENV)/.stamp-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[fast,jpeg2000,test]'
	@touch $@ $(VENV)/.stamp-fast

$(VENV)/.stamp-lint: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[fast,lint]'
	@touch $@ $(VENV)/.stamp-fast

clean:
	rm -rf $(VENV) $(OUT)
