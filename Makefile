# Bare `make` lists the targets. A virtual environment in .venv is made and kept up to date by
# whatever target needs it.

# The first that runs and is new enough; version managers put names on the PATH that do not run.
PYTHON ?= $(shell for v in python3 python3.13 python3.12 python3.11; do \
	$$v -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$v && break; done)
BIN := .venv/bin
RUN_STAMP := .venv/.run
DEV_STAMP := .venv/.dev
JS_STAMP := node_modules/.installed
# Most tests wait for a broker, a browser or a clock, so more run at once than there are cores.
JOBS ?= 4
PYTEST = $(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup packages demo test test-unit test-js test-browser test-system test-pythons check format schema screenshots bench bench-quick bench-dashboard soak cluster-demo fuzz clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(DEV_STAMP) packages $(JS_STAMP) ## Make .venv with everything, and what the tests need

packages: # Brokers, Chromium and Node.js from Debian, where we may install them
	@sh .ci/packages

demo: $(RUN_STAMP) ## Broker, bridge, dashboard and a simulated car; prints the URL to open
	@$(BIN)/pitboard demo

test: setup test-js ## Every test; JOBS=1 for one after the other
	$(PYTEST)

test-unit: $(DEV_STAMP) ## All but whole chains, browsers and packaging
	$(PYTEST) -m "not system and not browser and not packaging"

test-js: packages $(JS_STAMP) ## The dashboard's unit tests
	@if command -v node >/dev/null; then node --test tests/dashboard/*.test.js; \
	else echo "SKIPPED the dashboard's unit tests: Node.js is not installed"; fi

test-browser: setup ## The page in a real Chromium
	$(PYTEST) -m browser

test-system: setup ## Real brokers, servers and sockets
	$(PYTEST) -m system

test-pythons: $(DEV_STAMP) packages ## Broker and bridge on each other CPython from 3.12 on that is here
	@sh .ci/test-pythons --numprocesses $(JOBS) --dist worksteal tests/broker tests/bridge tests/system/test_brokers.py

check: $(DEV_STAMP) $(JS_STAMP) ## Lint, formatting and types; warnings are errors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p pitboard -p tests -p benchmarks
	$(BIN)/codespell
	@if [ -x node_modules/.bin/tsc ]; then node_modules/.bin/tsc; \
	else echo "SKIPPED tsc: Node.js is not installed"; fi

format: $(DEV_STAMP) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: $(DEV_STAMP) ## Write what is generated from the contract: schemas, AsyncAPI, field tables
	$(BIN)/python docs/generate.py

screenshots: setup ## Take the pictures of the README anew
	PITBOARD_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser -k test_picture -q

bench: $(DEV_STAMP) packages ## The bridge's speed beside mosquitto's and C's, 6 minutes; JSON in dist/
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.decode
	$(BIN)/python -m benchmarks.validation

bench-quick: $(DEV_STAMP) packages ## The same in a minute, with one short round of each
	$(BIN)/python -m benchmarks --quick

bench-dashboard: setup ## What the page costs in a real Chromium; MINUTES=10 to watch longer
	$(BIN)/python -m benchmarks.dashboard $(if $(MINUTES),--minutes $(MINUTES))

soak: $(DEV_STAMP) packages ## A fault a minute for 10 minutes; SOAK=8h for longer, SEED=7 to repeat
	PITBOARD_SOAK=1 $(BIN)/python -m pytest -q tests/soak
	$(BIN)/python -m tests.soak $(if $(SOAK),--duration $(SOAK)) $(if $(SEED),--seed $(SEED))

cluster-demo: $(DEV_STAMP) packages ## Kill a cluster's machines one by one; ROUNDS=12 for more
	PITBOARD_CLUSTER=1 $(BIN)/python -m pytest -q tests/system/test_cluster.py tests/system/test_nats.py tests/system/test_brokers.py -k "not nats_1 and not embedded and not mosquitto"
	$(BIN)/python -m tests.cluster $(if $(ROUNDS),--rounds $(ROUNDS))

fuzz: $(DEV_STAMP) ## 100,000 damaged packets at the embedded broker; SEED=7 to repeat
	$(BIN)/python -m tests.broker.fuzz $(if $(SEED),--seed $(SEED))

clean: ## Remove everything that make made
	rm -rf .venv node_modules dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
	rm -f pitboard/contract pitboard/broker pitboard/publisher pitboard/bridge pitboard/dashboard

.venv/bin/python:
	@[ -n "$(PYTHON)" ] \
	|| { echo "pitboard needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; sh .ci/packages venv && $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(RUN_STAMP): pyproject.toml hatch_build.py | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[server]"
	@touch $@

$(DEV_STAMP): $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(JS_STAMP): package-lock.json | packages
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; fi
	@mkdir -p node_modules && touch $@
