//go:build long

package lab

import (
	"fmt"
	"strings"
	"unicode"

	"codex-lsp/patch"
)

// A style is how the hunks of a patch name their place.
type style string

const (
	styleBare    style = "bare"    // @@ alone
	styleFunc    style = "func"    // as git names the function, once for each
	styleRepeat  style = "repeat"  // likewise, at every hunk
	styleSmart   style = "smart"   // the nearest scope, where the lines are not unique
	styleStacked style = "stacked" // every scope around it, the outermost first
	styleNumbers style = "numbers" // line numbers as in a unified diff
)

var styles = []style{styleBare, styleFunc, styleRepeat, styleSmart, styleStacked, styleNumbers}

// name gives the hunks of a change the headers of a style.
func (c *change) nameHunks(st style) {
	for _, s := range c.updates() {
		pre, _ := splitLines(c.pre[s.path])
		last := ""
		for i := range s.hunks {
			h := &s.hunks[i]
			h.headers = nil
			around := scopesOf(pre, h.old)
			name := functionOf(pre, h.old)
			switch {
			case st == styleNumbers:
				h.headers = []string{h.numbers() + " @@" + strings.TrimRight(" "+name, " ")}
			case st == styleStacked:
				h.headers = around
			case st == styleSmart && len(around) > 0 && places(pre, h.side('-')) > 1:
				h.headers = around[len(around)-1:]
			case name != "" && (st == styleRepeat || st == styleFunc && name != last):
				h.headers = []string{name}
			}
			last = name
		}
	}
}

func (h *hunk) numbers() string {
	return fmt.Sprintf("-%d,%d +%d,%d", h.old+1, len(h.side('-')), h.now+1, len(h.side('+')))
}

// functionOf is the line that git shows for a hunk that begins at a line: the
// nearest above that begins with a letter, cut off at 80 bytes.
func functionOf(pre []string, at int) string {
	const most = 80
	for i := min(at, len(pre)) - 1; i >= 0; i-- {
		l := strings.TrimRight(bare(pre[i]), " \t")
		if l == "" || !(l[0] < 0x80 && unicode.IsLetter(rune(l[0])) || l[0] == '_' || l[0] == '$') {
			continue
		}
		if len(l) > most {
			l = strings.ToValidUTF8(l[:most], "")
		}
		return l
	}
	return ""
}

// scopesOf are the lines above that a line is in, by indentation.
func scopesOf(pre []string, at int) []string {
	if at >= len(pre) {
		return nil
	}
	deep := 1 << 20
	for i := at; i < len(pre); i++ {
		if strings.TrimSpace(pre[i]) != "" {
			deep = depth(pre[i])
			break
		}
	}
	var out []string
	for i := at - 1; i >= 0 && deep > 0; i-- {
		text := strings.TrimSpace(pre[i])
		if text == "" || depth(pre[i]) >= deep || !(text[0] < 0x80 && unicode.IsLetter(rune(text[0])) || text[0] == '_') {
			continue
		}
		deep = depth(pre[i])
		out = append([]string{strings.TrimRight(bare(pre[i]), " \t")}, out...)
	}
	return out
}

func depth(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// render writes the sections as a patch.
func render(sections []section) string {
	return "*** Begin Patch\n" + body(sections) + "*** End Patch\n"
}

func body(sections []section) string {
	var b strings.Builder
	for _, s := range sections {
		s.write(&b)
	}
	return b.String()
}

func (s *section) write(b *strings.Builder) {
	switch s.op {
	case patch.Add:
		b.WriteString("*** Add File: " + s.path + "\n")
		for _, l := range s.content {
			b.WriteString("+" + bare(l) + "\n")
		}
	case patch.Delete:
		b.WriteString("*** Delete File: " + s.path + "\n")
	default:
		b.WriteString("*** Update File: " + s.path + "\n")
		if s.to != "" {
			b.WriteString("*** Move to: " + s.to + "\n")
		}
		for i := range s.hunks {
			s.hunks[i].write(b)
		}
	}
}

func (h *hunk) write(b *strings.Builder) {
	if len(h.headers) == 0 {
		b.WriteString("@@\n")
	}
	for _, name := range h.headers {
		b.WriteString("@@ " + name + "\n")
	}
	for _, l := range h.lines {
		b.WriteByte(l.kind)
		b.WriteString(l.text + "\n")
	}
	if h.eof {
		b.WriteString("*** End of File\n")
	}
}

// unified writes the sections as git would, for git apply and patch.
func unified(c *change) string {
	var b strings.Builder
	for _, s := range c.sections {
		to := s.path
		if s.to != "" {
			to = s.to
		}
		fmt.Fprintf(&b, "diff --git a/%s b/%s\n", s.path, to)
		switch {
		case s.op == patch.Add:
			fmt.Fprintf(&b, "new file mode 100644\n")
			if len(s.content) > 0 {
				fmt.Fprintf(&b, "--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%d @@\n+%s\n", s.path, len(s.content), strings.Join(s.content, "\n+"))
			}
			continue
		case s.op == patch.Delete:
			old, open := splitLines(c.pre[s.path])
			fmt.Fprintf(&b, "deleted file mode 100644\n")
			if len(old) > 0 {
				fmt.Fprintf(&b, "--- a/%s\n+++ /dev/null\n@@ -1,%d +0,0 @@\n-%s\n", s.path, len(old), strings.Join(old, "\n-"))
			}
			if open {
				b.WriteString("\\ No newline at end of file\n")
			}
			continue
		case s.to != "":
			fmt.Fprintf(&b, "rename from %s\nrename to %s\n", s.path, s.to)
		}
		if len(s.hunks) > 0 {
			fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", s.path, to)
		}
		s.writeUnified(&b, c.pre[s.path])
	}
	return b.String()
}

// writeUnified writes hunks with their line numbers and the file's own endings.
func (s *section) writeUnified(b *strings.Builder, text string) {
	lines, open := splitLines(text)
	end := ""
	if strings.Contains(text, "\r\n") {
		end = "\r"
	}
	for i := range s.hunks {
		h := &s.hunks[i]
		fmt.Fprintf(b, "@@ %s @@\n", h.numbers())
		old, now := len(h.side('-')), len(h.side('+'))
		last := open && h.old+old == len(lines)
		for _, l := range h.lines {
			before, after := l.kind != '+', l.kind != '-'
			if before {
				old--
			}
			if after {
				now--
			}
			if last && (before && old == 0 || after && now == 0) {
				fmt.Fprintf(b, "%c%s\n\\ No newline at end of file\n", l.kind, l.text)
				continue
			}
			fmt.Fprintf(b, "%c%s%s\n", l.kind, l.text, end)
		}
	}
}
