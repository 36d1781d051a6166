# Sequencer: `make` lists what there is. Needs Python 3.11 or later, and nothing else.
.DEFAULT_GOAL := help
.PHONY: help run test check check-types check-the-rest bench soak channel-table browser-test screenshots double messages install fuzz
SHELL := /bin/sh
PORT ?= 8000
DOUBLE_PORT ?= 8099
KIND ?= messenger
ARGS ?=
CASES ?= 2000
# As many tests at once as there are processors in the smallest machine that it must run on; and, in `make test`, one
# more: the journeys go one by one, and mostly wait.
JOBS ?= 2

VENV := .venv
PYTHON := $(VENV)/bin/python
# One stamp per content of the pins: new pins are installed, a new checkout of the same pins is not.
RUN_STAMP := $(VENV)/.run-$(shell cksum < requirements.txt | tr ' ' -)
# What the engine is compared with has libraries of its own, which the product never sees.
BENCH_VENV := .venv-bench
BENCH_STAMP := $(BENCH_VENV)/.bench-$(shell cksum < benchmarks/requirements.txt | tr ' ' -)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' -)
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check
BESIDE := $(PYTHON) -m tests.launch

help: ## this list
	@echo "Sequencer. Targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-20s %s\n' "$$name" "$$text"; done

run: $(RUN_STAMP) .env ## set everything up, start web and worker, print the address (PORT=8000)
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py demo --port $(PORT)
	@exec $(PYTHON) manage.py serve --port $(PORT)

test: $(DEV_STAMP) ## the whole suite on SQLite and on a real PostgreSQL (ARGS="tests/rules -k window")
	@$(BESIDE) -n $$(($(JOBS) + 1)) --dist loadgroup $(ARGS)

check: $(DEV_STAMP) ## format, lint, types, imports, migrations, translations
	@$(MAKE) --no-print-directory -j $(JOBS) check-types check-the-rest

# What takes longest, beside all the others.
check-types: $(DEV_STAMP)
	$(BESIDE) --with sqlite -- $(PYTHON) -m mypy

check-the-rest: $(DEV_STAMP)
	$(PYTHON) -m ruff format --check --quiet
	$(PYTHON) -m ruff check --quiet
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo
	$(BESIDE) --with sqlite -- $(PYTHON) manage.py makemigrations --check --dry-run
	$(BESIDE) --with sqlite -- $(PYTHON) manage.py check --fail-level WARNING
	$(BESIDE) --with sqlite -- $(PYTHON) -m tests.catalogues

browser-test: $(DEV_STAMP) ## the journeys in a real browser (needs Chromium)
	@$(BESIDE) --only sqlite -m browser -n $(JOBS) --dist load $(ARGS)

screenshots: $(DEV_STAMP) ## the pictures of the documentation, made anew (needs Chromium)
	@$(BESIDE) --with sqlite -- $(PYTHON) -m tests.browser.pictures docs/images

bench: $(DEV_STAMP) $(BENCH_STAMP) ## messages per CPU second on a real PostgreSQL
	@$(BESIDE) --with postgresql --durable -- $(PYTHON) -m benchmarks $(ARGS)

soak: $(DEV_STAMP) ## 20,000 messages while processes are killed, then while PostgreSQL is (about half an hour; needs the right to mount)
	@JOURNEYS=soak $(BESIDE) --only postgresql tests/journeys/test_storm.py -q $(ARGS)
	@$(BESIDE) --with postgresql --durable -- $(PYTHON) -m tests.journeys.database_misbehaves

channel-table: $(DEV_STAMP) ## docs/channels.md anew: what each kind of channel can do
	@$(BESIDE) --with sqlite -- $(PYTHON) -m tests.channels.table
fuzz: $(DEV_STAMP) ## 2,000 calls of the API made up from its description, on PostgreSQL (CASES=2000)
	@FUZZ_CASES=$(CASES) $(BESIDE) --only postgresql tests/api/test_fuzz.py -q -n 0 $(ARGS)

double: $(DEV_STAMP) ## a provider on loopback to try a channel with: KIND=telegram, whatsapp... (DOUBLE_PORT=8099)
	@exec $(PYTHON) -m tests.doubles.by_hand $(KIND) --port $(DOUBLE_PORT)

messages: $(DEV_STAMP) ## gather the texts to translate (needs gettext) and compile the catalogues
	@if command -v xgettext >/dev/null; then \
		$(BESIDE) --with sqlite -- $(PYTHON) manage.py makemessages --locale fr --no-obsolete --ignore '.venv/*' --ignore 'tests/*'; \
	else echo "xgettext is missing (Debian: apt install gettext): only compiling what locale/ holds."; fi
	@$(PYTHON) -m tests.catalogues --write

install: $(DEV_STAMP) ## only the virtual environment with everything in it

.env: | $(RUN_STAMP)
	@$(PYTHON) -m sequencer.dot_env

$(PYTHON):
	@set -e; for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Sequencer needs Python 3.11 or later; none was found. Debian, Ubuntu: apt install python3 python3-venv" >&2; exit 1; fi; \
	if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "The venv module of $$found is missing. Debian, Ubuntu: apt install python3-venv" >&2; exit 1; fi; \
	echo "Making the virtual environment with $$($$found --version)." >&2; $$found -m venv $(VENV)

$(RUN_STAMP): | $(PYTHON)
	@echo "Installing what Sequencer needs." >&2
	@$(PIP) -r requirements.txt
	@touch $@

$(DEV_STAMP): | $(PYTHON)
	@echo "Installing what Sequencer and its tests need." >&2
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(BENCH_STAMP): | $(PYTHON)
	@echo "Installing what the benchmarks compare with." >&2
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@
