# SPDX-License-Identifier: MIT
# Thin: bootstrap what is missing, build, call the program. All logic is in C.
#
# ARGS goes to the program: make gate ARGS='kernels/gemm_f32 --quick'. make itself exits 2 whenever a command fails; who
# needs the program's own exit code (1 regression, 3 inconclusive, ...) builds with `make` and calls $(PAWL).

PAWL := build/release/harness/cli/pawl
TRAINER := build/release/codecs/pawl_train_encoder
REASONER_TRAINER := build/release/inference/train/pawl_train_reasoner
JOBS := $(shell nproc 2>/dev/null || echo 2)
# Warnings are errors in CI; at home a newer compiler's new warning stops nobody.
WERROR ?= $(if $(filter-out false 0,$(CI)),ON,OFF)
ARGS ?=

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all
.PHONY: all gate test check dashboard nightly models encoder reasoner clean help bootstrap

all: bootstrap ## build the program (release)
	$(call build,release)

# The quick part of the matrix decides in front of a merge; the nightly run has all of it.
gate: all ## measure, and fail where a speedup or a compression target slips
	$(PAWL) gate $(or $(ARGS),--quick)

check: all ## compare every variant with its reference; nothing is timed
	$(PAWL) check $(ARGS)

nightly: all ## measure the whole matrix, in parts that a second start takes up; then changes, dashboard, summary
	$(PAWL) nightly --out site $(ARGS)

dashboard: all ## write the pages with the plots to site/
	$(PAWL) dashboard --out site $(ARGS)

models: encoder reasoner ## train all models anew, from their seeds: an hour on 2 cores

# Files are written when the last step is done, all or nothing: an interrupted training changes no model.
encoder: all ## train the text encoder of the default corpus: codecs/models/, minutes
	$(TRAINER) train codecs/models $(ARGS)
	$(call build,release)
	$(TRAINER) eval

# An interrupted training goes on where its checkpoint stands. The router is fitted to what the reasoner can do.
reasoner: all ## train the arithmetic reasoner, its draft and its router: inference/models/
	for model in reasoner draft; do \
	    $(REASONER_TRAINER) $$model inference/models $(ARGS) && \
	    gnuplot -e "log='inference/models/$$model.tsv'; out='inference/models/$$model.svg'" inference/train/loss.gp || \
	    exit; \
	done
	$(REASONER_TRAINER) router inference/models
	$(call build,release)

test: bootstrap ## run all tests: release, then AddressSanitizer and UndefinedBehaviorSanitizer
	$(call build,release)
	ctest --preset release -j $(JOBS)
	$(call build,sanitizers)
	ctest --preset sanitizers -j $(JOBS)

clean: ## remove build/ and site/
	rm -rf build site

help: ## this list
	@sed -n 's/^\([a-z]*\):.* ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

bootstrap:
	@./ci/bootstrap

# Only warnings and errors are shown: a build that has nothing to do says nothing.
define build
@cmake --preset $(1) -DPAWL_WERROR=$(WERROR) >/dev/null
@cmake --build --preset $(1) -j $(JOBS) -- --quiet | sed '/^ninja: no work to do/d'
endef
