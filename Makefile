# Everything a person or a CI job does with this repository.
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

FUZZTIME ?= 10s
PREFIX   ?= /usr/local
OUT      ?= results/$(shell date -u +%Y%m%dT%H%M%SZ)-$(shell uname -n).jsonl

# The race detector needs a C compiler, which running the benchmark does not.
RACE = $(if $(shell command -v "$$(go env CC)"),-race)
# A process with the race detector would sleep for a second before it ends, and many tests
# start some.
GORACE ?= atexit_sleep_ms=10
export GORACE

# What bpf2go writes beside the C sources, with checksums.
GENERATED = find . \( -name '*_bpfe[lb].go' -o -name '*_bpfe[lb].o' \) -exec sha256sum {} + | sort -k 2
# What the host's own namespace holds: a run must leave both as they were.
SCENE     = ip -o link | sed 's/ state .*//'; ip netns

# What bin/tunbench is made of.
SOURCES   = bench forwarder offload results ringbuf go.mod go.sum

# The example programs that are compiled.
EXAMPLES  = $(dir $(wildcard bench/examples/*/Makefile))

.PHONY: help build browser-tools install examples bench bench-rivals test test-timing test-kernels test-manual test-fleet control-plane lint fuzz generate generate-check smoke self-test check clean bench-tunnels nebula prove-history program

help: ## list these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

build: ## compile bin/tunbench
	CGO_ENABLED=0 go build -trimpath -o bin/tunbench ./bench
	@touch bin/tunbench

# Root builds nothing in the tree of somebody else, who could not overwrite it afterwards, and needs no Go.
program:
	@if [[ $$(id -u) != 0 || $$(stat -c %u .) == 0 ]]; then \
		$(MAKE) --no-print-directory build; \
	elif [[ ! -x bin/tunbench ]]; then \
		echo "bin/tunbench is not there: run 'make build' first, without sudo" >&2; exit 1; \
	else \
		newer=$$(find $(SOURCES) -type f -newer bin/tunbench ! -name '*_test.go' ! -name '*.md' ! -name '*.jsonl' ! -path '*/testdata/*' ! -path 'bench/examples/*' -print -quit); \
		if [[ -n $$newer ]]; then echo "bin/tunbench is older than $$newer: run 'make build' first, without sudo" >&2; exit 1; fi; \
	fi

# As root, or with a PREFIX of one's own; DESTDIR is for packages.
install: program ## install the command, its man pages and shell completion below PREFIX=/usr/local
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 755 bin/tunbench "$(DESTDIR)$(PREFIX)/bin/tunbench"
	bin/tunbench man "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -d "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	bin/tunbench completion bash > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/tunbench"
	bin/tunbench completion zsh > "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_tunbench"
	bin/tunbench completion fish > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tunbench.fish"

# axe-core (Deque Systems, MPL 2.0) finds what keeps people from reading a page. It is used by tests, and no part of this repository.
AXE       = axe-core-4.14.0
AXE_CACHE = $${XDG_CACHE_HOME:-$$HOME/.cache}/tunbench/$(AXE)

browser-tools: ## fetch what the tests of pages need besides chromium, once, into the user's cache (needs npm)
	@if [[ ! -e "$(AXE_CACHE)/package/axe.min.js" ]]; then \
		mkdir -p "$(AXE_CACHE)"; cd "$(AXE_CACHE)"; \
		npm pack --silent axe-core@$(AXE:axe-core-%=%) >/dev/null; \
		tar -xzf $(AXE).tgz; rm $(AXE).tgz; \
	fi

examples: ## compile the example programs (needs cc; fetches another Go for one of them)
	@for folder in $(EXAMPLES); do $(MAKE) --no-print-directory -C "$$folder"; done

nebula: ## compile bin/nebula, a tunnel to measure (fetches another Go)
	cd bench/internal/dut/tunnel/nebula && GOTOOLCHAIN=go1.27.3 CGO_ENABLED=0 go build -trimpath -o "$(CURDIR)/bin/" \
		github.com/slackhq/nebula/cmd/nebula github.com/slackhq/nebula/cmd/nebula-cert

bench: program ## measure the default preset into OUT=results/<time>-<host>.jsonl (needs root)
	bin/tunbench run --preset default -o "$(OUT)"

bench-rivals: program ## the forwarder against its rivals, ratios with their spread over ROUNDS=7 (needs root)
	TUNBENCH=bin/tunbench scripts/bench-rivals.sh

bench-tunnels: program ## tunnels against each other, one Markdown table, ROUNDS=5 (needs root)
	TUNBENCH=bin/tunbench scripts/bench-tunnels.sh

# Three packages at a time: no test measures what another may disturb, for they hold on any
# machine, however busy. -timeout is for what hangs.
test: ## run all tests; those that need root run when root does
	@go list -export -test -deps $(RACE) ./... > /dev/null # compiles on all CPUs
	go test -p 3 -timeout 120m $(RACE) ./...

# Without the race detector, which makes everything slower.
test-timing: ## run the tests that need a quiet machine: rates, delays, shares of a CPU
	go test -p 1 -tags timing -run '^TestTiming' ./...

test-kernels: ## boot older kernels and compare packets exactly in them, then a guest as far end (needs QEMU; minutes where it emulates)
	go test -count=1 -tags kernels -run '^Test(KernelBoots|GuestIsFarEnd)$$' -v ./bench

# Without the race detector; -v prints the tables. PROOF=-proof.runs=6 is a taste of it.
prove-history: ## prove on real runs that history and bisect find a planted slow build, 20 minutes on a quiet machine (needs root)
	go test -count=1 -timeout 3h -tags proof -run '^TestProof' -v ./bench -args $(PROOF)

# Not in CI: what it runs, other tests do with more care.
test-manual: ## run the commands of the manual that measure, in brief, three minutes (needs root; says what this kernel lacks)
	go test -count=1 -tags manual -run '^TestShown' -v ./bench

test-fleet: ## measure a plan on a Slurm and a Kubernetes of this machine's own, with shards killed (needs root; says what it skips)
	go test -count=1 -tags fleet -run '^Test(Slurm|Kubernetes)' -v ./bench

control-plane: ## compile Kubernetes into bin/control-plane, once, for test-fleet (half an hour on two CPUs)
	cd bench/internal/fleet/testdata/control-plane && CGO_ENABLED=0 nice -n 15 go build -p 1 -o "$(CURDIR)/bin/control-plane/" tool ./jobcontroller

lint: ## format, vet, staticcheck and import rules (.depguard.yaml)
	@unformatted=$$(go tool gofumpt -l .); \
	if [[ -n $$unformatted ]]; then echo "not formatted by gofumpt:"; echo "$$unformatted"; exit 1; fi
	go vet -tags timing,kernels,proof,fleet,manual ./...
	go tool staticcheck -tags timing,kernels,proof,fleet,manual ./...
	go tool depguard ./...

# Now and then go test fails at the end of the time that it was given itself, without an
# input (context deadline exceeded): then it is run again.
fuzz: ## run each fuzz target for FUZZTIME=10s
	@for package in $$(go list ./...); do \
		targets=$$(go test -list '^Fuzz' "$$package"); \
		for target in $$(grep '^Fuzz' <<<"$$targets" || true); do \
			echo "$$package $$target"; \
			for try in 1 2 3; do \
				failed=0; \
				output=$$(go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" 2>&1) || failed=1; \
				echo "$$output"; \
				if ((!failed)); then break; fi; \
				if ((try == 3)) || grep -q 'Failing input' <<<"$$output" || ! grep -q 'context deadline exceeded' <<<"$$output"; then exit 1; fi; \
			done; \
		done; \
	done

generate: ## compile the BPF programs (needs clang-19)
	go generate ./...

generate-check: ## fail when the committed BPF objects are not what the sources give
	@before=$$($(GENERATED)); \
	go generate ./...; \
	after=$$($(GENERATED)); \
	diff <(echo "$$before") <(echo "$$after") || { echo "generated files differ: commit what 'make generate' writes"; exit 1; }

smoke: program ## a short measurement that must leave the host as it was (needs root)
	@file=$$(mktemp -d)/smoke.jsonl; \
	trap 'rm -r "$$(dirname "$$file")"' EXIT; \
	before=$$($(SCENE)); \
	bin/tunbench run --preset smoke -o "$$file"; \
	bin/tunbench report "$$file"; \
	diff <(echo "$$before") <($(SCENE)) || { echo "the run left namespaces or links behind"; exit 1; }

self-test: program ## prove that the performance gate passes what is alike and fails what is slower (needs root)
	bin/tunbench gate --self-test

check: lint test generate-check fuzz smoke self-test test-kernels test-fleet ## all that CI checks

clean: ## remove what was built, not what was measured
	rm -rf bin bench/examples/*/*-forwarder
