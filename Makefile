# Needs Python 3.11 (PYTHON=... if python3 is another) and make; the first target run sets up .venv.
PYTHON ?= python3
BIN := .venv/bin
SEED ?= 0
MODELS ?= 5000

export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test quick proofs lint fuzz differential conformance applications mutants bench check-bench docs notebooks site
.PHONY: chromium clean

demo: .venv/dev
	$(BIN)/python -m scripts.demo

# One Keras and one torch on each of two workers: on two cores, more threads would only wait for each other.
test: .venv/dev
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 \
		$(BIN)/python -m pytest -n 2 --dist loadgroup

# What needs little of Keras, one case of each family and most of the whole models: two minutes.
quick: .venv/dev
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 \
		$(BIN)/python -m pytest -n 2 --dist loadgroup --quick

# Every case in both frameworks, also those whose record stands, of which `make test` runs one in ten.
proofs: .venv/dev
	EVERY_CASE=1 OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 \
		$(BIN)/python -m pytest -n 2 --dist loadgroup tests/proofs tests/catalogue/test_ranks.py tests/from_torch

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

# Thousands of random models ported and held against Keras: make differential SEED="1 2 3" MODELS=5000. With
# RESULTS=build/models.jsonl each result is kept there as it comes, a run that was stopped goes on where it stopped, what
# failed is judged again, and docs/differential.md is written from the file.
differential: .venv/dev
	$(BIN)/python -m differential --seed $(SEED) --models $(MODELS) $(if $(RESULTS),--resume $(RESULTS) --record)

# Valid files, changed at random: each has to be ported equal or refused; then atheris looks for new branches of the
# readers. Hours: make fuzz SEED=1 MUTANTS=100000
MUTANTS ?= 100000
fuzz: .venv/fuzz
	PYTHONPATH=tests/hostile OMP_NUM_THREADS=1 $(BIN)/python -m fuzzing --seed $(SEED) --mutants $(MUTANTS) --verify 200 --record
	PYTHONPATH=tests/hostile OMP_NUM_THREADS=1 $(BIN)/python -m guided_runs --seed $(SEED) --runs $$(($(MUTANTS) / 4)) --record
	PYTHONPATH=tests/hostile $(BIN)/python -m hostile_figures

# Keras's own layer tests, and every case under other sizes, ranks and masks; writes docs/conformance.md; about an hour.
conformance: .venv/dev
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 $(BIN)/python -m conformance

# All networks of keras.applications that docs/applications.md has no row of, ported and compared at every layer; all
# forty take about an hour.
applications: .venv/dev
	$(BIN)/python -m scripts.applications

# Makes mistakes in a copy of the tree and asks the tests for them; writes docs/mutants.md; about 15 minutes.
mutants: .venv/dev
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 $(BIN)/python -m scripts.mutants

# Timings are worth something on a quiet machine only.
bench: .venv/bench
	$(BIN)/python -m benchmarks.lookups
	$(BIN)/python -m benchmarks.ports
	$(BIN)/python -m benchmarks.inference
	$(BIN)/python -m benchmarks.engines
	$(BIN)/python -m benchmarks.large_ports

# Mistakes made in hand-written ports, and whether equivalence.check names them; half an hour on a busy machine.
check-bench: .venv/dev
	OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 \
		$(BIN)/python -m benchmarks.mutation_bench --markdown

# Everything that is written by the software itself: the proofs that are stale (all of them: minutes), the
# index of names, the reference, the true output in README.md, the source that the demo ports.
docs: .venv/dev
	$(BIN)/python -m equivalence.proofs
	$(BIN)/python -m equivalence.proofs.torch_proofs
	$(BIN)/python -m scripts.docs

# Runs docs/notebooks anew and keeps what they show; minutes.
notebooks: .venv/dev
	$(BIN)/python -m scripts.notebooks

# The website of everything that is looked up, into build/site; a minute.
site: .venv/dev
	$(BIN)/python -m scripts.website

# What the website's tests look at it with; without it they are skipped.
chromium:
	command -v chromium || (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium)

clean:
	rm -rf .venv build dist demo .pytest_cache .mypy_cache .ruff_cache

.venv/made:
	$(PYTHON) -m venv .venv
	touch $@

.venv/dev: .venv/made pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

.venv/fuzz: .venv/dev
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[fuzz]"
	touch $@

.venv/bench: .venv/dev
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[bench]"
	touch $@
