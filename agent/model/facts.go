package model

import (
	"cmp"
	"strings"

	"codex-lsp/agent/config"
)

// DefaultModel is asked when the configuration names none.
const DefaultModel = config.DefaultModel

// Facts are what the agent must know of a model before it asks it anything.
type Facts struct {
	Family       string // the prefix they were found by; "" for an unknown model
	Window       int64  // tokens of context, input and output together
	Freeform     bool   // takes custom tools with a grammar, so patches come as plain text
	Parallel     bool   // makes several calls in one response
	Efforts      []string
	Effort       string // asked for when the configuration names none; "" leaves it to the provider
	Summary      string // likewise of the reasoning summary
	Verbosity    string // likewise of the answer; "" where the model knows no such thing
	Search       bool   // can have the provider search the web
	OutputTokens int    // of one tool output, before it is shortened
}

// families is searched by the longest prefix.
var families = []Facts{
	{Family: "gpt-6", Window: 272_000, Freeform: true, Parallel: true, Efforts: efforts6, Effort: "medium", Verbosity: "low", Search: true, OutputTokens: 10_000},
	{Family: "gpt-5", Window: 272_000, Freeform: true, Parallel: true, Efforts: efforts5, Effort: "medium", Verbosity: "low", Search: true, OutputTokens: 10_000},
	{Family: "gpt-4.1", Window: 1_047_576, Parallel: true, Search: true, OutputTokens: 10_000},
	{Family: "gpt-4o", Window: 128_000, Parallel: true, Search: true, OutputTokens: 10_000},
	{Family: "gpt-oss", Window: 131_072, Efforts: efforts3, Effort: "medium", Summary: "auto", OutputTokens: 5_000},
	{Family: "o3", Window: 200_000, Parallel: true, Efforts: efforts3, Effort: "medium", Summary: "auto", Search: true, OutputTokens: 10_000},
	{Family: "o4", Window: 200_000, Parallel: true, Efforts: efforts3, Effort: "medium", Summary: "auto", Search: true, OutputTokens: 10_000},
	{Family: "codex-", Window: 272_000, Freeform: true, Parallel: true, Efforts: efforts5, Effort: "medium", OutputTokens: 10_000},
}

var (
	efforts3 = []string{"low", "medium", "high"}
	efforts5 = []string{"minimal", "low", "medium", "high", "xhigh"}
	efforts6 = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"}
)

// unknown holds for every other model: a small window and short outputs, for
// it may run on the user's own machine.
var unknown = Facts{Window: 128_000, Parallel: true, Summary: "auto", OutputTokens: 2_500}

// FactsFor returns what holds of the model that is asked: what the settings
// say, or else what is known of it.
func FactsFor(c *config.Config) Facts {
	f := FactsOf(c.Model)
	f.Window = cmp.Or(int64(c.Context.Window), f.Window)
	f.OutputTokens = cmp.Or(c.ToolOutputTokens, f.OutputTokens)
	f.Effort = cmp.Or(c.Effort, f.Effort)
	f.Summary = cmp.Or(c.Summary, f.Summary)
	f.Verbosity = cmp.Or(c.Verbose, f.Verbosity)
	return f
}

// FactsOf returns what is known of a model, or sensible guesses.
func FactsOf(name string) Facts {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:] // routers write "openai/gpt-5.5"
	}
	name = strings.ToLower(name)
	found := unknown
	for _, f := range families {
		if strings.HasPrefix(name, f.Family) && len(f.Family) > len(found.Family) {
			found = f
		}
	}
	return found
}
