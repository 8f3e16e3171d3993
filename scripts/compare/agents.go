package main

import (
	"fmt"
	"os"
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

func (c comparison) agents() error {
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
	for range c.runs { // in turns, so that what else the machine does is shared
		for i, start := range []func() (agent, error){
			func() (agent, error) { return startLSP(c.lsp, home) },
			func() (agent, error) { return startCodex(c.codex, home) },
		} {
			if err := got[i].take(start, m, home); err != nil {
				return err
			}
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| median of %d\t| codex-lsp\t| Codex\t| ratio\t|\n|---\t|---\t|---\t|---\t|\n", c.runs)
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
