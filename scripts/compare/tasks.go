package main

import (
	"fmt"
	"strings"
)

// A task is a tree, and one change of it as a patch of either format.
type task struct {
	name          string
	fails         bool // the patch does not fit
	before, after map[string]string
	patch         string // in Codex's format
	unified       string // what git apply and patch read
}

// tasks are start-up, growth with the file and with the patch, and what is
// known to be slow: lines that are written otherwise, lines that repeat, and
// hunks that are nowhere.
func tasks() []*task {
	list := []*task{
		adding("start-up: 1 file added", 1, 1),
		hunks("1 hunk in a file of 20 lines", 20, 1, same),
	}
	for _, n := range []int{2_000, 20_000, 200_000} {
		size := fmt.Sprintf("%dk lines", n/1000)
		list = append(list, hunks("100 hunks, "+size, n, 100, same))
		if n > 2_000 {
			list = append(list,
				hunks("100 hunks, "+size+", indent wrong", n, 100, dedented),
				hunks("100 hunks, "+size+", dashes for hyphens", n, 100, dashes),
				hunks("1 hunk, "+size+", not there", n, 1, elsewhere),
				adding("1 file of "+size+" added", 1, n))
		}
	}
	for _, n := range []int{20_000, 200_000} {
		for _, block := range []int{50, 400} {
			size := fmt.Sprintf("%d of %dk equal lines", block, n/1000)
			list = append(list,
				repeating(size, n, block, same),
				repeating(size+", indent wrong", n, block, dedented),
				repeating(size+", not there", n, block, elsewhere))
		}
	}
	return append(list,
		adding("1000 files added", 1000, 10),
		hunksInFiles("1000 files, 1 hunk each", 1000),
		hunks("5000 hunks, 60k lines", 60_000, 5000, same))
}

// A damage is how a hunk is written otherwise than its file has it.
type damage struct {
	fails bool // no engine can make it good
	write func(kind byte, line string) string
}

var (
	same     = damage{false, func(_ byte, line string) string { return line }}
	dedented = damage{false, func(_ byte, line string) string { return strings.TrimPrefix(line, "  ") }}
	dashes   = damage{false, func(kind byte, line string) string {
		if kind == '+' {
			return line
		}
		return strings.ReplaceAll(line, "-", "\u2014")
	}}
	elsewhere = damage{true, func(kind byte, line string) string {
		if kind == '-' {
			line += " which is not there"
		}
		return strings.TrimSpace(line)
	}}
)

func newTask(name string) *task {
	return &task{name: name, before: make(map[string]string), after: make(map[string]string), patch: "*** Begin Patch\n"}
}

func (t *task) done() *task {
	t.patch += "*** End Patch\n"
	return t
}

// adding makes new files.
func adding(name string, files, lines int) *task {
	t := newTask(name)
	text := strings.Join(numbered(lines), "\n") + "\n"
	added := "+" + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n+") + "\n"
	var patch, unified strings.Builder
	for i := range files {
		path := fmt.Sprintf("d%d/f%d.py", i%20, i)
		t.after[path] = text
		fmt.Fprintf(&patch, "*** Add File: %s\n%s", path, added)
		fmt.Fprintf(&unified, "diff --git a/%[1]s b/%[1]s\nnew file mode 100644\n--- /dev/null\n+++ b/%[1]s\n@@ -0,0 +1,%[2]d @@\n%[3]s", path, lines, added)
	}
	t.patch += patch.String()
	t.unified = unified.String()
	return t.done()
}

// hunks replaces n single lines all over a file.
func hunks(name string, lines, n int, d damage) *task {
	t := newTask(name)
	var at []int
	for i := range n {
		at = append(at, (2*i+1)*lines/(2*n))
	}
	t.update("big.py", numbered(lines), at, 3, d)
	return t.done()
}

// hunksInFiles replaces one line in each of n files.
func hunksInFiles(name string, n int) *task {
	t := newTask(name)
	for i := range n {
		t.update(fmt.Sprintf("d%d/f%d.py", i%20, i), numbered(100), []int{50}, 3, same)
	}
	return t.done()
}

// repeating replaces the last of many lines, the only one unlike the others,
// and shows a block of those above it.
func repeating(name string, n, block int, d damage) *task {
	t := newTask("block of " + name)
	lines := make([]string, n)
	for i := range lines {
		lines[i] = "        x = 1"
	}
	lines[n-1] = "        y = 2"
	t.update("big.py", lines, []int{n - 1}, block, d)
	return t.done()
}

// numbered are lines of which none is like another.
func numbered(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("    value_%d = compute(%d, offset-%d)", i, i*7, i%13)
	}
	return lines
}

// update replaces single lines of a file, which stand apart by more than twice
// the context.
func (t *task) update(path string, lines []string, at []int, context int, d damage) {
	t.before[path] = strings.Join(lines, "\n") + "\n"
	var patch, unified strings.Builder
	fmt.Fprintf(&patch, "*** Update File: %s\n", path)
	fmt.Fprintf(&unified, "--- a/%[1]s\n+++ b/%[1]s\n", path)
	after := append([]string(nil), lines...)
	for _, i := range at {
		after[i] += " + 1"
		start, end := max(0, i-context), min(len(lines), i+context+1)
		var body strings.Builder
		line := func(kind byte, text string) { fmt.Fprintf(&body, "%c%s\n", kind, d.write(kind, text)) }
		for k := start; k < end; k++ {
			if k != i {
				line(' ', lines[k])
				continue
			}
			line('-', lines[i])
			line('+', after[i])
		}
		fmt.Fprintf(&patch, "@@\n%s", body.String())
		fmt.Fprintf(&unified, "@@ -%[1]d,%[2]d +%[1]d,%[2]d @@\n%[3]s", start+1, end-start, body.String())
	}
	t.after[path] = strings.Join(after, "\n") + "\n"
	if t.fails = d.fails; t.fails {
		t.after[path] = t.before[path]
	}
	t.patch += patch.String()
	t.unified += unified.String()
}
