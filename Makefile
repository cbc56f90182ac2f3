# Every target makes what it needs: a virtual environment with pinned versions comes first, once.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
PRESET ?= desktop
TASKS ?=
SYSTEM ?= cI2-W cF4-Cu cF4-Cu_b hP2-Mg hP2-Mg_b hP2-Mg_narrow tI4-Sn dQC iQC_gas iQC iQC_b
WORKERS ?= 2
# Of pytest, such as --cov or -x.
OPTIONS ?=
# Of kill-anything: embed, train, table, simulate, grid, and how often to kill each.
JOBS ?=
KILLS ?= 20

.DEFAULT_GOAL := help
.PHONY: help reproduce-table1 test test-slow test-long test-jax kill-anything pretrain transfer-grid trajectories snapshots notebooks docs lint clean

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

reproduce-table1: $(INSTALLED)  ## Table 1 with the shipped weights; RETRAIN=1 PRESET=paper|desktop|smoke trains first
ifdef RETRAIN
	$(RUN) experiments/pretrain.py $(TASKS) --preset $(PRESET) --output runs/weights/$(PRESET)
	$(RUN) experiments/reproduce_table1.py --weights runs/weights/$(PRESET) --output runs/table1/$(PRESET)
else
	$(RUN) experiments/reproduce_table1.py
endif

test: $(INSTALLED)  ## the quick tests, in some five minutes
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "not slow and not long" $(OPTIONS)

test-slow: $(INSTALLED)  ## the slow tests, in some ten minutes
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "slow and not long" $(OPTIONS)

test-long: $(INSTALLED)  ## what a release needs besides, in an hour or two: many alike, kills, eight times the random examples
	HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-long} $(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "long or hypothesis" $(OPTIONS)

test-jax: $(INSTALLED)  ## the networks' quick tests on Keras's JAX backend
	KERAS_BACKEND=jax $(RUN) -m pytest -n $(WORKERS) --dist loadfile -m "any_backend and not slow and not long" $(OPTIONS)

kill-anything: $(INSTALLED)  ## kill JOBS (all that run unattended) KILLS (20) times each, and see that nothing is lost
	$(RUN) -m tests.kill_anything $(JOBS) --kills $(KILLS)

pretrain: $(INSTALLED)  ## train TASKS (all) at PRESET (desktop) into runs/pretraining; resumes
	$(RUN) experiments/pretrain.py $(TASKS) --preset $(PRESET)

transfer-grid: $(INSTALLED)  ## every task's core as the start of every other, in hours; PRESET=smoke shows in minutes that it holds
ifeq ($(PRESET),smoke)
	$(RUN) experiments/pretrain.py --preset smoke --output runs/weights/smoke
	$(RUN) experiments/transfer_grid.py --preset smoke --weights runs/weights/smoke --seeds 13 --targets frame_classification nearest_bond \
	  --fractions 1 --output runs/transfer/smoke
else
	$(RUN) experiments/transfer_grid.py
endif

trajectories: $(INSTALLED)  ## simulate SYSTEM (all that is shipped) into runs/simulation; resumes; PRESET=smoke is small
ifeq ($(PRESET),smoke)
	for system in $(SYSTEM); do $(RUN) experiments/simulate.py $$system --preset smoke --directory runs/smoke/$$system \
	  || exit; done
else
	for system in $(SYSTEM); do $(RUN) experiments/simulate.py $$system || exit; done
endif

snapshots: $(INSTALLED)  ## choose the snapshots of Table 1 and the frames to ship from runs/simulation
	$(RUN) experiments/select_snapshots.py

notebooks: $(INSTALLED)  ## run the notebooks and store what they show
	$(RUN) -m pytest -p no:cacheprovider --nbmake --overwrite notebooks

docs: $(INSTALLED)  ## the documentation, in build/docs; a warning is an error
	$(VENV)/bin/sphinx-build -q -W --keep-going docs build/docs

lint: $(INSTALLED)  ## check the style, the types, and that no room imports from one after it
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports --no-cache
	$(RUN) -m mypy

clean:  ## remove the virtual environment and caches; runs stay
	rm -rf $(VENV) build *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache

$(INSTALLED): requirements.txt setup.cfg setup.py $(wildcard gala_ssl/kernel/native/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gala_ssl needs Python 3.11 or newer; name one with PYTHON=python3.11"; exit 1; }
	@echo "Installing the pinned versions into $(VENV), 4.4 GB, some minutes ..."
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -e . --config-settings editable_mode=compat
	touch $@
