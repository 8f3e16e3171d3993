package policy

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

const shells = "sh bash zsh dash ksh mksh ash fish rbash"

// start reads the commands that a command starts.
func (r *reader) start(words []word, in input) {
	args, n := words[1:], name(words)
	if _, function := r.functions[n]; function && len(args) > 0 {
		r.command(args, in) // it may run "$@"
		r.script(join(args), in)
	}
	switch {
	case oneOf(shells, n):
		r.shell(args, in)
	case n == "eval":
		r.script(join(args), in)
	case n == "trap":
		if ops := operands(args); len(ops) > 1 {
			r.script(ops[0].text, in)
		}
	case n == "alias":
		for _, a := range args {
			if _, value, ok := strings.Cut(a.text, "="); ok {
				r.script(value, in)
			}
		}
	case n == "find" || n == "gfind":
		r.startFound(args, "-exec -execdir -ok -okdir", in)
	case n == "fd" || n == "fdfind":
		r.startFound(args, "-x -X --exec --exec-batch", in)
	case n == "git":
		r.startGit(args, in)
	case oneOf("make gmake tar gtar bsdtar rsync", n):
		r.values(args, in)
	case n == "jobs":
		for i, a := range args {
			if isOption(a) && strings.Contains(a.text, "x") {
				r.command(args[i+1:], in)
				break
			}
		}
	case wrapperOf()[n] != nil:
		r.within(args, func() { r.wrapped(wrapperOf()[n], words, in) })
	}
}

// wrapped reads the command in a wrapper's arguments. Where the table does not
// know an option, every word may be the command's first.
func (r *reader) wrapped(w *wrapper, words []word, in input) {
	args := words[1:]
	if w.then == option || oneOf("env nix-shell flock", name(words)) {
		r.optionScripts(args, in)
	}
	rest, sure := w.inner(args)
	switch {
	case w.rule == "unknown" || !sure:
		r.scan(args, in)
	case name(words) == "parallel":
		r.parallel(rest, in)
	case w.then == joined:
		r.script(join(rest), in)
	case len(rest) == 0:
	case w.then == added:
		r.command(rest, in) // nothing may be added
		r.command(r.supplied(rest, args, in), in)
	case w.then != option:
		r.command(rest, in)
	}
}

// scan takes each word for the first of a command.
func (r *reader) scan(args []word, in input) {
	if r.scanning {
		return // the first scan comes to these words too
	}
	r.scanning = true
	defer func() { r.scanning = false }()
	r.values(args, in)
	for i, a := range args {
		if !isOption(a) {
			r.command(args[i:], in)
			if strings.ContainsAny(a.text, " \t\n") {
				r.scanning = false // its words are others
				r.script(a.text, in)
				r.scanning = true
			}
		}
	}
}

// values reads what stands behind an equals sign and may be a script.
func (r *reader) values(args []word, in input) {
	scanning := r.scanning
	r.scanning = false // its words are others
	defer func() { r.scanning = scanning }()
	for _, a := range args {
		_, value, ok := strings.Cut(a.text, "=")
		if _, script, exec := strings.Cut(value, "exec="); exec { // tar --checkpoint-action=exec=
			value = script
		}
		if ok && strings.ContainsAny(value, " \t\n") {
			r.script(value, in)
		}
	}
}

// optionScripts reads the values of -c, -S and their long forms, which a shell
// or the like takes apart.
func (r *reader) optionScripts(args []word, in input) {
	for i, a := range args {
		long, value, own := strings.Cut(a.text, "=")
		if own && oneOf("--command --split-string --session-command", long) {
			r.script(value, in)
			continue
		}
		short := isOption(a) && !strings.HasPrefix(a.text, "--")
		if at := strings.Index(a.text, "S"); short && at > 0 && at < len(a.text)-1 {
			r.script(a.text[at+1:], in)
		}
		if i+1 < len(args) && (short && strings.ContainsAny(a.text[len(a.text)-1:], "cS") ||
			oneOf("--command --split-string --session-command --run", a.text)) {
			r.script(args[i+1].text, in)
		}
	}
}

// parallel reads words that are joined and given to a shell with what stands
// after :::, or is read.
func (r *reader) parallel(words []word, in input) {
	for i, w := range words {
		if strings.HasPrefix(w.text, ":::") {
			words = words[:i]
			break
		}
	}
	if len(words) > 0 {
		words = append(slices.Clone(words), word{text: unknown})
		r.script(strings.ReplaceAll(join(words), "{}", unknown), in)
	}
}

// supplied is a command with the words that xargs adds.
func (r *reader) supplied(command, options []word, in input) []word {
	marker := "{}"
	for i, o := range options[:len(options)-len(command)] {
		if m, ok := strings.CutPrefix(o.text, "-I"); ok && m != "" {
			marker = m
		} else if ok && i+1 < len(options) {
			marker = options[i+1].text
		}
	}
	given := r.given(in)
	var all []word
	for _, w := range command {
		if marker == "" || !strings.Contains(w.text, marker) {
			all = append(all, w)
			continue
		}
		for _, g := range given {
			all = append(all, word{text: strings.ReplaceAll(w.text, marker, g.text), glob: g.glob, node: w.node})
		}
	}
	return append(all, given...)
}

