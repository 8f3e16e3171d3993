//go:build long

package lab

import (
	"fmt"
	"strings"

	"codex-lsp/patch"
)

// repeatDamages are changes of a block that the file has several times.
var repeatDamages = []damage{
	{"repeated, no clue", refused, repeated(func(int) []string { return nil })},
	{"repeated, one header", applies, repeated(func(k int) []string { return []string{methodOf(k)} })},
	{"repeated, header trimmed", applies, repeated(func(k int) []string { return []string{strings.TrimSpace(methodOf(k))} })},
	{"repeated, header partial", applies, repeated(func(k int) []string { return []string{fmt.Sprintf("def method_%d", k)} })},
	{"repeated, only the name", applies, repeated(func(k int) []string { return []string{fmt.Sprintf("method_%d", k)} })},
	{"repeated, headers stacked", applies, repeated(func(k int) []string {
		return []string{fmt.Sprintf("class Kind%d:", k/2), methodOf(k)}
	})},
	{"repeated, names repeated too", applies, func(d *dealer) bool {
		k := d.r.Intn(4)
		d.repeat(k, "    def run(self):", []string{fmt.Sprintf("class Kind%d:", k), "def run(self):"})
		return true
	}},
	{"repeated, header not there", refused, repeated(func(int) []string { return []string{"def method_9(self):"} })},
	{"repeated, numbers", applies, func(d *dealer) bool {
		d.repeat(d.r.Intn(4), "    def run(self):", nil)
		h := &d.sections[0].hunks[0]
		h.headers = []string{h.numbers() + " @@"}
		return true
	}},
	{"repeated, between two that are certain", applies, func(d *dealer) bool {
		k := 1 + d.r.Intn(2)
		d.repeat(k, "    def run(self):", nil)
		s := &d.sections[0]
		pre, _ := splitLines(d.pre[s.path])
		post, _ := splitLines(d.post[s.path])
		mark := func(name string) hunk {
			for i, l := range pre {
				if l == name {
					pre[i], post[i] = name+" # old", name+" # new"
				}
			}
			return hunk{lines: []line{{'-', name + " # old"}, {'+', name + " # new"}}}
		}
		above, below := mark(fmt.Sprintf("class Kind%d:", k)), mark(fmt.Sprintf("class Kind%d:", k+1))
		s.hunks = []hunk{above, s.hunks[0], below}
		d.pre[s.path], d.post[s.path] = join(pre, false), join(post, false)
		d.own = true
		return true
	}},
	{"repeated, all of them in order", applies, func(d *dealer) bool {
		d.repeat(0, "    def run(self):", nil)
		s := &d.sections[0]
		one := s.hunks[0]
		s.hunks = []hunk{one, one, one, one}
		d.post[s.path] = strings.ReplaceAll(d.pre[s.path], "        return 1\n", "        return 2\n")
		d.own = true
		return true
	}},
	{"repeated, told by wide context", applies, func(d *dealer) bool {
		k := d.r.Intn(4)
		d.repeat(k, fmt.Sprintf("    def method_%d(self):", k), nil)
		s := &d.sections[0]
		pre, _ := splitLines(d.pre[s.path])
		h := &s.hunks[0]
		h.lines = append([]line{{' ', pre[h.old-2]}, {' ', pre[h.old-1]}}, h.lines...)
		h.old, h.now = h.old-2, h.now-2
		return true
	}},
}

func methodOf(k int) string { return fmt.Sprintf("    def method_%d(self):", k) }

// repeated makes a change of one of four equal blocks under the headers given.
func repeated(headers func(k int) []string) func(d *dealer) bool {
	return func(d *dealer) bool {
		k := d.r.Intn(4)
		d.repeat(k, "", headers(k))
		return true
	}
}

// repeat replaces the change by one of the k-th of four blocks, which is in a
// method; all methods are of one name if there is one.
func (d *dealer) repeat(k int, method string, headers []string) {
	var pre, post strings.Builder
	at := 0
	for i := range 4 {
		if method != "" || i%2 == 0 {
			n := i
			if method == "" {
				n = i / 2
			}
			fmt.Fprintf(&pre, "class Kind%d:\n", n)
		}
		name := method
		if method == "" || strings.Contains(method, "method_") {
			name = methodOf(i)
		}
		fmt.Fprintf(&pre, "%s\n        value = self.value\n", name)
		if i == k {
			at = strings.Count(pre.String(), "\n") - 1
		}
		pre.WriteString("        if value is None:\n            value = []\n        return 1\n\n")
	}
	lines, _ := splitLines(pre.String())
	for i, l := range lines {
		if i == at+3 {
			l = "        return 2"
		}
		post.WriteString(l + "\n")
	}
	h := hunk{headers: headers, old: at, now: at}
	h.add(' ', lines[at:at+3])
	h.add('-', lines[at+3:at+4])
	h.add('+', []string{"        return 2"})
	d.pre, d.post = tree{"kinds.py": pre.String()}, tree{"kinds.py": post.String()}
	d.sections = []section{{op: patch.Update, path: "kinds.py", hunks: []hunk{h}}}
}
