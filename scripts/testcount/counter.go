package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// An event is one line of go test -json, as `go doc test2json` describes it.
type event struct {
	Action      string
	Package     string
	Test        string
	Elapsed     float64
	Output      string
	ImportPath  string // of what was built; build events only
	FailedBuild string // on a package that failed because of a build
}

// A counter follows the tests of several packages, whose events interleave.
type counter struct {
	out      io.Writer
	packages map[string]*results
	builds   map[string]string // what the compiler said, by import path

	passed, failed, skipped int
	names                   []string // of what failed or was skipped
}

// results are one package's tests so far.
type results struct {
	output map[string]string // by test; "" holds the package's own
	groups map[string]bool   // tests that have subtests
	ended  map[string]event  // by test: its pass, fail or skip
}

func newCounter(out io.Writer) *counter {
	return &counter{out: out, packages: make(map[string]*results), builds: make(map[string]string)}
}

// read follows the stream to its end. A line that is no event comes from the
// go command itself and is passed on.
func (c *counter) read(in io.Reader) error {
	lines := bufio.NewReader(in) // not a Scanner: a line has no limit
	for {
		line, err := lines.ReadString('\n')
		var ev event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &ev) != nil:
			fmt.Fprintln(c.out, strings.TrimSuffix(line, "\n"))
		default:
			c.event(ev)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read test events: %w", err)
		}
	}
}

func (c *counter) event(ev event) {
	if ev.ImportPath != "" { // build-output, build-fail
		c.builds[ev.ImportPath] += ev.Output
		return
	}
	r := c.packages[ev.Package]
	if r == nil {
		r = &results{output: make(map[string]string), groups: make(map[string]bool), ended: make(map[string]event)}
		c.packages[ev.Package] = r
	}
	switch ev.Action {
	case "output":
		r.output[ev.Test] += ev.Output
	case "run":
		if i := strings.LastIndexByte(ev.Test, '/'); i >= 0 {
			r.groups[ev.Test[:i]] = true
		}
	case "pass", "fail", "skip":
		if ev.Test != "" {
			r.ended[ev.Test] = ev
			if ev.Action == "pass" {
				delete(r.output, ev.Test)
			}
			return
		}
		c.end(ev, r)
		delete(c.packages, ev.Package)
	}
}

// end counts a package's tests and shows what is worth a look.
func (c *counter) end(ev event, r *results) {
	ran, bad := 0, 0
	for _, name := range slices.Sorted(maps.Keys(r.ended)) {
		test := r.ended[name]
		if r.groups[name] && (test.Action == "pass" || r.badBelow(name)) {
			continue // a group says no more than its tests, unless it alone failed
		}
		ran++
		switch test.Action {
		case "pass":
			c.passed++
			continue
		case "fail":
			c.failed++
		case "skip":
			c.skipped++
		}
		bad++
		c.names = append(c.names, strings.ToUpper(test.Action)+" "+ev.Package+" "+name)
		fmt.Fprint(c.out, r.output[name])
	}
	if ev.Action == "fail" && bad == 0 { // a build, TestMain, a panic, a timeout
		c.failed++
		c.names = append(c.names, "FAIL "+ev.Package)
		fmt.Fprint(c.out, c.builds[ev.FailedBuild], r.unfinished(), r.output[""])
	}
	if ran > 0 || ev.Action == "fail" {
		fmt.Fprintf(c.out, "%-4s %-34s %4d tests %6.1fs\n", verdict(ev.Action), ev.Package, ran, ev.Elapsed)
	}
}

// badBelow tells whether a subtest of this test failed or was skipped.
func (r *results) badBelow(group string) bool {
	for name, ev := range r.ended {
		if strings.HasPrefix(name, group+"/") && ev.Action != "pass" {
			return true
		}
	}
	return false
}

// unfinished is what the tests printed that never ended: a panic or a timeout
// is told there.
func (r *results) unfinished() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.output)) {
		if _, ended := r.ended[name]; name != "" && !ended {
			b.WriteString(r.output[name])
		}
	}
	return b.String()
}

func (c *counter) good() bool {
	return c.passed > 0 && c.failed == 0 && c.skipped == 0 && len(c.packages) == 0
}

func (c *counter) summary() {
	for _, name := range c.names {
		fmt.Fprintln(c.out, name)
	}
	for _, pkg := range slices.Sorted(maps.Keys(c.packages)) {
		fmt.Fprintf(c.out, "FAIL %s did not end\n", pkg)
		c.failed++
	}
	skipped := ""
	if c.skipped > 0 {
		skipped = fmt.Sprintf(", %d skipped", c.skipped)
	}
	fmt.Fprintf(c.out, "%d passed, %d failed%s\n", c.passed, c.failed, skipped)
}

func verdict(action string) string {
	if action == "pass" {
		return "ok"
	}
	return strings.ToUpper(action)
}
