package policy

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// Stand in a word's text for what is only known when the script runs.
const (
	unset   = "\x00" // may well be empty: a variable that the script does not set
	unknown = "\x01" // is something
)

// maxFields bounds what one word can become; `{a,b}{a,b}…` doubles each time.
const maxFields = 64

// A word is one word of a command, expanded as far as that is known.
type word struct {
	text string // with unset and unknown in it
	glob bool   // is a pattern for names of files
	node *syntax.Word
}

// exact tells whether the word is text and no more.
func (w word) exact() bool { return !w.glob && !strings.ContainsAny(w.text, unset+unknown) }

// literal tells whether the word is text in the script itself. What a variable
// was set to is not always what it holds.
func (w word) literal() bool {
	if w.node == nil || !w.exact() {
		return false
	}
	for _, p := range w.node.Parts {
		if expands(p) {
			return false
		}
	}
	return true
}

// mayBeOption tells whether a word may begin with a dash when the script runs,
// or become several words.
func (w word) mayBeOption() bool {
	if w.node == nil {
		return !w.exact()
	}
	for i, p := range w.node.Parts {
		if _, quoted := p.(*syntax.DblQuoted); expands(p) && (i == 0 || !quoted) {
			return true
		}
	}
	return w.glob && w.text != "" && strings.ContainsAny(w.text[:1], "*?[-")
}

// expands tells whether the shell puts something else in the place of a part.
func expands(p syntax.WordPart) bool {
	switch p := p.(type) {
	case *syntax.ParamExp, *syntax.CmdSubst, *syntax.ArithmExp:
		return true
	case *syntax.DblQuoted:
		for _, inner := range p.Parts {
			if expands(inner) {
				return true
			}
		}
	}
	return false
}

// fields returns the words that a word of the script becomes. A variable that
// may have one of several values becomes all of them.
func (r *reader) fields(w *syntax.Word) []word {
	f := fields{reader: r, open: []word{{node: w}}}
	if text := w.Lit(); text != "" && !strings.ContainsAny(text, "\\*?[{~") {
		f.open[0].text = text
		return f.open
	}
	for _, p := range w.Parts {
		if lit, ok := p.(*syntax.Lit); ok && strings.Contains(lit.Value, "{") {
			w = &syntax.Word{Parts: slices.Clone(w.Parts)} // Walk must not meet braces
			syntax.SplitBraces(w)
			break
		}
	}
	f.parts(w.Parts, false)
	return append(f.done, f.open...)
}

// text is a word as one text: a value, a redirection's target, a heredoc.
func (r *reader) text(w *syntax.Word) string {
	if w == nil {
		return ""
	}
	if text := w.Lit(); text != "" && !strings.ContainsAny(text, "\\~") {
		return text
	}
	f := fields{reader: r, open: []word{{node: w}}}
	for i, p := range w.Parts {
		f.part(p, i == 0, true, false)
	}
	return f.open[0].text
}

// fields are words in the making.
type fields struct {
	*reader
	done []word
	open []word // to which the next part is added
}

func (f *fields) parts(parts []syntax.WordPart, quoted bool) {
	for i, p := range parts {
		f.part(p, i == 0, quoted, quoted)
	}
}

// part adds a part of a word. Within quotes it is not split into fields; the
// backslashes of a double-quoted one mean less.
func (f *fields) part(p syntax.WordPart, first, quoted, inDouble bool) {
	switch p := p.(type) {
	case *syntax.Lit:
		text := p.Value
		if first && !inDouble && strings.HasPrefix(text, "~") {
			text = f.tilde(text)
		}
		if !quoted && isPattern(text) {
			f.mark()
		}
		f.add(unescape(text, inDouble))
	case *syntax.SglQuoted:
		text := p.Value
		if p.Dollar {
			if ansi, _, err := expand.Format(nil, text, nil); err == nil {
				text, _, _ = strings.Cut(ansi, "\x00") // where bash ends it
				text = strings.ReplaceAll(text, unknown, "\x02")
			}
		}
		f.add(text)
	case *syntax.DblQuoted:
		f.parts(p.Parts, true)
	case *syntax.BraceExp:
		f.brace(p)
	case *syntax.ParamExp:
		f.values(f.param(p), quoted)
	case *syntax.CmdSubst:
		f.values([]string{f.output(p.Stmts)}, quoted)
	case *syntax.ExtGlob:
		f.mark()
		f.add("*")
	case *syntax.ProcSubst:
		f.add("/dev/fd/" + unknown)
	default: // arithmetic
		f.add(unknown)
	}
}

func (f *fields) mark() {
	for i := range f.open {
		f.open[i].glob = true
	}
}

// isPattern tells whether a text stands for names of files; [ alone does not.
func isPattern(text string) bool {
	return strings.ContainsAny(text, "*?") || strings.Contains(text, "[") && strings.Contains(text, "]")
}

func (f *fields) add(text string) {
	for i := range f.open {
		f.open[i].text += text
	}
}

// values adds what may be one of several texts.
func (f *fields) values(values []string, quoted bool) {
	if len(values) == 1 && (quoted || !strings.ContainsAny(values[0], " \t\n*?[")) {
		f.add(values[0])
		return
	}
	before := f.open
	f.open = nil
	for _, w := range before {
		for _, v := range values {
			pieces := []string{v}
			if !quoted {
				pieces = append(strings.Fields(v), "")[:max(1, len(strings.Fields(v)))]
			}
			for i, piece := range pieces {
				next := word{text: piece, glob: !quoted && isPattern(piece), node: w.node}
				if i == 0 {
					next.text, next.glob = w.text+piece, w.glob || next.glob
				}
				if i < len(pieces)-1 {
					f.done = append(f.done, next)
				} else {
					f.open = append(f.open, next)
				}
			}
		}
	}
	f.bound()
}

// brace adds each of {a,b,c}.
func (f *fields) brace(b *syntax.BraceExp) {
	if b.Sequence {
		f.add(unknown)
		return
	}
	before := f.open
	var all []word
	for _, elem := range b.Elems {
		f.open = append([]word(nil), before...)
		f.parts(elem.Parts, false)
		all = append(all, f.open...)
		if len(all) > maxFields {
			break
		}
	}
	f.open = all
	f.bound()
}

// bound forgets what is too much, and says so in what is left.
func (f *fields) bound() {
	if len(f.done) > 4*maxFields {
		f.done = f.done[:4*maxFields]
	}
	if len(f.open) > maxFields {
		f.open = f.open[:maxFields]
		f.add(unknown)
	}
}

// tilde expands ~ and ~/x; the home of another user is not known.
func (f *fields) tilde(text string) string {
	name, rest, _ := strings.Cut(text, "/")
	if rest != "" || strings.HasSuffix(text, "/") {
		rest = "/" + rest
	}
	switch name {
	case "~":
		return f.home() + rest
	case "~+":
		return f.cwd + rest
	}
	if home := f.home(); name == "~"+path.Base(home) { // the user's own name
		return home + rest
	} else if name == "~root" {
		return "/root" + rest
	}
	return text
}

func unescape(text string, inDouble bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			next := text[i+1]
			switch {
			case next == '\n':
				i++
				continue
			case !inDouble || strings.IndexByte("$`\"\\", next) >= 0:
				i++
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
