package policy

import (
	"path"
	"strings"
)

// readers only read, whatever their options.
const readers = "cat cut echo egrep expr false fgrep grep head id ls nl paste rev seq stat tail tr true uname wc which whoami numfmt tac " +
	"pwd basename dirname realpath readlink cmp comm fold fmt expand unexpand column od hexdump hd md5sum sha1sum sha224sum sha256sum sha384sum sha512sum " +
	"b2sum cksum sum du df nproc tty groups uptime free ps sleep jq strings tsort join pr factor vdir dir"

// programFolders are those whose programs are what their names say.
const programFolders = "/bin /usr/bin /usr/local/bin /sbin /usr/sbin /opt/homebrew/bin"

// A reading is a program that only reads unless it has one of these options.
type reading struct {
	short, long string
	single      string // options with one dash, in full
	none        bool   // any option
	most        int    // how many operands it may have at most; 0 is any number
}

var readings = map[string]reading{
	"find":   {single: "-delete -fls -fprint -fprint0 -fprintf"},
	"fd":     {short: "xX", long: "exec exec-batch"},
	"rg":     {short: "z", long: "pre hostname-bin search-zip"},
	"sort":   {short: "oT", long: "output compress-program temporary-directory"},
	"uniq":   {most: 1},
	"tree":   {short: "oR", long: "output"},
	"base64": {short: "oD", long: "output decode-output"},
	"diff":   {short: "l", long: "paginate"},
	"file":   {short: "CmzZ", long: "compile uncompress uncompress-noreport magic-file"},
	"xxd":    {most: 1},
	"zcat":   {none: true},
	"bzcat":  {none: true},
	"xzcat":  {none: true},
}

// versioned are the programs that only print their version when that is all
// they are asked, whatever the folder that they run in says.
const versioned = "python node npm go gcc g++ clang cc make cmake git docker java javac ruby perl php bash zsh gh kubectl terraform deno bun uv pip pip3 tsc rg fd jq curl"

// safe returns the rule by which a command only reads, or the one by which it
// is not known to.
func safe(r *reader, words []word) (rule string) {
	n, args := name(words), words[1:]
	switch {
	case words[0].glob:
		return "pattern-program"
	case n == "" || !words[0].literal():
		return "variable-program"
	case r.functions[words[0].text] && r.depth == 1: // what starts others knows no functions
		return "function"
	case strings.Contains(words[0].text, "/") && !oneOf(programFolders, path.Dir(words[0].text)) || words[0].text != strings.ToLower(words[0].text) || strings.HasSuffix(words[0].text, ".exe"):
		return "unknown"
	case len(args) == 1 && oneOf(versioned, n) && (args[0].text == "--version" || n == "go" && oneOf("version env", args[0].text)):
		return "read-only"
	case n == "git":
		return "git-settings"
	case n == "command" && hasOption(args, "vV", ""):
		return "read-only"
	case n == "exec" && len(args) == 0:
		return "shell" // for its redirections
	case wrapperOf()[n] != nil && len(args) > 0:
		return wrapperOf()[n].safe(args)
	case oneOf(builtins, n):
		return safeBuiltin(n, args)
	case oneOf(readers, n):
		return "read-only"
	case n == "awk" || n == "gawk" || n == "mawk":
		return when(safeAwk(args))
	case n == "sed" || n == "gsed":
		return when(safeSed(args))
	case n == "date":
		return when(safeDate(args))
	case n == "printf":
		return when(safePrintf(args))
	case n == "read":
		return when(safeRead(args))
	case oneOf(shells, n):
		return safeShell(args)
	case oneOf(interpreters, n) || n == "eval" || n == "source" || n == ".":
		return "code"
	}
	spec, ok := readings[n]
	if !ok {
		return "unknown"
	}
	return when(spec.allows(args))
}

func when(ok bool) string {
	if ok {
		return "read-only"
	}
	return "options"
}

// allows tells whether no argument is, or may become, an option that writes.
func (s reading) allows(args []word) bool {
	for _, a := range args {
		if a.text == "--" {
			break
		}
		if a.mayBeOption() {
			return false
		}
		if oneOf(s.single, a.text) || isOption(a) && (s.none || matchOption(a.text, s.short, s.long)) {
			return false
		}
	}
	return s.most == 0 || len(operands(args)) <= s.most
}

// safeDate allows what does not set the clock.
func safeDate(args []word) bool {
	for i := 0; i < len(args); i++ {
		switch text := args[i].text; {
		case args[i].mayBeOption():
			return false
		case oneOf("-d --date -r --reference", text):
			i++
		case oneOf("-u --utc --universal -R --rfc-email -I --iso-8601", text) || strings.HasPrefix(text, "+") || dateOption().MatchString(text):
		default:
			return false
		}
	}
	return true
}

// safeShell is for a shell that runs a script in its arguments, which is
// judged by itself, and reads no file of settings first.
func safeShell(args []word) string {
	if len(args) == 2 && oneOf("-c -lc -ec", args[0].text) && args[1].literal() {
		return "wrapper"
	}
	return "code"
}

var (
	awkWrites  = pattern(`[|>@]|\\\n|system|getline|fflush|close|ENVIRON`)
	sedPrints  = pattern(`^((\d+|\$|/[^/\\\n]*/)(,(\d+|\$|\+\d+|/[^/\\\n]*/))?p;?)+$`)
	sedReplace = pattern(`^(s(/[^/\\\n]*/[^/\\\n]*/|#[^#\\\n]*#[^#\\\n]*#|\|[^|\\\n]*\|[^|\\\n]*\|)[gpIi0-9]*;?)+$`)
	dateOption = pattern(`^(-I[a-z]+|--(iso-8601|rfc-3339|date|reference)=.*)$`)
	plainName  = pattern(`^[a-z_][a-z0-9_]*$`)
)

// safeAwk allows a program that only prints, with a separator and variables.
func safeAwk(args []word) bool {
	for len(args) > 0 && isOption(args[0]) {
		switch text := args[0].text; {
		case (text == "-F" || text == "-v") && len(args) > 1:
			args = args[2:]
		case strings.HasPrefix(text, "-F") && args[0].literal():
			args = args[1:]
		default:
			return false
		}
	}
	if len(args) == 0 || !args[0].literal() || awkWrites().MatchString(args[0].text) {
		return false
	}
	return operandsOnly(args[1:])
}

// safeSed allows a script that prints lines or replaces what it prints.
func safeSed(args []word) bool {
	for len(args) > 0 && isOption(args[0]) {
		if !oneOf("-n -E -r -nE -nr -En -e", args[0].text) {
			return false
		}
		args = args[1:]
	}
	if len(args) == 0 || !args[0].literal() {
		return false
	}
	script := args[0].text
	return (sedPrints().MatchString(script) || sedReplace().MatchString(script)) && operandsOnly(args[1:])
}

// operandsOnly tells whether no word is or may become an option.
func operandsOnly(args []word) bool {
	for _, a := range args {
		if isOption(a) || a.mayBeOption() {
			return false
		}
	}
	return true
}
