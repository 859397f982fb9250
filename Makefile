# Everything a checkout needs, one target each; `make help` lists them.
# Variables: CONFIG=release builds, tests and runs the release build; FUZZ_MUTATIONS of `fuzz`;
# BENCH holds the flags of the bench targets, as in BENCH="--only inception --rounds 9".

CONFIG ?= debug
FUZZ_MUTATIONS ?= 200000
BENCHMARKS = -c $(CONFIG) --package-path Benchmarks --scratch-path .build-benchmarks
SWIFT_FORMAT_PATHS = Package.swift Sources Tests Examples $(wildcard Benchmarks)

.DEFAULT_GOAL := help
.PHONY: help setup build quickstart compare-solvers test test-slow fuzz test-faults test-faults-long lint docs bench bench-peers bench-growth \
	bench-test test-notebooks pretrain clean

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

fuzz: setup ## Damages files of every format 200 000 times per reader (minutes)
	swift build -c $(CONFIG) --build-tests
	FUZZ_MUTATIONS=$(FUZZ_MUTATIONS) swift test -c $(CONFIG) --disable-xctest --no-parallel --filter FuzzTests

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
