# Every target makes what it needs: a virtual environment with pinned versions comes first, once. What trains and reproduces
# takes those of requirements.txt, all else those of requirements-dev.txt besides.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed-run
DEVELOPER := $(VENV)/.installed-dev
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check
SCHEMA := $(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.
PRESET ?= desktop
TASKS ?=
SYSTEM ?= cI2-W cF4-Cu cF4-Cu_b hP2-Mg hP2-Mg_b hP2-Mg_narrow tI4-Sn dQC iQC_gas iQC iQC_b
WORKERS ?= 2
# Of `uv pip compile`: one file for all systems and versions of Python, and no address of a registry in it.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
  --no-annotate --no-strip-extras
# Of pytest, such as --cov or -x.
OPTIONS ?=
# Of kill-anything: embed, train, table, simulate, grid, and how often to kill each.
JOBS ?=
KILLS ?= 20

.DEFAULT_GOAL := help
.PHONY: help reproduce-table1 test test-slow test-long test-jax kill-anything pretrain transfer-grid trajectories snapshots notebooks docs lint wheel lock clean

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

reproduce-table1: $(INSTALLED)  ## Table 1 with the shipped weights; RETRAIN=1 PRESET=paper|desktop|smoke trains first
ifdef RETRAIN
	$(RUN) experiments/pretrain.py $(TASKS) --preset $(PRESET) --output runs/weights/$(PRESET)
	$(RUN) experiments/reproduce_table1.py --weights runs/weights/$(PRESET) --output runs/table1/$(PRESET)
else
	$(RUN) experiments/reproduce_table1.py
endif

test: $(DEVELOPER)  ## the quick tests, in some five minutes
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "not slow and not long" $(OPTIONS)

test-slow: $(DEVELOPER)  ## the slow tests, in some ten minutes
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "slow and not long" $(OPTIONS)

test-long: $(DEVELOPER)  ## what a release needs besides, in an hour or two: many alike, kills, eight times the random examples
	HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-long} $(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "long or hypothesis" $(OPTIONS)

test-jax: $(DEVELOPER)  ## the networks' quick tests on Keras's JAX backend
	KERAS_BACKEND=jax $(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "any_backend and not slow and not long" $(OPTIONS)

kill-anything: $(DEVELOPER)  ## kill JOBS (all that run unattended) KILLS (20) times each, and see that nothing is lost
	$(RUN) -m tests.kill_anything $(JOBS) --kills $(KILLS)

pretrain: $(INSTALLED)  ## train TASKS (all) at PRESET (desktop) into runs/pretraining; resumes
	$(RUN) experiments/pretrain.py $(TASKS) --preset $(PRESET)

transfer-grid: $(DEVELOPER)  ## every task's core as the start of every other, in hours; PRESET=smoke shows in minutes that it holds
ifeq ($(PRESET),smoke)
	$(RUN) experiments/pretrain.py --preset smoke --output runs/weights/smoke
	$(RUN) experiments/transfer_grid.py --preset smoke --weights runs/weights/smoke --seeds 13 --targets frame_classification nearest_bond \
	  --fractions 1 --output runs/transfer/smoke
else
	$(RUN) experiments/transfer_grid.py
endif

trajectories: $(DEVELOPER)  ## simulate SYSTEM (all that is shipped) into runs/simulation; resumes; PRESET=smoke is small
ifeq ($(PRESET),smoke)
	for system in $(SYSTEM); do $(RUN) experiments/simulate.py $$system --preset smoke --directory runs/smoke/$$system \
	  || exit; done
else
	for system in $(SYSTEM); do $(RUN) experiments/simulate.py $$system || exit; done
endif

snapshots: $(DEVELOPER)  ## choose the snapshots of Table 1 and the frames to ship from runs/simulation
	$(RUN) experiments/select_snapshots.py

notebooks: $(DEVELOPER)  ## run the notebooks and store what they show
	$(RUN) -m pytest -p no:cacheprovider --nbmake --overwrite notebooks

docs: $(DEVELOPER)  ## the documentation, in build/docs; a warning is an error
	$(VENV)/bin/sphinx-build -q -W --keep-going docs build/docs

lint: $(DEVELOPER)  ## check the style, the types, that no room imports from one after it, and the files for a release
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports --no-cache
	$(RUN) -m mypy
	$(SCHEMA)github-workflows .github/workflows/*.yaml
	$(SCHEMA)github-issue-forms .github/ISSUE_TEMPLATE/*.yaml
	$(SCHEMA)readthedocs .readthedocs.yaml
	$(SCHEMA)citation-file-format CITATION.cff
	.ci/version

wheel:  ## build the wheel and the sdist and try them, without Keras and without a compiler
	.ci/wheel

lock: $(INSTALLED)  ## pin anew what setup.cfg asks for, with hashes; what is pinned already stays where it can
	$(PIP) uv
	$(RUN) -m uv pip compile $(LOCK) --extra tensorflow --output-file requirements.txt setup.cfg
	$(RUN) -m uv pip compile $(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt setup.cfg

clean:  ## remove the virtual environment and caches; runs stay
	rm -rf $(VENV) build *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache

$(INSTALLED): requirements.txt setup.cfg setup.py $(wildcard gala_ssl/kernel/native/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gala_ssl needs Python 3.11 or newer; name one with PYTHON=python3.11"; exit 1; }
	@echo "Installing the pinned versions into $(VENV), 2.6 GB, some minutes ..."
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-compile --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation -e . --config-settings editable_mode=compat
	touch $@

$(DEVELOPER): requirements-dev.txt $(INSTALLED)
	@echo "Installing what tests and checks need besides, 2 GB, some minutes ..."
	$(PIP) --no-compile --require-hashes -r requirements-dev.txt
	touch $@
