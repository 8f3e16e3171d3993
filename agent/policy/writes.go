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

// isStartup tells whether what is in a file runs later or gives access.
func isStartup(file string) bool {
	if oneOf(startupNames, path.Base(file)) {
		return true
	}
	at := "/" + strings.ToLower(file)
	for _, part := range startupParts {
		if strings.Contains(at, part) {
			return true
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
func writeDanger(n string, args []word) string {
	ops := operands(args)
	switch n {
	case "cp", "mv", "install", "ln", "rsync", "scp":
		if len(ops) < 2 {
			break
		}
		from, to := ops[:len(ops)-1], ops[len(ops)-1].text
		if rule := writeRule(to); rule != "" {
			return rule
		}
		if strings.HasSuffix(to, ".git/hooks") {
			return "startup"
		}
		for _, f := range from { // into a home folder
			if (to == "~" || strings.HasSuffix(to, "/")) && isStartup(f.text) {
				return "startup"
			}
		}
	case "sed", "gsed", "perl", "ed", "ex", "vim", "vi", "nano", "emacs":
		if (n == "sed" || n == "gsed" || n == "perl") && !hasOption(args, "i", "in-place") {
			break
		}
		return anyWrite(ops)
	case "tee", "sponge", "touch", "chmod":
		return anyWrite(ops)
	case "curl", "wget":
		return anyWrite(args)
	case "dd":
		for _, a := range args {
			if to, ok := strings.CutPrefix(a.text, "of="); ok {
				return writeRule(to)
			}
		}
	}
	return ""
}

func anyWrite(words []word) string {
	for _, w := range words {
		if rule := writeRule(w.text); rule != "" {
			return rule
		}
	}
	return ""
}
