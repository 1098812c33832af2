# Each target sets up what it needs, says what it does, and can be run again.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WHEELS := build/wheels
SOURCES := $(shell find src -type f -not -name '*.pyc' -not -path 'src/tidegauge/web/ui/*' -not -path 'src/tidegauge/report/built/*')
UI := src/tidegauge/web/ui/index.html
PICTURES := src/tidegauge/report/built/charts.js
UI_SOURCES := $(shell find ui -type f -not -path 'ui/node_modules/*' -not -name schema.ts)

.PHONY: help run test ui nightly check static docs pictures bench lock clean
.DELETE_ON_ERROR:

help:
	@echo "make run     tidegauge with seven living models and faults to be found, until Ctrl-C"
	@echo "make test    every test, against the built wheel"
	@echo "make nightly the long forms: 200 kills, 50 power losses, a million changed bodies, 100,000 steps of the alerts, quiet months and years (hours)"
	@echo "make ui      the dashboard and its pictures alone, into the package"
	@echo "make check   format, lint, types, imports, docs, tests: what CI runs"
	@echo "make docs    the documentation, into build/docs"
	@echo "make pictures  the screenshots in docs/images, as the browser's tests see the dashboard"
	@echo "make bench   the benchmarks against their rivals (half an hour), into docs/benchmarks.md"
	@echo "make lock    new versions of the dependencies, into requirements/"

$(VENV)/ready: requirements/dev.txt
	@echo "== Making $(VENV) with the locked dependencies (about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

ui/node_modules/ready: ui/package-lock.json
	@command -v npm > /dev/null || { echo "Node 20.19 or newer is needed for the dashboard" >&2; exit 1; }
	@echo "== Installing what the dashboard is built with (half a minute)"
	@cd ui && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

build/described: $(VENV)/ready $(SOURCES) scripts/describe-api
	@mkdir -p build
	@PYTHONPATH=src $(BIN)/python scripts/describe-api > build/openapi.new
	@cmp -s build/openapi.new build/openapi.json || cp build/openapi.new build/openapi.json
	@touch $@

# Only another description makes another dashboard.
build/openapi.json: build/described ;

ui/src/api/schema.ts: build/openapi.json ui/node_modules/ready
	@cd ui && npm run --silent types > /dev/null
	@touch $@

$(UI): ui/src/api/schema.ts $(UI_SOURCES)
	@echo "== Building the dashboard"
	@cd ui && npm run --silent build
	@touch $@

$(PICTURES): ui/src/api/schema.ts $(UI_SOURCES)
	@echo "== Building its pictures for reports"
	@cd ui && npm run --silent pictures
	@touch $@

ui: $(UI) $(PICTURES)

$(VENV)/installed: $(VENV)/ready $(UI) $(PICTURES) pyproject.toml README.md LICENSE $(SOURCES)
	@echo "== Building the wheel and installing it"
	@rm -rf $(WHEELS)
	$(BIN)/python -m build --wheel --no-isolation --outdir $(WHEELS) . > build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log
	$(BIN)/pip install --quiet --no-deps --force-reinstall $(WHEELS)/*.whl
	@touch $@

run: $(VENV)/installed
	@echo "== Starting tidegauge on build/run with seven living models; Ctrl-C ends it"
	@$(BIN)/tidegauge demo --serve build/run

test: $(VENV)/installed
	@scripts/install-chromium
	@scripts/install-postgres
	@scripts/install-alertmanager
	@scripts/install-oidc-provider
	@echo "== Tests of the dashboard's own code"
	@cd ui && npm run --silent test
	@echo "== Tests, against the installed wheel"
	$(BIN)/pytest tests --pyargs tidegauge --doctest-modules --numprocesses 2

nightly: $(VENV)/installed
	@echo "== Kills, power losses and described requests, in their long forms"
	TIDEGAUGE_KILLS=200 TIDEGAUGE_IMAGES=50 TIDEGAUGE_EXAMPLES=1000 TIDEGAUGE_STEPS=100000 \
		TIDEGAUGE_RACES=10000 TIDEGAUGE_NOTICES=1000 TIDEGAUGE_OUTAGE=500 TIDEGAUGE_TIMELINES=300 \
		TIDEGAUGE_STANDSTILLS=10 TIDEGAUGE_RESTARTS=2400 TIDEGAUGE_APART=60 \
		TIDEGAUGE_HISTORIES=1000 TIDEGAUGE_SCHEDULES=10000 \
		TIDEGAUGE_PARTITIONS=1,30,600 $(BIN)/pytest \
		tests/log tests/web tests/client tests/catalog tests/monitor tests/alert tests/retrain \
		tests/worker/test_worker_stands_still.py tests/whole/test_whole_partitions.py \
		tests/series/test_series_runner.py
	@echo "== A million changed JSON bodies, 100,000 of Arrow"
	$(BIN)/python tests/ingest/fuzz.py
	@echo "== 300 quiet months in each world, and four quiet years of a check a minute"
	$(BIN)/python bench/quiet.py 300
	$(BIN)/python bench/year.py
	@echo "== A hundred faults, by the clock on the wall (ten minutes)"
	$(BIN)/python bench/live.py

static: $(VENV)/installed
	@echo "== Format, lint, types, imports"
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	cd ui && npm run --silent check

docs: $(VENV)/installed
	@echo "== Documentation"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/docs

pictures: $(VENV)/installed
	@echo "== What the documentation shows, as the browser's tests see it"
	@scripts/install-chromium
	@scripts/picture-docs

check: static docs test

bench: $(VENV)/installed
	@scripts/install-rivals
	$(BIN)/python bench/run.py

lock: $(VENV)/ready
	@echo "== Resolving the newest versions"
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade pyproject.toml requirements/dev.in --output-file requirements/dev.txt

clean:
	rm -rf $(VENV) build .rivals ui/node_modules tests/oidc/node_modules src/tidegauge/web/ui src/tidegauge/report/built
