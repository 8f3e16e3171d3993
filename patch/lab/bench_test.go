//go:build long

package lab

import (
	"fmt"
	"strings"
	"testing"

	"codex-lsp/patch"
)

// A row is one task whose time is measured.
type row struct {
	name  string
	fails bool // the patch does not fit
	make  func() specimen
}

// rows are start-up, growth with the file, growth with the patch, and what is
// known to be slow: lines that repeat, and hunks that are nowhere.
func rows() []row {
	list := []row{{"one small file added", false, func() specimen { return adding(1, 1) }}}
	for _, n := range []int{2_000, 20_000, 200_000} {
		size := fmt.Sprintf("%dk lines", n/1000)
		list = append(list,
			row{"100 hunks, " + size, false, func() specimen { return hunks(n, 100, same) }},
			row{"100 hunks, indent wrong, " + size, false, func() specimen { return hunks(n, 100, dedented) }},
			row{"100 hunks, dashes, " + size, false, func() specimen { return hunks(n, 100, dashes) }},
			row{"1 hunk, not there, " + size, true, func() specimen { return hunks(n, 1, func(s string) string { return s + " not there" }) }},
			row{"one file added, " + size, false, func() specimen { return adding(1, n) }},
		)
	}
	for _, n := range []int{20_000, 200_000} {
		for _, block := range []int{50, 400} {
			size := fmt.Sprintf("block of %d in %dk equal lines", block, n/1000)
			list = append(list,
				row{size, false, func() specimen { return repeating(n, block, same) }},
				row{"indent wrong, " + size, false, func() specimen { return repeating(n, block, dedented) }},
				row{"not there, " + size, true, func() specimen { return repeating(n, block, func(s string) string { return s + "?" }) }},
			)
		}
	}
	return append(list,
		row{"1000 files added", false, func() specimen { return adding(1000, 20) }},
		row{"1000 files, 1 hunk each", false, updating},
		row{"5000 hunks, 60k lines", false, func() specimen { return hunks(60_000, 5000, same) }},
	)
}

func same(s string) string     { return s }
func dedented(s string) string { return strings.TrimPrefix(s, "  ") }
func dashes(s string) string   { return strings.ReplaceAll(s, "-", "\u2014") }

// updated finishes a specimen that updates files by hunks.
func (c change) updated(kind string) specimen {
	return specimen{kind: kind, change: c, patch: render(c.sections), unified: unified(&c)}
}

// numbered are lines of which none is like another.
func numbered(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("    value_%d = compute(%d, offset-%d)", i, i*7, i%13)
	}
	return lines
}

// hunks replaces single lines all over a file; they are written as damaged says.
func hunks(lines, n int, damaged func(string) string) specimen {
	pre := numbered(lines)
	var edits []lineEdit
	for i := range n {
		at := (2*i + 1) * lines / (2 * n)
		edits = append(edits, lineEdit{at, at + 1, []string{pre[at] + " + 1"}})
	}
	text := join(pre, false)
	after, _ := rewritten(text, edits)
	s := section{op: patch.Update, path: "big.py", hunks: hunksOf(pre, edits, 3)}
	c := change{pre: tree{"big.py": text}, post: tree{"big.py": after}, sections: []section{s}}
	d := dealer{change: c}
	d.mapOld(" -+", damaged)
	return d.change.updated("hunks")
}

// repeating changes the line below a block in a file of equal lines.
func repeating(n, block int, damaged func(string) string) specimen {
	pre := strings.Split(strings.Repeat("    the same line,\n", n), "\n")[:n]
	pre[n/2] = "    the one other line"
	text := join(pre, false)
	edits := []lineEdit{{n / 2, n/2 + 1, []string{"    changed"}}}
	after, _ := rewritten(text, edits)
	c := change{pre: tree{"big.py": text}, post: tree{"big.py": after}}
	h := hunksOf(pre, edits, block)
	c.sections = []section{{op: patch.Update, path: "big.py", hunks: h}}
	d := dealer{change: c}
	d.mapOld(" -+", damaged)
	return d.change.updated("repeating")
}

// adding makes new files.
func adding(files, lines int) specimen {
	c := change{pre: tree{}, post: tree{}}
	content := numbered(lines)
	for i := range files {
		path := fmt.Sprintf("d%d/f%d.py", i%20, i)
		c.sections = append(c.sections, section{op: patch.Add, path: path, content: content})
		c.post[path] = join(content, false)
	}
	return c.updated("adding")
}

// updating changes one line in each of many files.
func updating() specimen {
	c := change{pre: tree{}, post: tree{}}
	pre := numbered(100)
	edits := []lineEdit{{50, 51, []string{"    changed = True"}}}
	text := join(pre, false)
	after, _ := rewritten(text, edits)
	for i := range 1000 {
		path := fmt.Sprintf("d%d/f%d.py", i%20, i)
		c.sections = append(c.sections, section{op: patch.Update, path: path, hunks: hunksOf(pre, edits, 3)})
		c.pre[path], c.post[path] = text, after
	}
	return c.updated("updating")
}

func BenchmarkApply(b *testing.B) {
	for _, r := range rows() {
		s := r.make()
		b.Run(r.name, func(b *testing.B) {
			for b.Loop() {
				p, err := patch.Parse(s.patch)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := p.Apply(s.pre); (err != nil) != r.fails {
					b.Fatal(err)
				}
			}
		})
	}
}
