#!/usr/bin/env bash
# Installs the real Codex from npm, to measure beside it, and prints where it is.
set -euo pipefail
dir=${XDG_CACHE_HOME:-$HOME/.cache}/codex-lsp/peers # not below /tmp, where Codex does not start
codex=$dir/node_modules/.bin/codex
if ! [ -x "$codex" ]; then
  command -v npm >/dev/null || { apt-get update -q && apt-get install -q -y --no-install-recommends npm; } >&2
  mkdir -p "$dir"
  npm install --prefix "$dir" --no-audit --no-fund --silent @openai/codex >&2
fi
echo "$codex"
