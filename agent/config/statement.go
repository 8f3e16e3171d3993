package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A statement is one header or setting in a text that is known to be TOML.
// Places are in bytes.
type statement struct {
	start, end      int      // whole lines, the comment behind it included
	header          bool     // [path] or [[path]]
	array           bool     // [[path]]
	path            []string // from the root
	value, valueEnd int      // of a setting
}

// statements lists what a text says, in order.
func statements(text string) []statement {
	var list []statement
	var table []string
	l := lexer{text: text}
	l.skip("\ufeff")
	for l.pos < len(text) {
		start := l.pos
		l.blanks()
		switch {
		case l.rest("#") || l.rest("\n") || l.rest("\r\n") || l.pos == len(text):
			l.line()
		case l.rest("["):
			s := statement{start: start, header: true, array: l.rest("[[")}
			l.skip("[")
			l.skip("[")
			s.path = l.key()
			l.line()
			s.end, table = l.pos, s.path
			list = append(list, s)
		default:
			s := statement{start: start, path: append(slices.Clone(table), l.key()...)}
			l.skip("=")
			l.blanks()
			s.value = l.pos
			s.valueEnd = l.values()
			l.line()
			s.end = l.pos
			list = append(list, s)
		}
	}
	return list
}

// A lexer goes through a text.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) rest(prefix string) bool { return strings.HasPrefix(l.text[l.pos:], prefix) }

func (l *lexer) skip(prefix string) {
	if l.rest(prefix) {
		l.pos += len(prefix)
	}
}

func (l *lexer) blanks() {
	for l.pos < len(l.text) && (l.text[l.pos] == ' ' || l.text[l.pos] == '\t') {
		l.pos++
	}
}

// line goes to the next line.
func (l *lexer) line() {
	if i := strings.IndexByte(l.text[l.pos:], '\n'); i >= 0 {
		l.pos += i + 1
		return
	}
	l.pos = len(l.text)
}

// key reads dotted keys.
func (l *lexer) key() []string {
	from := l.pos
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == '"' || c == '\'':
			l.quoted()
		case bare(c) || c == '.' || c == ' ' || c == '\t':
			l.pos++
		default:
			path, err := parseKey(strings.TrimSpace(l.text[from:l.pos]))
			if err != nil {
				return nil
			}
			return path
		}
	}
	return nil
}

// quoted goes behind a string of any kind.
func (l *lexer) quoted() {
	for _, q := range []string{`"""`, `'''`} {
		if l.rest(q) {
			l.pos += 3
			for l.pos < len(l.text) && !l.rest(q) {
				if q[0] == '"' && l.text[l.pos] == '\\' {
					l.pos++
				}
				l.pos++
			}
			l.pos = min(l.pos+3, len(l.text))
			for l.pos < len(l.text) && l.text[l.pos] == q[0] { // """a"""" ends with a quote of its own
				l.pos++
			}
			return
		}
	}
	q := l.text[l.pos]
	for l.pos++; l.pos < len(l.text) && l.text[l.pos] != q && l.text[l.pos] != '\n'; l.pos++ {
		if q == '"' && l.text[l.pos] == '\\' {
			l.pos++
		}
	}
	l.pos = min(l.pos+1, len(l.text))
}

// values goes to the end of a value, and returns where it ends.
func (l *lexer) values() (end int) {
	depth := 0
	end = l.pos
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == '"' || c == '\'':
			l.quoted()
			end = l.pos
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == '#':
			if depth == 0 {
				return end
			}
			l.line()
			continue
		case c == '\n' && depth == 0:
			return end
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.pos++
			continue
		}
		l.pos++
		end = l.pos
	}
	return end
}

// tomlKey writes dotted keys.
func tomlKey(path []string) string {
	parts := make([]string, len(path))
	for i, name := range path {
		parts[i] = name
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r > 127 || !bare(byte(r)) }) {
			parts[i] = tomlString(name)
		}
	}
	return strings.Join(parts, ".")
}

// tomlValue writes a value in one line.
func tomlValue(v any) string {
	switch v := v.(type) {
	case string:
		return tomlString(v)
	case []string:
		return tomlValue(plainValue(v))
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = tomlValue(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, tomlKey([]string{name})+" = "+tomlValue(v[name]))
		}
		if parts == nil {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// tomlString writes a string so that it means the same in any parser.
func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
