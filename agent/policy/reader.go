package policy

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

const (
	maxDepth    = 12   // scripts within scripts, and commands within commands
	maxCommands = 5000 // looked at in one script; wrappers count for each that they start
	maxScript   = 1 << 20
)

// A visitor is told what a script does, in its order.
type visitor interface {
	// command is told of a program and its arguments, or of a builtin. The
	// command that a wrapper starts comes after it, as one of its own.
	command(r *reader, words []word, in input)
	// writes is told of a file that a redirection overwrites or adds to.
	writes(r *reader, file string)
	// found is told of a rule that applies as it is.
	found(rule, command string)
}

// An input is what a command reads.
type input struct {
	from syntax.Node // the left side of the pipe, or nil
	text string      // of a heredoc or <<<
	here bool        // there is a text
}

// A reader goes through a script and keeps in mind what the shell would: the
// folder it is in, variables, functions.
type reader struct {
	place     Place
	visitor   visitor
	cwd       string // absolute; "" is not known
	at        folder // as the script says
	vars      map[string][]string
	functions map[string]bool              // whether one is there for sure, by its name
	feeds     map[*syntax.Stmt]syntax.Node // the right sides of pipes, by what they read
	frames    []frame
	depth     int
	count     int
	scanning  bool
}

// A frame is what the shell has again after a part of the script.
type frame struct {
	node syntax.Node
	cwd  string
	at   folder
	in   input
}

func newReader(at Place, v visitor) *reader {
	return &reader{place: at, cwd: at.Cwd, visitor: v}
}

// begin tells the visitor what a script does.
func (r *reader) begin(script string) {
	if strings.ContainsAny(script, unset+unknown) { // the shell drops the one; the other is as good as any
		script = strings.NewReplacer(unset, "", unknown, "\x02").Replace(script)
	}
	r.script(script, input{})
}

// script goes through a script; unknown parts of it are variables.
func (r *reader) script(text string, in input) {
	if r.depth++; r.depth > maxDepth || len(text) > maxScript {
		r.visitor.found("too-deep", "")
		r.depth--
		return
	}
	defer func() { r.depth-- }()
	if strings.ContainsAny(text, unset+unknown) {
		text = strings.NewReplacer(unset, "${_unset}", unknown, "${1}").Replace(text)
	}
	file, err := parse(text)
	if err != nil {
		r.visitor.found("unparsable", text)
		if file, err = parse(quoteHashes(text)); err != nil {
			return
		}
	}
	frames := r.frames
	r.frames = []frame{{node: file, cwd: r.cwd, at: r.at, in: in}}
	syntax.Walk(file, r.visit)
	r.frames = frames
}

// visit is called for each part of the script, and with nil at its end.
func (r *reader) visit(n syntax.Node) bool {
	top := r.frames[len(r.frames)-1]
	if n == nil {
		r.frames = r.frames[:len(r.frames)-1]
		switch top.node.(type) {
		case *syntax.Subshell, *syntax.CmdSubst, *syntax.ProcSubst:
			r.cwd, r.at = top.cwd, top.at
		}
		return true
	}
	f := frame{node: n, cwd: r.cwd, at: r.at, in: top.in}
	switch n := n.(type) {
	case *syntax.Stmt:
		if from, ok := r.feeds[n]; ok {
			f.in = input{from: from}
		}
		f.in = r.statement(n, f.in)
	case *syntax.BinaryCmd:
		if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
			if r.feeds == nil {
				r.feeds = make(map[*syntax.Stmt]syntax.Node)
			}
			r.feeds[n.Y] = n.X
		}
	case *syntax.Word:
		r.subscript(n.Parts)
	case *syntax.DblQuoted:
		r.subscript(n.Parts)
		r.quotedWithin(n.Parts)
	case *syntax.Redirect:
		r.redirect(n)
		if n.Hdoc != nil {
			r.quotedWithin(n.Hdoc.Parts)
		}
	case *syntax.Assign:
		r.assign(n)
		r.checkAssign(n)
	case *syntax.WordIter:
		r.loop(n)
	case *syntax.FuncDecl:
		r.function(n)
	case *syntax.ParamExp:
		r.checkParam(n)
	case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.LetClause, *syntax.CStyleLoop:
		r.visitor.found("arithmetic", "((…))")
		r.quoted(n)
	case *syntax.BinaryTest:
		if n.Op >= syntax.TsEql && n.Op <= syntax.TsGtr {
			r.visitor.found("arithmetic", "[[ … "+n.Op.String()+" … ]]")
		}
	case *syntax.UnaryTest:
		if n.Op == syntax.TsVarSet || n.Op == syntax.TsRefVar || n.Op == syntax.TsFdTerm && !number().MatchString(r.text(testWord(n.X))) {
			r.visitor.found("arithmetic", "[[ "+n.Op.String()+" … ]]")
		}
	case *syntax.ExtGlob:
		r.visitor.found("pattern", n.Op.String()+n.Pattern.Value+")")
	case *syntax.CoprocClause:
		r.visitor.found("wrapper-plain", "coproc")
	case *syntax.ArrayElem:
		if n.Index != nil {
			r.visitor.found("arithmetic", "([…]=…)")
		}
	case *syntax.DeclClause:
		r.declare(n)
	}
	r.frames = append(r.frames, f)
	return true
}

