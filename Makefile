# make help lists the targets. CI and the workflows call these.
GO     ?= go
COUNT  ?= 6
EXECS  ?= 200000
TIME   ?=
BASE   ?= origin/main
BINDIR ?= $(HOME)/.local/bin
TOOL   := GOWORK=$(CURDIR)/tools/tools.work $(GO) tool

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## run all tests
	$(GO) test -shuffle=on ./...

.PHONY: test-386
test-386: ## run all tests with 32-bit integers, fewer mutants
	GOARCH=386 $(GO) test -short -timeout=20m ./...

.PHONY: race
race: ## run all tests under the race detector, fewer mutants
	$(GO) test -short -race -shuffle=on -timeout=20m ./...

.PHONY: lint
lint: ## check formatting and go.mod, run vet and staticcheck
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) -C tools mod tidy -diff

.PHONY: bench
bench: ## measure, with the ratios to encoding/binary, C, memcpy and tshark
	$(GO) test -run='^$$' -bench=. -count=$(COUNT) ./codec ./pccrc ./spec ./cmd/... | \
	  $(GO) run ./internal/ratio \
	  PeerBinaryRead/Decode Decode/PeerC DecodeAndRead/PeerXOR Check/Decode CheckBad/Decode Encode/PeerCopy PeerTshark/Pcap

.PHONY: benchstat
benchstat: ## compare the benchmarks of codec, pccrc and spec with those of BASE
	.ci/compare benchmarks $(BASE)

.PHONY: api
api: ## compare the API with that of the newest release
	.ci/compare api

.PHONY: generate
generate: ## write anew what is made: Lua, Kaitai Struct and reference pages of spec, seeds of fuzz/engine
	UPDATE=1 $(GO) test ./spec/wireshark ./spec/kaitai ./spec/reference ./fuzz/engine/run

# Each target for EXECS executions, or for TIME (10m) where that is given.
BUDGET = $(if $(TIME),-time $(TIME),-execs $(EXECS))

.PHONY: fuzz
fuzz: ## run every fuzz target in go test, for EXECS executions or TIME=10m each
	$(GO) run ./fuzz/engine/run -engine native $(BUDGET)

.PHONY: fuzz-libfuzzer
fuzz-libfuzzer: ## the same in libFuzzer; needs clang
	$(GO) run ./fuzz/engine/run -engine libfuzzer $(BUDGET)

.PHONY: fuzz-gofuzz
fuzz-gofuzz: ## the same in go-fuzz
	$(GO) run ./fuzz/engine/run -engine gofuzz $(BUDGET)

.PHONY: fuzz-oss
fuzz-oss: ## make what OSS-Fuzz makes, and run each program of it; needs clang
	fuzz/engine/oss/try.sh $(EXECS)

.PHONY: minimise
minimise: ## write to the folder TO the smallest seeds of FROM that cover the same statements of codec and pccrc
	@test -n "$(FROM)" -a -n "$(TO)" || { echo "make minimise FROM=SEEDS TO=FOLDER"; exit 2; }
	PCHC_FROM=$(abspath $(FROM)) PCHC_TO=$(abspath $(TO)) \
	  $(GO) test -v -count=1 -run='^TestUse$$' -coverpkg=./codec,./pccrc ./fuzz/seeds

.PHONY: bench-fuzz
bench-fuzz: ## measure native fuzz targets against empty ones, in runs of 10s, or TIME
	$(GO) run ./fuzz/engine/rate -time $(or $(TIME),10s) -count $(COUNT)

.PHONY: install
install: ## install pchc to BINDIR
	$(GO) build -o $(BINDIR)/pchc ./cmd/pchc
