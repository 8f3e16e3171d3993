// Compare measures codex-lsp beside the real Codex, in one run on one machine:
// both talk to the same scripted model over loopback, so that what differs is
// the agent.
//
//	go run ./scripts/compare -lsp bin/codex-lsp -codex path/to/codex [-n 15]
//
// It prints medians and their ratios as a Markdown table.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// An agent is a process that was told how to reach the model.
type agent interface {
	// initialize shakes hands.
	initialize() error
	// newThread opens a conversation about a folder.
	newThread(dir string) error
	// ask returns when the turn is over, and says when that was heard.
	ask(prompt string) (time.Time, error)
	process() *process
}

// measures are in milliseconds, except the memory, which is in MiB.
var measures = []string{"start to initialize answered", "memory after it", "new thread", "prompt to the model's request", "model's end to the turn's"}

func main() {
	lsp := flag.String("lsp", "bin/codex-lsp", "the codex-lsp to measure")
	codex := flag.String("codex", "codex", "the Codex to measure it beside")
	runs := flag.Int("n", 15, "processes of each; every one has five turns")
	flag.Parse()
	path, err := filepath.Abs(*lsp) // it is started in another folder
	if err == nil {
		err = compare(path, *codex, *runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func compare(lsp, codex string, runs int) error {
	m, err := startModel()
	if err != nil {
		return err
	}
	defer m.close()
	home, err := homeFor(m.url)
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	got := [2]samples{{}, {}}
	for range runs { // in turns, so that what else the machine does is shared
		for i, start := range []func() (agent, error){
			func() (agent, error) { return startLSP(lsp, home) },
			func() (agent, error) { return startCodex(codex, home) },
		} {
			if err := got[i].take(start, m, home); err != nil {
				return err
			}
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| median of %d\t| codex-lsp\t| Codex\t| ratio\t|\n|---\t|---\t|---\t|---\t|\n", runs)
	for _, name := range measures {
		a, b := median(got[0][name]), median(got[1][name])
		fmt.Fprintf(w, "| %s\t| %.2f\t| %.2f\t| %.1f\t|\n", name, a, b, b/a)
	}
	return w.Flush()
}

// samples are the measured values, by measure.
type samples map[string][]float64

func (s samples) add(name string, value float64) { s[name] = append(s[name], value) }

// take measures one process from its start to its end.
func (s samples) take(start func() (agent, error), m *scripted, dir string) error {
	began := time.Now()
	a, err := start()
	if err != nil {
		return err
	}
	defer a.process().stop()
	if err := a.initialize(); err != nil {
		return err
	}
	s.add(measures[0], ms(time.Since(began)))
	rss, err := a.process().memory()
	if err != nil {
		return err
	}
	s.add(measures[1], rss)
	began = time.Now()
	if err := a.newThread(dir); err != nil {
		return err
	}
	s.add(measures[2], ms(time.Since(began)))
	for turn := range 5 {
		began = time.Now()
		heard, err := a.ask("say something")
		if err != nil {
			return err
		}
		asked, answered := m.last()
		if turn > 0 { // the first opens the connection
			s.add(measures[3], ms(asked.Sub(began)))
			s.add(measures[4], ms(heard.Sub(answered)))
		}
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	return sorted[len(sorted)/2]
}
