# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
export LCPIPE_TEST_SHARED ?= ../shared
# Threads that wait without spinning: on a machine that is busy, spinning makes training many times slower.
export OMP_WAIT_POLICY ?= PASSIVE
# How many files of fast tests run side by side: `make test JOBS=0` runs all of them in one process.
JOBS ?= 2

.PHONY: demo test test-slow lint types bench clean

demo: $(STAMP)
	$(BIN)/lcpipe demo --out demo

test: $(STAMP)
	$(BIN)/python tests/support/chromium.py
	$(BIN)/python tests/support/parity_packages.py
	$(BIN)/python -m pytest -m "not slow and not gpu" -n $(JOBS) --dist loadfile

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m "slow and not gpu" --timeout 1200

lint: $(STAMP) types
	$(BIN)/ruff check .
	PYTHONPATH=build/typed $(BIN)/lint-imports

types: $(STAMP)
	mkdir -p build/typed/lcpipe
	for folder in extractors manifests model pipeline; do ln -sfn ../../../$$folder build/typed/lcpipe/$$folder; done
	cd build/typed && ../../$(BIN)/mypy --config-file ../../pyproject.toml -p lcpipe.extractors -p lcpipe.pipeline -p lcpipe.model

bench: $(STAMP)
	for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# The virtual environment is made anew when a file that says what belongs in it is newer.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[torch,studio,dev]"
	touch $(STAMP)

clean:
	rm -rf build demo $(VENV)
