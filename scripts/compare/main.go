// Compare measures codex-lsp beside the real Codex, in one run on one machine.
// As agents both talk to the same scripted model over loopback, so that what
// differs is the agent; what they send to the model is measured too. What becomes of commands is asked of both under each
// setting; no command is really run. Of the same files of settings both tell
// what is in force. In one home each uses what the other has signed in with. Out of
// the sandbox of each, all ways of a corpus are tried. What
// exec --json prints of one turn is compared line by line. As
// apply_patch both stand beside git apply and GNU
// patch, each with the same change in its own format.
//
//	go run ./scripts/compare -lsp bin/codex-lsp -codex path/to/codex [-n 15] [agents|wire|patches|policy|settings|signin|sandbox|sessions|events]
//
// It prints medians, their ratios and verdicts as Markdown tables.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"codex-lsp/agent/mcp/mcptest"
)

func main() {
	if mcptest.Main() {
		return
	}
	var c comparison
	flag.StringVar(&c.lsp, "lsp", "bin/codex-lsp", "the codex-lsp to measure")
	flag.StringVar(&c.codex, "codex", "codex", "the Codex to measure it beside")
	flag.IntVar(&c.runs, "n", 15, "processes of each; an agent's has five turns")
	flag.Parse()
	if err := c.run(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// A comparison is what to measure: two programs, and how often.
type comparison struct {
	lsp, codex string
	runs       int
}

// run measures what is named, or all.
func (c comparison) run(what string) (err error) {
	if c.lsp, err = filepath.Abs(c.lsp); err != nil { // it is started in another folder
		return err
	}
	switch what {
	case "agents":
		return c.agents()
	case "wire":
		return c.wires()
	case "patches":
		return c.patches()
	case "policy":
		return c.policies()
	case "settings":
		return c.settings()
	case "signin":
		return c.signIns()
	case "sandbox":
		return c.sandboxes()
	case "sessions":
		return c.sessions()
	case "events":
		return c.events()
	case "":
		return errors.Join(c.agents(), c.wires(), c.patches(), c.policies(), c.settings(), c.signIns(), c.sandboxes(), c.sessions(), c.events())
	}
	return fmt.Errorf("there is nothing to compare that is called %q", what)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	return sorted[len(sorted)/2]
}
