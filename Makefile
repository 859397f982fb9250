# Everything a checkout needs, one target each; `make help` lists them.
# Variables: CONFIG=release builds, tests and runs the release build; FUZZ_MUTATIONS of `fuzz`;
# BENCH holds the flags of the bench targets, as in BENCH="--only inception --rounds 9".

CONFIG ?= debug
FUZZ_MUTATIONS ?= 200000
BENCHMARKS = -c $(CONFIG) --package-path Benchmarks --scratch-path .build-benchmarks
SWIFT_FORMAT_PATHS = Package.swift Sources Tests Examples $(wildcard Benchmarks)

.DEFAULT_GOAL := help
.PHONY: help setup build quickstart compare-solvers test test-slow fuzz test-faults test-faults-long lint docs bench \
	bench-peers bench-growth bench-test test-notebooks pretrain clean test-asan test-tsan test-ubsan test-long-runs

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Installs the system libraries that are missing and says why
	@scripts/setup.sh

build: setup ## Builds the libraries and the commands
	swift build -c $(CONFIG)

quickstart: build ## Renders, encodes, trains a refiner and compares plans (up to 15 minutes)
	@scripts/quickstart.sh

compare-solvers: build ## Sets every solver against every other on the quickstart's model (minutes)
	swift run -c $(CONFIG) --skip-build flowturbo compare --config configs/quickstart/compare-solvers.yaml

test: setup ## Runs every test but the slow ones
	swift build -c $(CONFIG) --build-tests
	swift test -c $(CONFIG) --disable-xctest

test-slow: setup ## Runs the tests that take minutes, too
	swift build -c $(CONFIG) --build-tests
	SLOW_TESTS=1 swift test -c $(CONFIG) --disable-xctest

# HDF5 takes a process a file, hours in all: test-faults-long has them.
fuzz: setup ## Damages files of every format 200 000 times per reader (minutes)
	swift build -c $(CONFIG) --build-tests
	FUZZ_MUTATIONS=$(FUZZ_MUTATIONS) swift test -c $(CONFIG) --disable-xctest --no-parallel --filter FuzzTests --skip HDF5FuzzTests

# The libraries below the shims (OpenMP, oneDNN, OpenBLAS, HDF5, libjpeg, libpng) are not
# instrumented: docs/reliability.md says what that leaves unseen. Exit tests and programs that the
# tests start are of the same build. SANITIZED=--filter … runs a part of the suite.
SANITIZERS = $(CURDIR)/scripts/sanitizers
SANITIZED ?=

test-asan: setup ## Runs the tests under AddressSanitizer (hours on 2 cores)
	swift build --sanitize address --scratch-path .build-asan --build-tests
	ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1 \
	swift test --sanitize address --scratch-path .build-asan --skip-build --disable-xctest $(SANITIZED)

test-tsan: setup ## Runs the tests under ThreadSanitizer, with one OpenMP thread (hours on 2 cores)
	swift build --sanitize thread --scratch-path .build-tsan --build-tests
	TSAN_OPTIONS=suppressions=$(SANITIZERS)/tsan.txt:ignore_noninstrumented_modules=1:halt_on_error=1 \
	OMP_NUM_THREADS=1 \
	swift test --sanitize thread --scratch-path .build-tsan --skip-build --disable-xctest $(SANITIZED)

test-ubsan: setup ## Runs the tests with the C shims under UndefinedBehaviorSanitizer
	swift build --sanitize undefined --scratch-path .build-ubsan --build-tests
	UBSAN_OPTIONS=suppressions=$(SANITIZERS)/ubsan.txt:halt_on_error=1:print_stacktrace=1 \
	swift test --sanitize undefined --scratch-path .build-ubsan --skip-build --disable-xctest $(SANITIZED)

test-long-runs: build ## Watches the memory of 10 000 steps and of 100 000 images (an hour)
	@CONFIG=$(CONFIG) scripts/long_runs.sh

test-faults: setup ## Kills, full disks, damaged files: 20 kills per command (up to 40 minutes)
	swift build -c $(CONFIG) --build-tests
	@CONFIG=$(CONFIG) scripts/test_faults.sh 20

test-faults-long: setup ## The same with 100 kills per command, part by part; repeat it to go on (hours)
	swift build -c $(CONFIG) --build-tests
	@CONFIG=$(CONFIG) scripts/test_faults.sh 100

lint: setup ## Checks format, scripts, imports; builds code and docs with warnings as errors
	swift format lint --strict --recursive $(SWIFT_FORMAT_PATHS)
	@for script in scripts/*.sh .ci/run; do bash -n "$$script" || exit; done
	WARNINGS_AS_ERRORS=1 swift build --build-tests --explicit-target-dependency-import-check error
	@WARNINGS_AS_ERRORS=1 scripts/docs.sh

docs: setup ## Builds the reference documentation into .build-docs, warnings as errors
	@scripts/docs.sh

bench: BENCH ?= --full --output .build-benchmarks/bench.json
bench: setup ## Measures everything beside the machine's matmul peak (12 GB, minutes)
	swift run $(BENCHMARKS) bench $(BENCH)

bench-peers: BENCH ?= --output .build-benchmarks/peers.json
bench-peers: setup ## The same beside PyTorch, diffusers and OpenVINO, which it installs apart
	@CONFIG=$(CONFIG) scripts/bench_peers.sh $(BENCH)

bench-growth: BENCH ?= --output .build-benchmarks/growth.json
bench-growth: setup ## Measures time and memory against batch, resolution, model and images
	swift run $(BENCHMARKS) bench --growth $(BENCH)

bench-test: setup ## Tests the benchmarks' own arithmetic, tables and files
	swift test $(BENCHMARKS) --disable-xctest
	python3 -m unittest discover --start-directory experiments/performance --pattern '*_test.py'

test-notebooks: ## Runs the notebooks of experiments/ on the committed results, in an environment of their own
	@scripts/test_notebooks.sh

pretrain: build ## Trains the shipped quickstart models again (hours)
	@scripts/pretrain.sh

clean: ## Removes everything that was built, not what was trained (runs/)
	rm -rf .build .build-*
