package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/oss"
)

// useOSS has turns asked of a model that runs on this machine: that of
// oss_provider, or of whichever program answers, and the one that the command
// line names, or one that is there.
func (s *settings) useOSS(ctx context.Context) error {
	s.mu.Lock()
	o := s.options
	s.mu.Unlock()
	c, err := config.Load(o)
	if err != nil {
		return err
	}
	var providers []config.Provider
	for _, id := range []string{"ollama", "lmstudio"} {
		if c.Account.OSS != "" && c.Account.OSS != id {
			continue
		}
		with := o
		with.Flags = append(slices.Clip(o.Flags), "model_provider="+strconv.Quote(id))
		local, err := config.Load(with)
		if err != nil {
			return err
		}
		providers = append(providers, local.Provider)
	}
	model := ""
	for _, set := range slices.Concat(o.Overrides, o.Flags) {
		if key, _, _ := strings.Cut(set, "="); strings.TrimSpace(key) == "model" {
			model = c.Model
		}
	}
	choice, err := oss.Choose(ctx, providers, model)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Flags = append(s.options.Flags, "model_provider="+strconv.Quote(choice.Provider.ID), "model="+strconv.Quote(choice.Model))
	s.changed()
	return nil
}
