package agent

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/sandbox"
)

// tomorrow are names in the user's home folder, beside the start-up files of
// their shells, whose contents run or let others in later, without anybody
// deciding so: who works in the home folder must not find there what a command
// or an edit that nobody was asked about has left. docs/sandbox.md lists them.
var tomorrow = strings.Fields(`
	.bash_logout .zlogout .inputrc .tmux.conf
	.xprofile .xsession .xsessionrc .xinitrc .pam_environment
	.config/fish .config/autostart .config/environment.d .config/systemd
	.local/share/applications .local/share/systemd .local/bin bin
	.ssh .gnupg .gitconfig .config/git .npmrc .netrc
	.vimrc .vim .config/nvim .emacs .emacs.d`)

// believed are paths that neither commands nor edits may write to unasked,
// though they are below a writable folder, for what they decide: those of the
// home folder, and the list of what the model does not read unasked.
func believed(root string) []string {
	var paths []string
	if home, err := os.UserHomeDir(); err == nil {
		names := append(exec.StartupFiles(), tomorrow...)
		if runtime.GOOS == "darwin" {
			names = append(names, "Library/LaunchAgents")
		}
		for _, name := range names {
			paths = append(paths, filepath.Join(home, name))
		}
	}
	if list := filepath.Join(root, ignoreFile); exists(list) { // a new one only adds to it
		paths = append(paths, list)
	}
	return paths
}

// settled says why an edit may not touch a path unasked: it, or what it leads
// to, is what the sandbox keeps from commands too.
func settled(c *config.Config, root string, paths []string) string {
	kept := sandbox.Policy{Home: c.Home, Write: append([]string{root}, c.Commands.WritableRoots...), Protect: believed(root)}.Believes()
	for _, path := range paths {
		if belowOne(kept, root, path) {
			return path + " decides what runs later"
		}
	}
	return ""
}

// belowOne tells whether a path is, or leads, below one of these, but for those
// that all of the workspace is below.
func belowOne(kept []string, root, path string) bool {
	real, all := resolved(path), resolved(root)
	return slices.ContainsFunc(kept, func(k string) bool { return !below(k, all) && (below(k, real) || below(k, path)) })
}

// Sweep removes what commands in a folder that were killed have left there, and
// among temporary files, to keep names taken.
func Sweep(folder string) {
	sandbox.Policy{Root: folder, Protect: believed(folder)}.Sweep()
}
