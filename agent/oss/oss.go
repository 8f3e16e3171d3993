// Package oss finds the models that run on the user's own machine, behind
// Ollama or LM Studio, and says what to do where there are none.
package oss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"codex-lsp/agent/config"
)

// A maker is a program that serves models.
type maker struct {
	model string // the one that is taken where none is named
	start string // how the user starts it
	get   string // how the user gets a model, before its name
}

var makers = map[string]maker{
	"ollama":   {model: "gpt-oss:20b", start: "ollama serve", get: "ollama pull "},
	"lmstudio": {model: "openai/gpt-oss-20b", start: "lms server start", get: "lms get "},
}

// Local tells whether a provider is one of those on the user's machine.
func Local(p config.Provider) bool { _, known := makers[p.ID]; return known }

// Start is how the user starts a provider that does not answer, "" if it is none
// of those on the user's machine.
func Start(p config.Provider) string {
	if m, known := makers[p.ID]; known {
		return "start it: " + m.start
	}
	return ""
}

// askTime is how long a server on the same machine may take to list its models.
const askTime = 2 * time.Second

// maxList is more than any list of models takes.
const maxList = 1 << 20

// Models lists what a provider has. The list is that of the OpenAI API, which
// both programs have.
func Models(ctx context.Context, p config.Provider) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(p.BaseURL, "/")+"/models", nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy leads to this machine
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxList)).Decode(&list)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s does not list models: %s", p.BaseURL, resp.Status)
	}
	names := make([]string, 0, len(list.Data))
	for _, m := range list.Data {
		if !strings.Contains(strings.ToLower(m.ID), "embed") { // those answer nothing
			names = append(names, m.ID)
		}
	}
	slices.Sort(names)
	return names, nil
}

// A Choice is a provider that answers and a model that it has.
type Choice struct {
	Provider config.Provider
	Model    string
}

// Choose takes the first of the providers that answers. model is what the user
// wants, "" for whichever there is.
func Choose(ctx context.Context, providers []config.Provider, model string) (Choice, error) {
	var silent []string
	for _, p := range providers {
		models, err := Models(ctx, p)
		if ctx.Err() != nil {
			return Choice{}, ctx.Err()
		}
		if err != nil {
			silent = append(silent, fmt.Sprintf("%s does not answer at %s (%s)", p.Name, p.BaseURL, Start(p)))
			continue
		}
		return choose(p, models, model)
	}
	return Choice{}, errors.New("no model runs on this machine: " + strings.Join(silent, "; "))
}

func choose(p config.Provider, models []string, model string) (Choice, error) {
	m := makers[p.ID]
	switch {
	case model != "" && Has(models, model):
		return Choice{p, model}, nil
	case model != "":
		return Choice{}, fmt.Errorf("%s has no model %q\n%s", p.Name, model, Get(p, models, model))
	case Has(models, m.model):
		return Choice{p, m.model}, nil
	case len(models) > 0:
		return Choice{p, models[0]}, nil
	}
	return Choice{}, fmt.Errorf("%s has no models\n%s", p.Name, Get(p, nil, m.model))
}

// Has tells whether a model is in a list. Ollama's names may leave out the tag.
func Has(models []string, model string) bool {
	return slices.Contains(models, model) || slices.Contains(models, model+":latest")
}

// maxShown is how many models are named.
const maxShown = 12

// Get is what to do about a model that a provider does not have.
func Get(p config.Provider, models []string, model string) string {
	advice := "get it: " + makers[p.ID].get + model
	if len(models) == 0 {
		return advice
	}
	more := ""
	if len(models) > maxShown {
		models, more = models[:maxShown], ", …"
	}
	return advice + "; or use one that is there: " + strings.Join(models, ", ") + more
}
