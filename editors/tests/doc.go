// Package tests drives real editors: Neovim, Helix, Emacs and VS Code, as a
// user does, against the real server and a scripted model over real HTTP.
//
// Each test waits for what it expects to happen, and for nothing else. An
// editor that is not installed fails its tests; scripts/install-editors.sh
// installs them.
package tests
