# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# `make build TRAITS=A,B` turns package traits on; none is on by default.
TRAITS ?=
PREFIX ?= /usr/local
DESTDIR ?=
# `make fuzz RUNS=100000` for a short run.
RUNS ?= 10000000

SWIFT ?= swift
TRAIT_FLAGS := $(if $(strip $(TRAITS)),--traits $(TRAITS))
RELEASE := .build/release

.PHONY: help build demo test test-tsan test-engines bench fuzz install format lint clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: ## installs missing system packages, then release-builds every product (TRAITS=…)
	@scripts/install-packages build
	$(SWIFT) build -c release $(TRAIT_FLAGS)

# The demo builds first, and only when a source is newer than the last build: asking the package manager takes seconds.
$(RELEASE)/.built: Package.swift $(shell find Sources -type f)
	@$(MAKE) build
	@touch $@

demo: $(RELEASE)/.built ## uploads a photograph, runs an app on it, downloads the result
	@Demo/run

test: ## the whole suite, as CI runs it
	@scripts/install-packages test
	@scripts/test

test-tsan: ## the Swift suite under Thread Sanitizer
	@scripts/install-packages test
	@scripts/test-tsan

test-engines: ## agents and stores against the real engines
	@scripts/install-packages test
	$(SWIFT) build
	@scripts/test-engines

bench: build ## the benchmarks
	@scripts/install-packages test
	@for script in Benchmarks/*; do if [[ -f $$script && -x $$script ]]; then "$$script"; fi; done

fuzz: ## fuzzes the parsers, 10 million executions of each target (RUNS=…)
	@scripts/install-packages build
	@scripts/fuzz --runs $(RUNS)

install: build ## installs binaries, completions and the man page under PREFIX (default /usr/local)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install $(RELEASE)

format: ## lays out the Swift sources
	@scripts/lint --fix

lint: ## checks layout, imports and house rules
	@scripts/lint
	@scripts/check-imports

clean: ## removes what the targets above made
	rm -rf .build .build-tsan .build-fuzz .build-fuzz-address .build-engines demo-output
