package agent

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
)

// A Choice is what the user has chosen for one thread, over what the settings
// say. It holds from the next turn on. "" leaves it to the settings.
type Choice struct {
	Model     string
	Effort    string // model_reasoning_effort
	Summary   string // model_reasoning_summary
	Verbosity string // model_verbosity
}

// A Chosen is what the next turn asks, once choice, settings and what is known
// of the model have had their say.
type Chosen struct {
	Model     string   `json:"model"`
	Effort    string   `json:"effort"`    // "" leaves it to the provider
	Summary   string   `json:"summary"`   // likewise
	Verbosity string   `json:"verbosity"` // likewise
	Efforts   []string `json:"efforts"`   // those that the model is known to take; empty when nothing is known
	Window    int64    `json:"modelContextWindow"`
}

// over is the settings with the choice in their place.
func (c Choice) over(settings *config.Config) *config.Config {
	if c == (Choice{}) {
		return settings
	}
	chosen := *settings
	chosen.Model = cmp.Or(c.Model, chosen.Model)
	chosen.Effort = cmp.Or(c.Effort, chosen.Effort)
	chosen.Summary = cmp.Or(c.Summary, chosen.Summary)
	chosen.Verbose = cmp.Or(c.Verbosity, chosen.Verbose)
	return &chosen
}

// check says what is wrong with a choice. Models and efforts are the provider's
// to know.
func (c Choice) check() error {
	for key, value := range map[string]string{"model_reasoning_summary": c.Summary, "model_verbosity": c.Verbosity} {
		if values := config.Values(key); value != "" && !slices.Contains(values, value) {
			return fmt.Errorf("%s is one of %s, not %q", key, strings.Join(values, ", "), value)
		}
	}
	return nil
}

// Choose changes the choice by a function, and returns what comes of it.
func (t *Thread) Choose(change func(*Choice)) (Chosen, error) {
	settings, err := t.agent.config(t.cwd)
	if err != nil {
		return Chosen{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.choice
	change(&c)
	if err := c.check(); err != nil {
		return Chosen{}, err
	}
	t.choice = c
	return chosen(c.over(settings)), nil
}

func chosen(c *config.Config) Chosen {
	f := model.FactsFor(c)
	return Chosen{
		Model: c.Model, Effort: f.Effort, Summary: f.Summary, Verbosity: f.Verbosity,
		Efforts: append([]string{}, f.Efforts...), Window: f.Window,
	}
}

// chosenFrom is the settings that hold for the thread's next turn.
func (t *Thread) chosenFrom(settings *config.Config) *config.Config {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.choice.over(settings)
}
