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
test-386: ## run all tests with 32-bit integers, fewer mutants; only vet them on a machine without 32-bit programs
	@if GOARCH=386 $(GO) test -count=1 -run='^$$' ./internal/printable 2>&1 | grep 'exec format error'; then \
	  echo 'This machine runs no 32-bit programs: the tests are only vetted.'; set -x; \
	  GOARCH=386 $(GO) vet ./...; \
	else set -x; GOARCH=386 $(GO) test -short -timeout=20m ./...; fi

# What others do at the same time, they do in the packages that start goroutines. Tests
# that compare outputs with vectors and with tshark's do one thing at a time, and the
# planted faults are programs of their own, some with races.
.PHONY: race
race: ## run the tests of all that starts goroutines under the race detector, fewer mutants
	$(GO) test -short -race -shuffle=on -timeout=20m -skip='^TestTshark|^TestVectors' \
	  $$(grep -rlE --include='*.go' --exclude='*_test.go' '^[[:space:]]*go (func\b|[a-zA-Z.]+\()|\.Go\(' . | xargs -n1 dirname | grep -v internal/mutants | sort -u)

.PHONY: lint
lint: ## check formatting and go.mod, run vet and staticcheck
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) -C tools mod tidy -diff

.PHONY: bench
bench: ## run the benchmarks, with ratios to encoding/binary, C, memcpy, tshark and hashing alone
	$(GO) test -run='^$$' -bench=. -count=$(COUNT) ./codec ./pccrc ./spec ./cmd/... | \
	  $(GO) run ./internal/ratio \
	  PeerBinaryRead/Decode Decode/PeerC DecodeAndRead/PeerXOR Check/Decode CheckBad/Decode Encode/PeerCopy PeerTshark/Pcap \
	  PeerSHA256/MakeV1 PeerSHA512/MakeV2 PeerSHA512/MakeV2Cut PeerSha256sum/ContentMake \
	  Pcap/PeerSha256Capture PcapJSON/PeerSha256Capture StatsCapture/PeerSha256Capture CheckCapture/PeerSha256Capture \
	  PcapDropped/Pcap DecodeOne/PeerStart PeerCrypto/Retrieval

.PHONY: benchstat
benchstat: ## compare the benchmarks of codec, pccrc and spec with BASE
	.ci/compare benchmarks $(BASE)

.PHONY: api
api: ## compare the API with the newest release
	.ci/compare api

.PHONY: generate
generate: ## regenerate the Lua, Kaitai Struct and reference pages of spec, and the seeds of fuzz/engine
	UPDATE=1 $(GO) test ./spec/wireshark ./spec/kaitai ./spec/reference ./internal/neighbours ./fuzz/engine/run

# EXECS executions per target, or TIME (such as 10m) if set.
BUDGET = $(if $(TIME),-time $(TIME),-execs $(EXECS))

.PHONY: fuzz
fuzz: ## run every fuzz target under go test, each for EXECS executions or TIME=10m
	$(GO) run ./fuzz/engine/run -engine native $(BUDGET)

.PHONY: fuzz-libfuzzer
fuzz-libfuzzer: ## the same under libFuzzer; needs clang
	$(GO) run ./fuzz/engine/run -engine libfuzzer $(BUDGET)

.PHONY: fuzz-gofuzz
fuzz-gofuzz: ## the same under go-fuzz
	$(GO) run ./fuzz/engine/run -engine gofuzz $(BUDGET)

.PHONY: fuzz-generated
fuzz-generated: ## the same without an engine, on generated messages: many times as many
	$(GO) run ./fuzz/engine/run -engine generated $(BUDGET)

.PHONY: fuzz-oss
fuzz-oss: ## build as OSS-Fuzz does, and run each program; needs clang
	fuzz/engine/oss/try.sh $(EXECS)

.PHONY: minimise
minimise: ## minimise the seeds in FROM to the folder TO, by coverage of codec and pccrc
	@test -n "$(FROM)" -a -n "$(TO)" || { echo "make minimise FROM=SEEDS TO=FOLDER"; exit 2; }
	PCHC_FROM=$(abspath $(FROM)) PCHC_TO=$(abspath $(TO)) \
	  $(GO) test -v -count=1 -run='^TestUse$$' -coverpkg=./codec,./pccrc ./fuzz/seeds

.PHONY: bench-fuzz
bench-fuzz: ## compare native fuzz targets with empty ones, in runs of 10s or TIME
	$(GO) run ./fuzz/engine/rate -time $(or $(TIME),10s) -count $(COUNT)

# What is changed for each AREA, and whose tests run beside its own.
AREA    ?= capture
SEED    ?= 1
MUTANTS ?= 60
LEAST   ?= 90
capture := -tests ./internal/capture ./internal/capture ./internal/capture/pcapfile
paste   := ./cmd/pchc/internal/input
text    := ./internal/message
cache   := -tests ./codec/hostedcache ./codec/hostedcache $(addprefix ./codec/hostedcache/,blockstore client internal/blocklist internal/exchange internal/queue)
check   := -tests ./internal/conformance ./internal/conformance \
  $(addprefix ./spec/,follow.go outstanding.go client.go server.go action.go)
python  := ./fuzz/examples/python/decoder.py
c       := $(addprefix ./fuzz/examples/c/,pchc.h pccrr.h pccrd.h xml.h xmltext.h main.c)

.PHONY: mutation
mutation: ## change MUTANTS=60 tokens of AREA=capture, paste, text, check, cache, python or c, drawn by SEED=1; list those that no test notices
	$(GO) run ./internal/mutation -seed $(SEED) -count $(MUTANTS) -least $(LEAST) $($(AREA))

.PHONY: planted
planted: ## run campaigns against all planted faults (go test tries a part), say after how many seconds each is found
	PCHC_PLANTED=all $(GO) -C internal/mutants test -count=1 -timeout=60m

.PHONY: install
install: ## install pchc to BINDIR
	$(GO) build -o $(BINDIR)/pchc ./cmd/pchc
