# make help lists the targets. CI and the workflows call these.
GO     ?= go
COUNT  ?= 6
EXECS  ?= 200000
BINDIR ?= $(HOME)/.local/bin

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## run all tests
	$(GO) test -shuffle=on ./...

.PHONY: test-386
test-386: ## run all tests with 32-bit integers
	GOARCH=386 $(GO) test ./...

.PHONY: race
race: ## run all tests under the race detector
	$(GO) test -race -shuffle=on ./...

.PHONY: lint
lint: ## formatting, vet, staticcheck, and a tidy go.mod
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff

.PHONY: bench
bench: ## measure, with the ratios to encoding/binary, C, memcpy and tshark
	$(GO) test -run='^$$' -bench=. -count=$(COUNT) ./codec ./pccrc ./spec ./cmd/... | \
	  $(GO) run ./internal/ratio PeerBinaryRead/Decode Decode/PeerC DecodeAndRead/PeerXOR Encode/PeerCopy PeerTshark/Pcap

.PHONY: generate
generate: ## write anew what is made from the tables of spec: Lua, Kaitai Struct, reference pages
	UPDATE=1 $(GO) test ./spec/wireshark ./spec/kaitai ./spec/reference

.PHONY: fuzz
fuzz: ## run every fuzz target for EXECS executions
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; \
	    $(GO) test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(EXECS)x -fuzzminimizetime=10x $$pkg; \
	  done; \
	done

.PHONY: install
install: ## install pchc to BINDIR
	$(GO) build -o $(BINDIR)/pchc ./cmd/pchc
