#!/usr/bin/env bash
# fuzz.sh TIME: runs every fuzz target of the module for TIME, one after the other.
set -euo pipefail
time=${1:?fuzz.sh TIME, like 30s}
cd "$(dirname "$0")/.."
go list ./... | while read -r pkg; do
  go test -list '^Fuzz' "$pkg" | { grep '^Fuzz' || true; } | while read -r target; do
    echo "== $pkg $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$pkg"
  done
done
