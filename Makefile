# make run: everything on one machine. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
BIN := $(VENV)/bin
OLDEST := .venv-oldest
# The name of an environment's mark tells what it was made from and where: content decides, not the times of files.
mark = $(2)/.$(1)-$(firstword $(shell cd requirements && \
	{ echo $(2) $(if $(filter /%,$(2)),,"$$PWD"); cat $(1).txt uv.txt ../pyproject.toml install.sh environment.py; } | cksum))
RUNTIME := $(call mark,runtime,$(VENV))
DEV := $(call mark,dev,$(VENV))
OLD := $(call mark,oldest,$(OLDEST))
# The smoke preset through Snakemake and DVC, in a temporary clone.
WHOLE_RUN := tests/integration/test_dvc.py::test_after_a_record_neither_door_has_work \
	tests/integration/test_snakemake_runs.py::test_all_that_a_run_promises_is_there tests/workflow/test_preflight.py
FRONT := $(BIN)/python workflow/scripts/front.py
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES) --quiet host reason
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --generate-hashes \
	--no-emit-index-url --python-version 3.11 --python-platform x86_64-unknown-linux-gnu
MADE := data logs results/search results/controls results/select results/retrain results/report results/transfer/*/
PAGE := results/report/index.html
TABLE ?= rl-nas-1296
# One thread for each process: children that each take all cores are slower together, and results name their threads.
export OMP_NUM_THREADS ?= 1
export RLSEARCH_CORES := $(CORES)
# The code of this folder, whatever checkout the environment was made for.
export PYTHONPATH := $(CURDIR)/src$(if $(PYTHONPATH),:$(PYTHONPATH))
# A numeric user of a container may lack a name and a home to write into: DVC and Snakemake ask for both.
export LOGNAME ?= $(firstword $(shell id -un 2>/dev/null || id -u))
export HOME := $(shell test -w ~ && echo ~ || echo "$(CURDIR)/.rlsearch/home")
# Where bytecode may not be written, every job compiles torch's sources again: 3 to 5 seconds each.
unexport PYTHONDONTWRITEBYTECODE
$(if $(word 2,$(VENV)),$(error VENV may hold no blanks, which make takes for several files: "$(VENV)". The project's own folder may))

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

# --- the pipeline ---

.PHONY: run
run: $(RUNTIME) ## fetch, search, select, retrain, report: all that params.yaml asks for (CORES=n)
	@$(BIN)/rlsearch validate --brief >/dev/null
	@$(FRONT) renew
	@$(SNAKEMAKE)
	@echo "report: $(CURDIR)/$(PAGE)"

.PHONY: plan
plan: $(RUNTIME) ## what a run would cost before anything starts: children, FLOPs, time, disk, downloads
	@$(BIN)/rlsearch plan

.PHONY: status
status: $(RUNTIME) ## running and finished searches with their best so far
	@$(BIN)/rlsearch status

.PHONY: partial
partial: $(RUNTIME) ## the report on what is finished so far
	@$(FRONT) partial
	@echo "report so far: $(CURDIR)/$(PAGE)"

.PHONY: preset
preset: $(RUNTIME) ## put another starting point into params.yaml: NAME=smoke, laptop or paper (FORCE=1 drops changes)
	@test -n "$(NAME)" || { echo "give NAME, one of: $(basename $(notdir $(wildcard presets/*.yaml)))" >&2; exit 1; }
	@$(BIN)/rlsearch preset "$(NAME)" $(if $(FORCE),--force)

.PHONY: clean
clean: ## remove what runs made
	@if [ -x $(BIN)/python ]; then $(FRONT) clean; else rm -rf $(MADE); fi
	@echo "removed: data, logs, results (all but metrics.json and reference)"
	@echo "kept: .rlsearch (finished children, answers a new run in seconds), the raw data store, the DVC cache, $(VENV)"

.PHONY: truth-table
truth-table: $(RUNTIME) ## train the truth table TABLE again: all networks of a small space (an hour on two cores)
	@$(BIN)/snakemake -s workflow/truth_table.smk --cores $(CORES) --quiet host reason --config table=$(TABLE)
	@cp .rlsearch/truth/$(TABLE)/validation.npz .rlsearch/truth/$(TABLE)/test.npz .rlsearch/truth/$(TABLE)/table.json \
		results/reference/$(TABLE)/
	@echo "the table: results/reference/$(TABLE); git says whether it differs from the recorded one"

# --- versions, with DVC ---

.PHONY: repro
repro: $(RUNTIME) ## run through DVC, which records results beside the settings that made them
	@$(BIN)/rlsearch validate --brief >/dev/null
	@$(FRONT) repro

.PHONY: record
record: $(RUNTIME) ## put the results of a finished `make run` under DVC
	@$(FRONT) record

.PHONY: pull
pull: $(RUNTIME) ## get recorded results from the DVC remote
	@$(FRONT) pull
	@$(FRONT) touch

# --- containers ---

.PHONY: image
image: ## the image that jobs can run in, and rlsearch.sif where Apptainer is (ENGINE=buildah, podman or docker)
	@containers/build.sh

.PHONY: image-test
image-test: ## the image on a substitute base, and the smoke preset in it (as root on Debian; 45 GB, 15 to 25 minutes)
	@containers/test.sh

# --- development ---

.PHONY: test
test: $(DEV) ## all tests, in groups (tests/conftest.py), one more at a time than cores, since tests of jobs wait
	@$(BIN)/pytest --numprocesses $$(( $(CORES) + 1 )) --dist loadscope --no-loadscope-reorder

.PHONY: test-fast
test-fast: $(DEV) ## unit and conformance tests
	@$(BIN)/pytest --numprocesses $(CORES) --dist loadscope tests/unit tests/conformance src/rlsearch/testing

.PHONY: slurm-test
slurm-test: $(DEV) ## the smoke preset on a real Slurm of one node, installed and started here (root, Debian)
	@tests/slurm/cluster.sh $(BIN)/pytest tests/slurm

.PHONY: test-oldest
test-oldest: $(OLD) ## unit and conformance tests and a whole run with the oldest versions allowed, in .venv-oldest
	@$(OLDEST)/bin/pytest --numprocesses $(CORES) --dist loadscope tests/unit tests/conformance src/rlsearch/testing $(WHOLE_RUN)

.PHONY: test-trixie
test-trixie: ## the same tests on Debian 13 with Python 3.13, in a root of its own (root, debootstrap, 8 GB, half an hour)
	@tests/platform/trixie.sh

.PHONY: test-clone
test-clone: ## a clone of another user without root, network or write access where none is needed (root, 12 GB, ten minutes)
	@tests/platform/clone_and_go.sh

.PHONY: lint
lint: $(DEV) ## ruff, mypy, snakefmt, hadolint, snakemake's own lint, and whether the installed packages fit each other
	@PATH="$(BIN):$$PATH" uv pip check --quiet --python $(BIN)/python
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/snakefmt --check Snakefile workflow/rules
	@$(BIN)/hadolint containers/cuda/Dockerfile
	@$(BIN)/snakemake --lint

.PHONY: dvc-stages
dvc-stages: $(RUNTIME) ## write dvc.yaml again, after the code that a phase imports has moved
	@$(BIN)/python workflow/scripts/write_stages.py

.PHONY: bench
bench: $(RUNTIME) ## child throughput against the plain loop, and the search loop's own cost
	@$(BIN)/python benchmarks/run.py

.PHONY: same-numbers
same-numbers: $(RUNTIME) ## whether a run has the numbers of revision BASE=..., smoke and laptop preset (20 to 40 minutes; KEEP=dir keeps both)
	@test -n "$(BASE)" || { echo "give BASE, the revision to compare with" >&2; exit 1; }
	@$(BIN)/python tests/same_numbers.py "$(BASE)" --cores $(CORES) $(if $(KEEP),--keep "$(KEEP)")

.PHONY: cross-check
cross-check: $(RUNTIME) ## the package's PPO against sb3-contrib's on the truth table, into results/reference (five minutes)
	@$(BIN)/python workflow/scripts/run_cross_check.py

.PHONY: lock
lock: ## resolve the hashed locks again (needs uv)
	@$(COMPILE) requirements/uv.in -o requirements/uv.txt
	@$(COMPILE) pyproject.toml requirements/pins.in --extra build -o requirements/runtime.txt
	@$(COMPILE) pyproject.toml requirements/pins.in --extra build --extra dev -o requirements/dev.txt
	@$(COMPILE) --resolution lowest-direct pyproject.toml --extra build --extra dev -o requirements/oldest.txt

# $(1): folder, $(2): which lock
define install
@[ -e $(1) ] || echo "installing into $(1) (6 GB, once)"
@requirements/install.sh $(1) $(2)
@rm -f $(1)/.$(2)* && touch $@
endef

$(RUNTIME):
	$(call install,$(VENV),runtime)

$(DEV):
	$(call install,$(VENV),dev)

$(OLD):
	$(call install,$(OLDEST),oldest)

.PHONY: environment
environment: $(DEV)