// given are the words that a command prints, as far as they are known.
func (r *reader) given(in input) []word {
	more := []word{{text: unknown}}
	if in.here {
		for f := range strings.FieldsSeq(in.text) {
			more = append(more, word{text: f})
		}
		return more
	}
	stmt, ok := in.from.(*syntax.Stmt)
	if !ok {
		return more
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		return more
	}
	var words []word
	for _, a := range call.Args {
		words = append(words, r.fields(a)...)
	}
	switch name(words) {
	case "echo", "printf":
		return append(more, operands(words[1:])...)
	case "find", "gfind":
		return append(more, found(words[1:])...)
	}
	return more
}

// shellOption is one or several short options of a shell.
var shellOption = pattern(`^[-+][A-Za-z]+$`)

// shell reads what a shell is told to run.
func (r *reader) shell(args []word, in input) {
	script := false
	for i := 0; i < len(args); i++ {
		text := args[i].text
		switch {
		case text == "--rcfile" || text == "--init-file":
			i++
		case shellOption().MatchString(text):
			script = script || strings.Contains(text, "c")
			if last := text[len(text)-1]; last == 'o' || last == 'O' {
				i++
			}
		case strings.HasPrefix(text, "--") || text == "-":
		case script:
			r.script(text, in)
			if i+2 < len(args) {
				r.command(args[i+2:], in) // it may run "$@"
			}
			return
		default:
			return // a file
		}
	}
	if text, ok := r.read(in); ok {
		r.script(text, input{})
	}
}

// read returns what a command reads, if the script holds it.
func (r *reader) read(in input) (text string, ok bool) {
	if in.here {
		return in.text, true
	}
	stmt, is := in.from.(*syntax.Stmt)
	if !is {
		return "", false
	}
	call, is := stmt.Cmd.(*syntax.CallExpr)
	if !is || len(call.Args) == 0 {
		return "", false
	}
	switch call.Args[0].Lit() {
	case "echo", "printf":
		text = r.output([]*syntax.Stmt{stmt})
		return text, text != unknown
	case "cat", "tee":
		for _, redir := range stmt.Redirs {
			switch redir.Op {
			case syntax.Hdoc, syntax.DashHdoc:
				return r.heredoc(redir), true
			case syntax.WordHdoc:
				return r.text(redir.Word), true
			}
		}
	}
	return "", false
}

// startFound reads the commands that find and fd start.
func (r *reader) startFound(args []word, options string, in input) {
	args = separate(args, options)
	for i := 0; i < len(args); i++ {
		if !oneOf(options, args[i].text) {
			continue
		}
		var words []word
		for i++; i < len(args) && args[i].text != ";" && !(args[i].text == "+" && args[i-1].text == "{}"); i++ {
			if !strings.Contains(args[i].text, "{}") {
				words = append(words, args[i])
				continue
			}
			for _, f := range append(found(args), word{text: unknown}) {
				words = append(words, word{text: strings.ReplaceAll(args[i].text, "{}", f.text), glob: f.glob, node: args[i].node})
			}
		}
		if strings.Contains(options, "--exec") {
			words = append(words, word{text: unknown})
		}
		r.command(words, in)
	}
}

// separate parts a program from the option before it, as in -xrm and --exec=rm.
func separate(args []word, options string) (list []word) {
	for _, a := range args {
		long, value, glued := strings.Cut(a.text, "=")
		at := strings.IndexAny(a.text, "xX")
		switch {
		case glued && oneOf(options, long):
			list = append(list, word{text: long}, word{text: value, glob: a.glob, node: a.node})
		case oneOf(options, "-x") && isOption(a) && a.text[1] != '-' && at > 0 && at < len(a.text)-1:
			list = append(list, word{text: "-x"}, word{text: a.text[at+1:], glob: a.glob, node: a.node})
		case oneOf(options, "-x") && isOption(a) && a.text[1] != '-' && at > 0:
			list = append(list, word{text: "-x"})
		default:
			list = append(list, a)
		}
	}
	return list
}

// narrowing are the tests of find that leave most files out.
const narrowing = "-name -iname -path -ipath -wholename -iwholename -regex -iregex -mtime -mmin -atime -amin -ctime -cmin -newer " +
	"-size -empty -user -group -perm -inum -links -xtype -lname -samefile -nouser -nogroup"

// found are the folders that find goes through, if it goes through all that is
// in them, and names that it looks for.
func found(args []word) (list []word) {
	narrow, expression := false, false
	for i, a := range args {
		switch {
		case strings.HasPrefix(a.text, "-") || a.text == "!" || a.text == "(":
			expression = expression || !oneOf("-H -L -P", a.text)
			narrow = narrow || oneOf(narrowing, a.text) && !(i > 0 && oneOf("! -not", args[i-1].text))
		case !expression:
			list = append(list, a)
		}
	}
	if narrow {
		list = nil
		for i, a := range args[:len(args)-1] {
			if name := args[i+1].text; a.text == "-name" && name == ".git" || oneOf("-name -iname -path", a.text) && Secret(name) {
				list = append(list, word{text: name})
			}
		}
		return list
	}
	if len(list) == 0 {
		return []word{{text: "."}}
	}
	return list
}
