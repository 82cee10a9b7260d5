# Hearth. `make run` starts it, `make test` checks it; both install what they need.
#
#   make run                          a demo at http://127.0.0.1:8000, its data in ./instance
#   make run PORT=9000 INSTANCE=/srv/hearth-demo
#   make test                         everything, as .ci/run does
#   make quick                        checks, rules, vault and the laws of the house: three minutes, while you work
#   make bench BENCH='--rows 1000'    how fast it is (docs/benchmarks.md)
#   make chaos CHAOS='--seed 7'       everything goes wrong for ten minutes, and no promise may break
#   make structure                    how large and how coupled the code is
#   make wheel                        dist/hearth-*.whl, to be installed without a checkout (docs/operating.md)

PYTHON ?= python3
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin
PO := $(wildcard webapp/translations/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --only-binary :all:

.SUFFIXES:
.NOTPARALLEL:
.PHONY: run install test quick lint format types contracts pytest coverage bench chaos structure screens words system lock wheel clean clean-venv clean-demo

run: install
	@$(BIN)/python -m webapp.cli demo
	@exec $(BIN)/python -m webapp.cli run

install: $(VENV)/runtime.lock $(MO)

test: $(VENV)/dev.lock $(MO) system
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory pytest

quick: $(VENV)/dev.lock $(MO)
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory pytest TESTS="tests/unit tests/architecture"

lint: $(VENV)/dev.lock
	$(BIN)/ruff check --no-cache .
	$(BIN)/djangofmt --check templates
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# `make pytest WORKERS=0` runs one test after the other; `make pytest TESTS=tests/unit` only some.
pytest: $(VENV)/dev.lock $(MO)
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --maxprocesses=4 --dist=loadgroup $(TESTS)

coverage: $(VENV)/dev.lock $(MO) system
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# How fast it is; `make bench BENCH="--rows 1000000"` takes an hour, and 31 gigabytes.
bench: install
	@$(BIN)/python -m bench $(BENCH)

# Files, functions, imports among packages; `make structure CHECKOUT=../older` reads another state of the code.
CHECKOUT ?= .
structure: $(BIN)/python
	@$(BIN)/python -m bench.structure $(CHECKOUT)

# Ten minutes of failures against a stream of people, as root; `make chaos CHAOS="--seed 8 --seconds 120 --postgresql"`.
chaos: $(VENV)/dev.lock $(MO)
	@$(BIN)/python -m tests.chaos $(CHAOS)

# Reproducible: the same commit gives the same bytes. Its times are that of the commit.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1577836800)
wheel: $(VENV)/build.lock $(MO)
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(BIN)/python -m hatchling build --target wheel --directory dist

format: $(VENV)/dev.lock
	$(BIN)/ruff check --no-cache --fix .
	$(BIN)/ruff format --no-cache .
	$(BIN)/djangofmt templates

# The pictures in the README, from the running service.
screens: $(VENV)/dev.lock $(MO) system
	$(BIN)/python -m tests.screens

# Every text of ours, for translators and for the check at the start; tests hold it against the code.
words: | $(VENV)/runtime.lock
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --keywords lazy_gettext --add-location file \
		--sort-output --omit-header --output-file webapp/translations/messages.pot .

system:
	@.ci/system-packages
	@$(BIN)/python .ci/from-npm
	@$(BIN)/python .ci/from-pypi

# Needs uv (https://docs.astral.sh/uv/). The locks carry hashes and no addresses, and take wheels only: a source
# distribution runs its author's code while it is installed.
LOCK := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
	--no-emit-index-url --no-emit-find-links --only-binary :all: --emit-build-options
lock:
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-s3.in -o requirements-s3.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-build.in --constraint requirements-dev.txt -o requirements-build.txt

# A stamp is a copy of the lock it was installed from: nothing is installed again until the lock's text changes.
$(VENV)/runtime.lock: requirements.txt | $(BIN)/python
	@cmp -s $< $@ || { echo "Installing what Hearth needs (once, about a minute)"; $(PIP) -r $<; }
	@cp $< $@

$(VENV)/build.lock: requirements-build.txt | $(BIN)/python
	@cmp -s $< $@ || { echo "Installing what makes a wheel (once)"; $(PIP) -r $<; }
	@cp $< $@

$(VENV)/dev.lock: requirements-dev.txt requirements.txt | $(BIN)/python
	@cmp -s $< $@ || { echo "Installing what the tests need (once, about two minutes)"; $(PIP) -r $<; }
	@cp requirements.txt $(VENV)/runtime.lock
	@cp $< $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Hearth needs Python 3.11 or newer, with venv, as $(PYTHON). Say which: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

%.mo: %.po | $(VENV)/runtime.lock
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

clean:
	rm -rf dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .coverage .coverage.* htmlcov $(MO)
	find webapp tests migrations -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

clean-venv:
	rm -rf $(VENV)

# Only the demo's own folder, and only when the demo made it.
clean-demo:
	@test -f instance/demo-sign-in.json || { echo "instance/ was not made by the demo; it stays" >&2; exit 1; }
	rm -rf instance
