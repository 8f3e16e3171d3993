package policy

import (
	"path"
	"strings"
)

// startupNames are the files of a home folder that a shell or a login runs, or
// that let somebody in.
const startupNames = ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout " +
	".kshrc .cshrc .tcshrc .login .xinitrc .xsession .xprofile .inputrc .pam_environment authorized_keys authorized_keys2 .gitconfig .netrc config.fish"

// startupParts are parts of paths below which files run later or give access.
var startupParts = []string{
	"/.git/hooks/", "/.git/config", "/.codex/", "/.agents/", "/.husky/_/", "/.ssh/", "/.config/fish/conf.d/", "/.config/autostart/", "/.config/systemd/", "/.config/git/",
	"/library/launchagents/", "/library/launchdaemons/", "/etc/cron", "/var/spool/cron", "/etc/profile", "/etc/bash", "/etc/zsh", "/etc/sudoers",
	"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/ssh/", "/etc/ld.so", "/etc/systemd/", "/etc/init", "/etc/rc", "/etc/pam.d/", "/etc/hosts", "/etc/environment",
}

// isStartup tells whether what is in a file, or a folder, runs later or gives
// access.
func isStartup(file string) bool {
	if oneOf(startupNames, path.Base(file)) {
		return true
	}
	for _, at := range []string{file, path.Clean(file)} {
		at = strings.ReplaceAll("/"+strings.ToLower(at)+"/", "/.codex/worktrees/", "/") // workspaces
		for _, part := range startupParts {
			if strings.Contains(at, part) {
				return true
			}
		}
	}
	return false
}

// isDevice tells whether writing to a file reaches hardware or the kernel.
func isDevice(file string) bool {
	file = path.Clean(file)
	if strings.HasPrefix(file, "/proc/") || strings.HasPrefix(file, "/sys/") {
		return true
	}
	dev, ok := strings.CutPrefix(file, "/dev/")
	if !ok {
		return false
	}
	first, _, _ := strings.Cut(dev, "/")
	return !oneOf("null zero full stdout stderr stdin tty fd pts random urandom shm tcp udp", first)
}

// writeRule is the rule for writing a file by its name, "" if any may be.
func writeRule(file string) string {
	switch {
	case isDevice(file):
		return "device"
	case isStartup(file):
		return "startup"
	}
	return ""
}

// writeDanger returns the rule for the files that a program is told to write.
func writeDanger(r *reader, n string, args []word) string {
	ops := operands(args)
	switch n {
	case "cp", "mv", "install", "ln", "rsync", "scp":
		if hasOption(args, "t", "target-directory") {
			return anyWrite(r, pieces(args))
		}
		if len(ops) < 2 {
			break
		}
		from, to := ops[:len(ops)-1], ops[len(ops)-1]
		if rule := anyWrite(r, []word{to}); rule != "" {
			return rule
		}
		for _, f := range from { // into a home folder
			if (oneOf("~ . ..", to.text) || strings.HasSuffix(to.text, "/")) && isStartup(f.text) {
				return "startup"
			}
		}
	case "sed", "gsed", "perl", "ed", "ex", "vim", "vi", "nano", "emacs":
		if (n == "sed" || n == "gsed" || n == "perl") && !hasOption(args, "i", "in-place") {
			break
		}
		return anyWrite(r, ops)
	case "tee", "sponge", "touch", "chmod":
		return anyWrite(r, ops)
	case "curl", "wget", "tar", "gtar", "bsdtar", "unzip", "7z", "cpio", "patch", "split", "csplit", "sort", "uniq", "xxd", "tree", "base64", "dd":
		return anyWrite(r, written(n, args))
	}
	return ""
}

// written are the arguments that may name what a program writes.
func written(n string, args []word) []word {
	switch n {
	case "dd":
		for _, a := range args {
			if to, ok := strings.CutPrefix(a.text, "of="); ok {
				return []word{{text: to}}
			}
		}
		return nil
	case "uniq", "xxd":
		ops := operands(args)
		return ops[min(1, len(ops)):]
	case "sort", "tree", "base64":
		if !hasOption(args, "oR", "output") {
			return nil
		}
	}
	return pieces(args)
}

func anyWrite(r *reader, words []word) string {
	for _, w := range words {
		if rule := writeRule(r.locate(w.text)); rule != "" {
			return rule
		}
	}
	return ""
}