// statement reads the simple command of a statement, and returns what is read
// by commands within it.
func (r *reader) statement(s *syntax.Stmt, in input) input {
	for _, redir := range s.Redirs {
		switch redir.Op {
		case syntax.Hdoc, syntax.DashHdoc:
			in = input{text: r.heredoc(redir), here: true}
		case syntax.WordHdoc:
			in = input{text: r.text(redir.Word), here: true}
		case syntax.RdrIn:
			in = input{from: redir.Word}
		}
	}
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return in
	}
	words := make([]word, 0, len(call.Args))
	for _, a := range call.Args {
		words = append(words, r.fields(a)...)
	}
	if glob, ok := call.Args[0].Parts[0].(*syntax.ExtGlob); ok && glob.Op == syntax.GlobExcept {
		r.script(glob.Pattern.Value, in) // without extglob, !(x) is ! (x)
	}
	r.command(words, in)
	return in
}

func (r *reader) heredoc(redir *syntax.Redirect) string {
	if redir.Hdoc == nil {
		return ""
	}
	if text := redir.Hdoc.Lit(); text != "" {
		return text
	}
	f := fields{reader: r, open: []word{{}}}
	f.parts(redir.Hdoc.Parts, true)
	return f.open[0].text
}

// command reads one command, then what it starts.
func (r *reader) command(words []word, in input) {
	for len(words) > 0 && words[0].text == "" && words[0].exact() {
		words = words[1:] // an empty expansion is no word
	}
	if r.count++; len(words) == 0 || r.count > maxCommands || r.depth > maxDepth {
		if len(words) > 0 {
			r.visitor.found("too-deep", "")
		}
		return
	}
	r.visitor.command(r, words, in)
	r.depth++
	r.start(words, in)
	r.depth--
	switch name(words) {
	case "cd", "pushd":
		r.enter(operands(words[1:]))
	case "popd":
		r.enter([]word{{text: "-"}})
	case "unset":
		clear(r.functions)
	}
}

// declare allows only names and assignments: options and what is computed can
// give variables another meaning, or show them all.
func (r *reader) declare(n *syntax.DeclClause) {
	known := oneOf("export local readonly", n.Variant.Value) && len(n.Args) > 0
	for _, a := range n.Args {
		known = known && a.Name != nil && harmlessName(a.Name.Value)
	}
	if !known {
		r.visitor.found("environment", n.Variant.Value)
	}
}

func (r *reader) redirect(n *syntax.Redirect) {
	if n.N != nil && strings.HasPrefix(n.N.Value, "{") {
		r.visitor.found("environment", n.N.Value+n.Op.String())
	}
	switch n.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll, syntax.RdrInOut, syntax.RdrAllClob, syntax.AppClob, syntax.AppAllClob:
		to := r.text(n.Word)
		if to == "!" { // zsh takes the next word for the file
			r.visitor.found("unparsable", n.Op.String()+to)
		}
		r.visitor.writes(r, to)
	case syntax.DplOut:
		if to := r.text(n.Word); strings.Trim(to, "0123456789-") != "" {
			r.visitor.writes(r, to)
		}
	case syntax.RdrIn:
		from := r.text(n.Word)
		if strings.HasPrefix(from, "/dev/tcp/") || strings.HasPrefix(from, "/dev/udp/") {
			r.visitor.writes(r, from)
		}
		if r.secret(word{text: from, glob: isPattern(from)}) {
			r.visitor.found("secret", "< "+from)
		}
	}
}

