package policy

import (
	"strings"
	"sync"
)

// A wrapper is a program that starts the command in its arguments.
type wrapper struct {
	names string
	short string // its short options in getopt's letters: a colon follows one with a value
	long  string // its long options, likewise
	skip  int    // how many arguments come before the command
	then  form
	rule  string // what it does itself
}

// A form is how a wrapper is given its command.
type form int

const (
	argv    form = iota // as words
	assigns             // as words, after NAME=VALUE
	added               // as words, to which more are added at run time
	joined              // as words that are joined into a script
	option              // as the script that the option -c or the like holds
)

// wrappers are those that need no code of their own; start has the others.
var wrappers = []wrapper{
	{"command", "pvV", "", 0, argv, "wrapper"},
	{"builtin exec", "cla:", "", 0, argv, "wrapper-plain"},
	{"sudo", "AbBEeHiKklnPsSvVC:g:h:p:R:r:t:T:u:U:D:", "user: group: host: prompt: chdir: chroot: preserve-env login non-interactive stdin set-home reset-timestamp background shell askpass", 0, assigns, "wrapper-plain"},
	{"doas", "Lnsu:C:", "", 0, assigns, "wrapper-plain"},
	{"pkexec", "", "user: disable-internal-agent keep-cwd", 0, argv, "wrapper-plain"},
	{"env", "i0vu:C:S:P:", "ignore-environment null unset: chdir: split-string: debug block-signal default-signal ignore-signal", 0, assigns, "wrapper-plain"},
	{"timeout gtimeout", "k:s:vfp", "kill-after: signal: verbose foreground preserve-status", 1, argv, "wrapper"},
	{"nohup", "", "", 0, argv, "wrapper-plain"},
	{"nice", "n:0123456789", "adjustment:", 0, argv, "wrapper"},
	{"ionice", "c:n:tp:P:u:", "class: classdata: ignore", 0, argv, "wrapper-plain"},
	{"chrt", "abfimorRT:P:D:p", "batch fifo idle other rr", 1, argv, "wrapper-plain"},
	{"taskset", "ac", "all-tasks cpu-list", 1, argv, "wrapper-plain"},
	{"time gtime", "apvqVf:o:", "append portability verbose quiet format: output:", 0, argv, "wrapper-plain"},
	{"stdbuf", "i:o:e:", "input: output: error:", 0, argv, "wrapper"},
	{"setsid", "cfw", "ctty fork wait", 0, argv, "wrapper"},
	{"repeat", "", "", 1, argv, "wrapper-plain"},
	{"unbuffer chronic ts catchsegv noglob nocorrect -", "p", "", 0, argv, "wrapper-plain"},
	{"strace", "fFrtTvVxydDcCqkiwhbe:o:a:s:p:u:S:O:P:E:I:X:U:", "", 0, argv, "wrapper-plain"},
	{"busybox toybox", "", "", 0, argv, "wrapper-plain"},
	{"chroot", "", "userspec: groups: skip-chdir", 1, argv, "wrapper-plain"},
	{"nsenter unshare bwrap systemd-run firejail prlimit numactl cpulimit torsocks proxychains proxychains4 faketime valgrind perf gdb xvfb-run dbus-run-session direnv zargs sched poetry pipenv pdm uv hatch rye bundle npx pnpm yarn nix nix-shell mise asdf", "", "", 0, argv, "unknown"},
	{"xargs gxargs", "0oprtxa:d:E:I:L:n:P:s:J:R:", "null no-run-if-empty interactive verbose exit open-tty arg-file: delimiter: max-lines: max-args: max-procs: max-chars: replace:", 0, added, "wrapper"},
	{"parallel", "0kqruvtXmI:j:P:a:n:N:L:l:d:S:C:", "jobs: colsep: arg-file: null keep-order dry-run bar progress eta halt: tag verbose results: joblog: delay: retries: timeout: max-args: line-buffer will-cite group ungroup", 0, joined, "wrapper-plain"},
	{"watch", "bcdegptwxn:q:", "interval: beep color differences errexit chgexit precise no-title exec", 0, joined, "wrapper-plain"},
	{"ssh mosh autossh", "1246AaCfGgKkMNnqsTtVvXxYyb:c:D:E:e:F:I:i:J:L:l:m:O:o:p:Q:R:S:W:w:", "", 1, joined, "wrapper-plain"},
	{"flock", "sxnuoFvw:E:", "shared exclusive nonblock nb unlock close no-fork verbose timeout: wait: conflict-exit-code:", 1, argv, "wrapper-plain"},
	{"su runuser sg", "", "", 0, option, "wrapper-plain"},
	{"tmux screen expect script setpriv run0 proot fakeroot fakechroot entr rlwrap dtach abduco eatmydata nocache gosu su-exec tini dumb-init chpst softlimit setuidgid envdir " +
		"cgexec runcon systemd-inhibit systemd-cat start-stop-daemon daemonize lockf caffeinate arch setarch linux32 linux64 hyperfine watchexec nodemon sem pssh sshpass lldb rr heaptrack " +
		"kcov coverage flatpak-spawn toolbox distrobox lxc incus vagrant op doppler aws-vault chamber dotenv uvx bunx pipx spawn shell ltrace", "", "", 0, argv, "unknown"},
	{"docker podman kubectl nerdctl oc", "", "", 0, argv, "unknown"},
}

var wrapperOf = sync.OnceValue(func() map[string]*wrapper {
	m := make(map[string]*wrapper)
	for i := range wrappers {
		for n := range strings.FieldsSeq(wrappers[i].names) {
			m[n] = &wrappers[i]
		}
	}
	return m
})

// safe returns the rule for what a wrapper does itself: no more than its rule
// says if all its own words are known.
func (w *wrapper) safe(args []word) string {
	rest, sure := w.inner(args)
	if w.rule == "wrapper" && !(sure && each(args[:len(args)-len(rest)], func(a word) bool { return !a.mayBeOption() })) {
		return "wrapper-plain"
	}
	return w.rule
}

// inner returns the command that a wrapper is given. It is not sure if there
// is an option that the table does not know: it may have a value.
func (w *wrapper) inner(args []word) (rest []word, sure bool) {
	for len(args) > 0 && isOption(args[0]) {
		text := args[0].text
		args = args[1:]
		if text == "--" {
			break
		}
		value, known := w.takesValue(text)
		if !known {
			return args, false
		}
		if value && len(args) > 0 {
			args = args[1:]
		}
	}
	for w.then == assigns && len(args) > 0 && strings.Contains(args[0].text, "=") {
		args = args[1:]
	}
	return args[min(w.skip, len(args)):], true
}

// takesValue tells whether the word after an option belongs to it.
func (w *wrapper) takesValue(text string) (value, known bool) {
	if long, ok := strings.CutPrefix(text, "--"); ok {
		if name, _, own := strings.Cut(long, "="); own {
			return false, oneOf(w.long, name) || oneOf(w.long, name+":")
		}
		return oneOf(w.long, long+":"), oneOf(w.long, long) || oneOf(w.long, long+":")
	}
	for i := 1; i < len(text); i++ {
		at := strings.IndexByte(w.short, text[i])
		if at < 0 || text[i] == ':' {
			return false, false
		}
		if strings.HasPrefix(w.short[at+1:], ":") {
			return i == len(text)-1, true
		}
	}
	return false, true
}
