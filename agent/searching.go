package agent

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
)

// The web is searched by the provider, within a response: nothing of it runs
// here.

// search is what the model may search, nil for nothing. Where the settings do not
// ask for it, it is offered only to models that are known to take it.
func (tn *turn) search() *model.Search {
	c := tn.config
	mode := c.SearchMode()
	switch {
	case mode == config.SearchOff:
		return nil
	case c.Search.Mode == "" && !tn.facts.Search:
		return nil
	case tn.facts.Effort == "minimal": // with which OpenAI's models refuse the tool
		return nil
	}
	return &model.Search{Live: mode == config.SearchLive, Indexed: mode == config.SearchIndexed, Options: c.Search}
}

// searched is an item of a search that was made.
func searched(out output, raw json.RawMessage) Item {
	var call struct{ Action json.RawMessage }
	_ = json.Unmarshal(raw, &call) // without an action, nothing is known of it
	it := Item{ID: out.ID, Type: WebSearch, Status: ItemCompletedS, Query: queryOf(call.Action), Raw: raw}
	if len(call.Action) > 0 && len(call.Action) <= maxShown {
		it.Action = call.Action
	}
	return it
}

// queryOf is what an action of a search is about, in one line.
func queryOf(action json.RawMessage) string {
	var a struct {
		Query, URL, Pattern string
		Queries             []string
	}
	_ = json.Unmarshal(action, &a)
	about := cmp.Or(a.Query, strings.Join(slices.Compact(a.Queries), ", "), a.URL)
	if a.Pattern != "" {
		about = "'" + a.Pattern + "' in " + a.URL
	}
	return firstPart(strings.Join(strings.Fields(about), " "), 1000)
}
