package agent

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
	"codex-lsp/agent/rollout"
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

// chosenBefore is the model that a saved thread was asked of last, and its
// effort, which it keeps: unless the provider is another by now, or the command
// line names a model. What may be done without asking is never kept. That is
// for the settings of today to say: a file must not give rights, and a
// conversation that began before its project was trusted is not bound by that.
func chosenBefore(r *rollout.Record, settings *config.Config) Choice {
	was := r.Turn
	if was.Model == "" || r.Meta.Provider != settings.Provider.ID || settings.Given("model") {
		return Choice{}
	}
	c := Choice{Effort: was.Effort}
	if was.Model != settings.Model {
		c.Model = was.Model
	}
	if was.Effort == settings.Effort || settings.Given("model_reasoning_effort") {
		c.Effort = ""
	}
	return c
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
