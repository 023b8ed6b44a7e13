# Two commands do everything: `make quickstart` and `make test`. `make help` lists the rest.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

DATA ?= data/mathqa_java
MODELS ?=

BARE_WITH_JDK := $(patsubst %,tests/test_%.py,bare_path check_command docs end_to_end generate \
    java_isolation java_jdk java_smoke quickstart_model server)

.PHONY: help setup quickstart reproduce reproduce-pretrained test test-bare test-adapters check docs clean

help:
	@echo "make quickstart   set up, then train the embedded model with compiler feedback (nine to fifteen minutes)"
	@echo "make test         set up, then run the tests"
	@echo "make test-bare    run the tests as on a machine that has nothing but what the README asks for"
	@echo "make test-adapters  test against TRL, verl, OpenRLHF, verifiers, lm-eval, OpenEnv (installs them aside)"
	@echo "make reproduce DATA=folder  repeat a small experiment on MathQA-Java and compare it with the committed result"
	@echo "make reproduce-pretrained DATA=folder  the same with a pretrained model of 135 M parameters, on MBJP (about an hour)"
	@echo "make check        set up, then linter, type checker, limits of length"
	@echo "make docs         set up, then build the documentation to site/index.html"
	@echo "make clean        remove the virtual environment and build leftovers (runs/ stays)"

setup: $(STAMP)
	@scripts/ensure_jdk.sh

quickstart: $(STAMP)
	@scripts/ensure_jdk.sh || { echo "rlcf: without one: $(BIN)/rlcf quickstart --language python" >&2; exit 1; }
	@$(BIN)/rlcf quickstart

reproduce: setup
	@$(BIN)/python -m experiments.reproduce recipes/mathqa_java/small.toml --data $(DATA) \
	    --committed docs/results/mathqa_java_small.json --runs runs/small

# DATA holds mbxp/java; MODELS, where it is given, the model files that proof_small.toml names.
reproduce-pretrained: setup
	@$(BIN)/python -m experiments.pretrained.proof recipes/pretrained/proof_small.toml --data $(DATA) \
	    $(if $(MODELS),--models $(MODELS)) --runs runs/pretrained_small --out runs/pretrained_small \
	    --committed docs/results/pretrained_mbjp.json

# Without a JDK the tests that want one skip, and the last line says so.
test: $(STAMP)
	@scripts/ensure_jdk.sh || true
	@OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n 2 --dist loadgroup $(TESTS)

# Without a JDK: all but the modules that start no program, which go as they do elsewhere
# (tests/conftest.py holds them to it). With a JDK: what a newcomer does with one, which is the commands
# of the documentation and the verbs, each from its first process to its last, and the sandbox.
test-bare: $(STAMP)
	@scripts/bare.sh $(MAKE) --no-print-directory test TESTS="-m 'not in_process'"
	@scripts/bare.sh --jdk $(MAKE) --no-print-directory test TESTS="-m 'not slow' $(BARE_WITH_JDK)"

test-adapters: setup
	@scripts/adapters_test.sh

check: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/python scripts/limits.py

docs: setup
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo "open site/index.html"

# Torch first and alone: its version decides which build pip takes.
$(STAMP): pyproject.toml constraints.txt
	@scripts/ensure_python.sh
	@test -x $(BIN)/python || $${PYTHON:-python3} -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

clean:
	rm -rf $(VENV) $(VENV)-adapters* build dist site src/*.egg-info .pytest_cache .mypy_cache .ruff_cache
