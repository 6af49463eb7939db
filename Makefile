# Each target does its own set-up. `make run` and `make test` are all that a newcomer needs.

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# Three for two cores: many a test waits for a server's thread or for a process that it started.
WORKERS ?= 3
# To compile every module in every process anew takes longer than most of the tests.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=25

.PHONY: run dev test quick test-days check pictures bench clean

run: $(VENV)/.runs
	@exec $(BIN)/too-marshal up $(ARGS)

# The same, and the pages start anew when a source file changes. Workers do not: stop and start.
dev: $(VENV)/.develops
	@exec $(BIN)/too-marshal up --reload $(ARGS)

test: $(VENV)/.develops .make/chromium
	@$(PYTEST) $(ARGS)

# A minute's worth: what needs neither the corpus nor a browser, and is not slow.
quick: $(VENV)/.develops
	@$(PYTEST) -m "not corpus and not browser and not slow" $(ARGS)

# The same on twelve days of the next two years: hours, so give ARGS. Where nothing else is said the
# browser's tests are left out: one present is as good as another to them, and they take longest.
test-days: $(VENV)/.develops .make/shifted_clock.so
	@$(BIN)/python tools/test_days.py .make/shifted_clock.so $(or $(ARGS),-m "not browser")

check: $(VENV)/.develops
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/check.sh

# Every page in three themes and two widths, into docs/images/pages: look at each.
pictures: $(VENV)/.develops .make/chromium
	@$(BIN)/python -m pytest -q tests/browser/pictures.py $(ARGS)

bench: $(VENV)/.develops
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .make dist build

$(VENV)/bin/python:
	@sh tools/need_python.sh "$(PYTHON)"
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runs: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.develops: $(VENV)/.runs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

.make/shifted_clock.so: tools/shifted_clock.c
	@sh tools/need_shifted_clock.sh $@

.make/chromium:
	@sh tools/need_chromium.sh
	@mkdir -p .make && touch $@