// testWord is the operand of a test if it is a word, or nil.
func testWord(x syntax.TestExpr) *syntax.Word {
	w, _ := x.(*syntax.Word)
	return w
}

// loop gives the variable of a loop all values.
func (r *reader) loop(n *syntax.WordIter) {
	var words []word
	for _, item := range n.Items {
		words = append(words, r.fields(item)...)
	}
	if len(n.Items) == 0 {
		words = []word{{text: unknown}} // "$@"
	}
	for _, w := range words[:min(len(words), maxValues)] {
		r.set(n.Name.Value, w.text)
	}
	if !harmlessName(n.Name.Value) {
		r.visitor.found("environment", "for "+n.Name.Value)
	}
}

// function notes a function, and whether it starts itself beside itself.
func (r *reader) function(f *syntax.FuncDecl) {
	if f.Name == nil {
		return
	}
	if r.functions == nil {
		r.functions = make(map[string]bool)
	}
	own := f.Name.Value
	top, _ := r.frames[len(r.frames)-1].node.(*syntax.Stmt)
	r.functions[own] = r.functions[own] || r.depth == 1 && len(r.frames) == 3 && top != nil && !top.Background && !top.Coprocess && !top.Disown
	if lower := strings.ToLower(own); !r.functions[lower] {
		r.functions[lower] = false // may be one, where names are alike but for case
	}
	syntax.Walk(f.Body, func(n syntax.Node) bool {
		if s, ok := n.(*syntax.Stmt); ok && (s.Background || piped(s)) && calls(s, own) {
			r.visitor.found("fork-bomb", own+"()")
		}
		return true
	})
}

func piped(s *syntax.Stmt) bool {
	b, ok := s.Cmd.(*syntax.BinaryCmd)
	return ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll)
}

// calls tells whether a command of this name is anywhere in a part.
func calls(n syntax.Node, names ...string) (found bool) {
	syntax.Walk(n, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok {
			for _, a := range call.Args {
				for _, name := range names {
					found = found || path.Base(a.Lit()) == name
				}
			}
		}
		return !found
	})
	return found
}

// risky tells whether the shell computes with a variable's value, or reads it
// as a name or a prompt: each can run commands that the value holds.
func risky(p *syntax.ParamExp) bool {
	if p.Param == nil {
		return false
	}
	return p.Excl || p.Slice != nil || p.Index != nil || p.Exp != nil && p.Exp.Op == syntax.OtherParamOps
}

// checkParam finds expansions that run what a variable holds, or set one.
func (r *reader) checkParam(p *syntax.ParamExp) {
	if risky(p) {
		r.visitor.found("arithmetic", "${"+p.Param.Value+"…}")
	}
	if e := p.Exp; e != nil && p.Param != nil && (e.Op == syntax.AssignUnset || e.Op == syntax.AssignUnsetOrNull) && !harmlessName(p.Param.Value) {
		r.visitor.found("environment", "${"+p.Param.Value+"=…}")
	}
}

// checkAssign finds variables that change what programs do.
func (r *reader) checkAssign(a *syntax.Assign) {
	switch {
	case a.Name == nil:
	case a.Index != nil:
		r.visitor.found("arithmetic", a.Name.Value+"[…]")
	case !harmlessName(a.Name.Value) && !a.Naked:
		r.visitor.found("environment", a.Name.Value+"=")
	}
}

// harmlessName tells whether no program takes its settings from a variable.
func harmlessName(name string) bool {
	switch name {
	case "LC_ALL", "LANG", "LANGUAGE", "TZ", "NO_COLOR", "TERM", "COLUMNS":
		return true
	}
	return name == strings.ToLower(name) && !strings.HasSuffix(name, "_proxy") && !oneOf(zshNames, name)
}

// zshNames are the variables in lower case that zsh goes by.
const zshNames = "path fpath cdpath manpath mailpath module_path fignore watch prompt psvar argv options functions dis_functions aliases dis_aliases galiases " +
	"dis_galiases saliases dis_saliases commands builtins dis_builtins reswords modules parameters dirstack nameddirs userdirs history historywords histchars " +
	"functions_source jobdirs jobtexts jobstates usergroups zle_highlight zsh_eval_context keymaps widgets termcap terminfo sysparams mapfile signals errnos"
