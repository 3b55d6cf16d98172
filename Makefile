# Penumbra's front door: `make help` lists what there is.
#
# Each wing brings a Makefile.inc that defines rules for targets under build/ and adds to ALL what `make build` makes.
# This file only gathers them and holds what a person calls. Building happens under a lock, so that two calls at once do
# not disturb each other.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON := /usr/bin/python3 -B

# V=1 shows every command of the build; without it a recipe's line that begins with $(call say,WHAT) prints WHAT and its
# target
V ?=
say = $(if $(V),,@echo '  $(1)  $@' && )
ALL :=

-include trace/Makefile.inc
-include shadow/Makefile.inc
-include xen/Makefile.inc
-include guests/Makefile.inc
-include analysis/Makefile.inc
-include tests/unit/Makefile.inc
-include tests/stream/Makefile.inc
-include tests/fuzz/Makefile.inc

# ---- what `make run` understands; bochs-config/run checks the values and names the allowed ones -----------------
DOMAINS ?=
GUEST ?= mini
WORKLOAD ?=
RAMDISK ?=
MODE ?= shadow
MEM ?= 64
POLICY ?=
VCPUS ?=
PRIVILEGED ?=
TRANSLATED ?=
RESTARTS ?=
HOP ?=
HOP_MODES ?=
PREFETCH ?=
ROOT_CACHE ?=
FLOOD ?=
GLOBAL ?=
SUPERPAGES ?=
TRACE ?= insn
TRACE_WINDOW ?=
MEM_WINDOW ?=
FLIGHT ?=
FLIGHT_EVENT ?=
OUT ?= out/run
TIMEOUT ?= 300
CMDLINE ?=
BOOT ?=
UNTIL ?=
INPUT ?=
# ---- and `make test` -----------------
TESTS ?= tests
PYTEST ?=
# a file that takes pytest's exit status; make then succeeds, so that pytest has the last word
STATUS_FILE ?=
# ---- and `make fuzz`; MODE= counts only where it is given -----------------
SECONDS ?= 60
EXPERIMENT ?= standard
CLUSTER ?=
COMPARE_OUT := $(if $(filter-out file,$(origin OUT)),$(OUT),out/compare)
SEED ?=
ALONE ?=
FUZZ_MODE := $(if $(filter-out file,$(origin MODE)),$(MODE))

JOBS := $(shell nproc 2>/dev/null || echo 1)

# a value as one word of the shell
quote = '$(subst ','\'',$(1))'

# beside DOMAINS= a guest counts only where it is given, and is then refused
GUEST_OPTION = $(if $(and $(DOMAINS),$(filter file,$(origin GUEST))),,--guest=$(call quote,$(GUEST)))

RUN_OPTIONS = --domains=$(call quote,$(DOMAINS)) $(GUEST_OPTION) --workload=$(call quote,$(WORKLOAD)) \
    --ramdisk=$(call quote,$(RAMDISK)) --mode=$(call quote,$(MODE)) --policy=$(call quote,$(POLICY)) \
    --vcpus=$(call quote,$(VCPUS)) --privileged=$(call quote,$(PRIVILEGED)) \
    --translated=$(call quote,$(TRANSLATED)) --restarts=$(call quote,$(RESTARTS)) \
    --hop=$(call quote,$(HOP)) --hop-modes=$(call quote,$(HOP_MODES)) --prefetch=$(call quote,$(PREFETCH)) \
    --root-cache=$(call quote,$(ROOT_CACHE)) --flood=$(call quote,$(FLOOD)) --global=$(call quote,$(GLOBAL)) \
    --superpages=$(call quote,$(SUPERPAGES)) --mem=$(call quote,$(MEM)) --trace=$(call quote,$(TRACE)) \
    --trace-window=$(call quote,$(TRACE_WINDOW)) --mem-window=$(call quote,$(MEM_WINDOW)) \
    --flight=$(call quote,$(FLIGHT)) --flight-event=$(call quote,$(FLIGHT_EVENT)) --out=$(call quote,$(OUT)) \
    --timeout=$(call quote,$(TIMEOUT)) --cmdline=$(call quote,$(CMDLINE)) --boot=$(call quote,$(BOOT)) \
    --until=$(call quote,$(UNTIL)) --input=$(call quote,$(INPUT))

.PHONY: help all build setup run test bench compare fuzz clean check-options build-unlocked

help:
	@cat bochs-config/help.txt

# everything, under the lock; silent about what needs no work. A build that is under way is waited for.
build:
	@mkdir -p build && exec flock build/.lock $(MAKE) --no-print-directory -j$(JOBS) build-unlocked

build-unlocked: $(ALL)
	@:

all: setup
	@$(MAKE) --no-print-directory build

setup:
	@bochs-config/setup

# before anything is installed or built, when there is a Python to ask
check-options:
	@[ ! -x /usr/bin/python3 ] || bochs-config/run --check $(RUN_OPTIONS)

run: check-options
	@bochs-config/setup
	@$(MAKE) --no-print-directory build
	@bochs-config/run --report $(RUN_OPTIONS)

test:
	@bochs-config/setup
	@$(MAKE) --no-print-directory build
	@$(PYTHON) -m pytest -n auto --dist loadgroup $(PYTEST) $(TESTS); status=$$?; \
	if [ -n $(call quote,$(STATUS_FILE)) ]; then echo $$status >$(call quote,$(STATUS_FILE)); else exit $$status; fi

bench:
	@bochs-config/setup
	@$(MAKE) --no-print-directory build
	@bochs-config/bench --out out/bench.json

compare:
	@bochs-config/setup
	@$(MAKE) --no-print-directory build
	@bochs-config/compare --experiment=$(call quote,$(EXPERIMENT)) --out=$(call quote,$(COMPARE_OUT)) \
	    --jobs=$(call quote,$(JOBS)) --cluster=$(call quote,$(CLUSTER))

fuzz:
	@bochs-config/setup
	@$(MAKE) --no-print-directory build
	@bochs-config/fuzz --seconds=$(call quote,$(SECONDS)) --mode=$(call quote,$(FUZZ_MODE)) --seed=$(call quote,$(SEED)) \
	    $(if $(filter yes,$(ALONE)),--alone)

clean:
	rm -rf build out
	rm -f $(ANALYSIS_TOOLS)
	find . -name __pycache__ -prune -exec rm -rf {} +
	rm -rf .pytest_cache
