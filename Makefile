# What each target needs beside Go it installs itself, through apt and npm.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# A pipe fails when any part of it does, or go test could fail unheard.
SHELL := bash
.SHELLFLAGS := -o pipefail -c

.PHONY: build generate demo vscode test long bench compare fmt lint editors programs compiler mcp

build:
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/codex-lsp ./cmd/codex-lsp

demo: build
	bin/codex-lsp demo

# VS Code's extension, as a file to install: editors/vscode/dist/codex-lsp.vsix.
vscode: editors/vscode/node_modules/.package-lock.json
	cd editors/vscode && npm run --silent check && npm run --silent package

editors/vscode/node_modules/.package-lock.json: editors/vscode/package-lock.json
	cd editors/vscode && npm ci --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json

# Everything that must hold, on two cores within 12 minutes. The last line counts.
test: editors mcp programs compiler lint vscode
	go test -race -json ./... | go run ./scripts/testcount

# What is too slow for every change: long simulations, mutants, typing in real editors, fuzzing.
long: editors vscode
	SIM_SESSIONS=10000 go test -count=1 -run TestSimulation -v ./lsp/simulation
	EDIT_SEEDS=2000 go test -count=1 -run TestRandomEdits -v ./lsp
	FAULTS=long go test -count=1 -timeout 30m -run TestBrokenAnywhere ./agent
	go test -count=1 -run 'TestUndoRandom|TestReviewRandom' -timeout 30m ./agent -rapid.checks=10000
	go test -count=1 -tags long -run TestMutants -v ./lsp/simulation
	go test -count=1 -tags long ./patch/lab
	TYPING=long go test -count=1 -timeout 40m -run TestTyping -v ./editors/tests
	KILLS=200 go test -count=1 -timeout 60m -run TestKilled -v ./cmd/codex-lsp
	SESSIONS=long go test -count=1 -timeout 60m -run TestLargeFolder -v ./agent/rollout
	scripts/fuzz.sh 2m

# What comes from the table of settings: docs/settings.md, VS Code's settings.
generate:
	go test -count=1 -run TestGenerated ./agent/config -generate

bench:
	go test -run '^$$' -bench . -benchmem ./...

# Beside the real Codex, which is installed from npm.
compare: build
	codex=$$(scripts/install-codex.sh) && go run ./scripts/compare -lsp bin/codex-lsp -codex "$$codex"

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run make fmt'; exit 1; }
	go vet ./...
	@if go run $(STATICCHECK) -version >/dev/null 2>&1; then go run $(STATICCHECK) ./...; \
	else echo 'staticcheck could not be fetched: go vet alone has looked'; fi

fmt:
	gofmt -w .

# The race detector is linked by a C compiler.
compiler:
	@command -v "$$(go env CC)" >/dev/null || { apt-get update -q && apt-get install -q -y --no-install-recommends gcc libc6-dev; }

# What the tests of commands type to, and what sees where the program connects to.
programs:
	@for p in less vim zsh python3 strace; do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] || { apt-get update -q && apt-get install -q -y --no-install-recommends $$missing; }

# MCP servers and a client, which the tests of both ends of the protocol drive.
mcp:
	@scripts/install-mcp.sh

editors:
	scripts/install-editors.sh nvim helix emacs vscode
