# Two commands set everything up: `make figure1` runs the main job, `make test` the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# else Matplotlib makes a folder among the user's settings
export MPLCONFIGDIR ?= $(CURDIR)/$(VENV)/matplotlib

.PHONY: install figure1 figure2 figure3 ablations plot tables check-results export report test test-slow test-faults test-engine test-slurm test-slurm-faults lint benchmark clean

install: $(VENV)/.installed

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[train]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) -e '.[dev]'
	touch $@

figure1 figure2 figure3 ablations: $(VENV)/.installed
	$(BIN)/python reproduce/$@.py --preset quick

# What only reads results is content with an installation that has neither torch nor a simulator.
$(VENV)/.installed-plot: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[plot]'
	touch $@

# Draw every committed picture again from its CSV; trains nothing. A figure without rows has none yet.
PICTURES := $(filter $(wildcard results/small/*.png),$(patsubst %,results/small/%.png,figure1 figure2 figure3 ablations))

plot: $(VENV)/.installed-plot $(PICTURES:results/small/%.png=plot-%)

plot-%: $(VENV)/.installed-plot
	$(BIN)/python reproduce/$*.py --preset small --plot-only

# Every results file against figures/results/results.schema.json, and against its manifest.
check-results: $(VENV)/.installed-plot
	$(BIN)/python reproduce/check_results.py

# results/small as CSV and as curves for other tools, into export/.
export: $(VENV)/.installed-plot
	$(BIN)/python reproduce/export.py --preset small

# The verdict on every claim, with its evidence, from the committed CSVs; trains nothing.
report: $(VENV)/.installed-plot
	$(BIN)/python reproduce/report.py --preset small

# The paper's tables, from the code.
tables: $(VENV)/.installed
	$(BIN)/python reproduce/figure4.py
	$(BIN)/python reproduce/table1.py

test: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

# What takes long and adds little: CI runs it after `make test`.
test-slow: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n auto --dist worksteal

# What must not lose anything: 30 kills, full disks, damaged files, two launchers.
test-faults: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/faults --kills 30 -m 'slow or not slow'

# Compiles updates and holds them against the eager engine, and tiny runs of them against what they
# gave before: three methods in minutes;
# EVERY=--every-method takes an hour or more.
test-engine: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/engine $(EVERY)

# Brings up a SLURM of its own (Linux, root, Debian's packages), and takes it down again.
test-slurm: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/slurm

# 40 runs on three virtual nodes that are killed and taken away: half an hour.
test-slurm-faults: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/slurm/test_many_faults.py -s --grid-of-faults 40

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/benchmarks --benchmark-columns=min,median,rounds -s --durations=0

clean:
	rm -rf $(VENV) build *.egg-info results/quick
