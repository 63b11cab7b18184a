# Lakeveil. `make` lists what can be made.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
REQUIREMENTS := requirements/uv.txt requirements/dev.txt
STAMP := $(VENV)/requirements.sha256
SHA256 := $(shell command -v sha256sum >/dev/null 2>&1 && echo sha256sum || echo shasum -a 256)
UV := $(BIN)/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --override overrides.txt

export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# the tests start hundreds of processes: what these import is compiled once, whatever the shell says
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help env rebuild demo test test-cluster check lock schema types wheel zip bench-anonymity bench-noisy-cuts bench-scale bench-detect bench-ledger bench-tokens bench-mechanisms bench-training clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: ## the virtual environment and Delta's jars; does nothing where they stand
	@$(SHA256) -c $(STAMP) >/dev/null 2>&1 || $(MAKE) --no-print-directory rebuild
	@cmp -s pyproject.toml $(VENV)/pyproject.toml || { \
	  $(UV) pip install --quiet --no-deps --no-build-isolation --editable . && cp pyproject.toml $(VENV)/pyproject.toml; }
	@$(BIN)/python -m engine.backends.jars >/dev/null

rebuild:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=..." >&2; exit 4; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(UV) pip install --quiet --no-deps --require-hashes -r requirements/dev.txt # the lock is whole, and overrides.txt overrides
	$(SHA256) $(REQUIREMENTS) > $(STAMP)

demo: env ## an invented hospital walks the whole road; ends with a report
	@$(BIN)/lakeveil demo --folder build/demo

test: env ## all tests, in two processes; says which were skipped and why
	$(BIN)/python -m pytest -rs -n 2 -m "not cluster"

test-cluster: env ## every job by spark-submit on local-cluster[2,1,1024]
	$(BIN)/python -m pytest -rs -m cluster

check: env ## ruff, mypy, import-linter
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: env ## resolve requirements/*.in anew, with hashes
	cd requirements && for name in uv core synth dev peers; do ../$(COMPILE) -o $$name.txt $$name.in || exit; done

schema: env ## the policy's JSON Schema, from the records
	$(BIN)/python -m schemas.policy.json_schema > conf/schema/policy.v1.json

types: env ## docs/entity-types.md, from the registry of entity types
	$(BIN)/python -m engine.detect.registry > docs/entity-types.md

wheel: env ## dist/lakeveil-*.whl
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

zip: env ## build/spark/lakeveil.zip, the packages zip for spark-submit --py-files
	$(BIN)/python deploy/spark/package.py

bench-anonymity: env ## every bar of anonymity, in a quarter of an hour; ARGS="--help" says what takes longer
	-@$(MAKE) --no-print-directory build/mosaicrown
	$(BIN)/python -m tests.benchmarks.bench_anonymity $(ARGS)

build/mosaicrown: ## a peer of bench-anonymity, by git and pip; without them it is named as absent
	rm -rf $@.part && git clone --quiet --no-checkout https://github.com/mosaicrown/mondrian $@.part
	git -C $@.part checkout --quiet d83e823 -- distributed/anonymize.py distributed/mondrian
	$(PYTHON) -m venv $@.part/.venv
	$@.part/.venv/bin/python -m pip install --quiet --disable-pip-version-check treelib==1.7.0 binpacking==1.5.2 setuptools scipy \
	  $$($(BIN)/pip freeze | grep -iE '^(pyspark|numpy|pandas|pyarrow)==')
	mv $@.part $@

bench-scale: env ## a million to ten million rows on Spark; ARGS="--rows 100000000 --shape few"
	$(BIN)/python -m tests.benchmarks.bench_scale $(ARGS)

bench-noisy-cuts: env ## what noisy cuts lose on the Adult table
	$(BIN)/python -m tests.benchmarks.bench_noisy_cuts

bench-ledger: env ## sixteen processes on one ledger, killed for minutes; ARGS="--seconds 60 --rounds 2"
	$(BIN)/python -m tests.benchmarks.bench_ledger $(ARGS)

bench-tokens: env build/peers/requirements.txt ## tokens: speed of each kind, collisions; ARGS="--values 1000000"
	$(BIN)/python -m tests.benchmarks.bench_tokens $(ARGS)

build/peers/requirements.txt: requirements/peers.txt
	$(PYTHON) -m venv --clear build/peers
	$(UV) pip install --quiet --python build/peers/bin/python --require-hashes -r $<
	cp $< $@

bench-training: env build/peers/requirements.txt ## every bar of private training, with a summary; ARGS="--small", ARGS="--only kills"
	$(BIN)/python -m tests.benchmarks.bench_training $(ARGS)

bench-mechanisms: env build/peers/requirements.txt ## mechanisms: a million draws against distribution and loss, OpenDP beside; ARGS="--size 100000"
	$(BIN)/python -m tests.benchmarks.bench_mechanisms $(ARGS)

bench-detect: env ## detection's speed, recall and false positives beside Presidio; ARGS="--only speed --seconds 60 --markdown"
	$(BIN)/python -m tests.benchmarks.bench_detect $(ARGS)

clean: ## what was built; the environment stays
	rm -rf build dist
