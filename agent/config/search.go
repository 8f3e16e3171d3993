package config

import "cmp"

// A WebSearch is how the provider searches the web for the model: a tool of the
// Responses API that runs there, not here.
type WebSearch struct {
	Mode     SearchMode // web_search; "" where it is not set
	Size     string     // tools.web_search.context_size: low, medium or high; "" leaves it to the provider
	Domains  []string   // the only ones that are searched; nil for all
	Blocked  []string   // those that are not
	Location Location
}

// A Location is about where the user is.
type Location struct{ Country, Region, City, Timezone string }

// A SearchMode says what is searched.
type SearchMode string

// The modes, each of which reaches further than those before it.
const (
	SearchOff     SearchMode = "disabled"
	SearchCached  SearchMode = "cached"  // what the provider has kept of the web
	SearchIndexed SearchMode = "indexed" // the web, as far as the provider has it in its index
	SearchLive    SearchMode = "live"    // the web
)

// webSearch reads web_search, and tools.web_search, which is true or false or a
// table.
func (r *reader) webSearch() (w WebSearch) {
	table := key{"tools", "web_search"}
	on, features := true, r.features()
	if r.flag(table, &on); !on {
		w.Mode = SearchOff
	}
	switch { // older names
	case features["web_search_request"]:
		w.Mode = SearchLive
	case features["web_search_cached"]:
		w.Mode = SearchCached
	}
	oneOf(r, key{"web_search"}, &w.Mode, SearchOff, SearchCached, SearchIndexed, SearchLive)
	at := func(names ...string) key { return append(append(key{}, table...), names...) }
	oneOf(r, at("context_size"), &w.Size, "low", "medium", "high")
	r.texts(at("allowed_domains"), &w.Domains)
	r.texts(at("blocked_domains"), &w.Blocked)
	r.text(at("location", "country"), &w.Location.Country)
	r.text(at("location", "region"), &w.Location.Region)
	r.text(at("location", "city"), &w.Location.City)
	r.text(at("location", "timezone"), &w.Location.Timezone)
	return w
}

// SearchMode is how the web is searched under these settings. Unless they say
// so, it is only where the tool is known to be: another provider may refuse each
// request that offers it.
func (c *Config) SearchMode() SearchMode {
	mode := SearchOff
	if c.Provider.ID == openAI {
		mode = SearchCached
		if c.Sandbox == FullAccess {
			mode = SearchLive
		}
	}
	mode = cmp.Or(c.Search.Mode, mode)
	if c.Provider.Wire != "responses" {
		return SearchOff
	}
	return c.searchLimit.limit(mode)
}

// A searchLimit is what an administrator allows; nil for everything.
type searchLimit []SearchMode

// limit is a mode, or the next one that reaches less far and is allowed.
func (l searchLimit) limit(mode SearchMode) SearchMode {
	if l == nil {
		return mode
	}
	reach := []SearchMode{SearchOff, SearchCached, SearchIndexed, SearchLive}
	best := SearchOff // which is always allowed
	for _, m := range reach {
		for _, allowed := range l {
			if m == allowed {
				best = m
			}
		}
		if m == mode {
			break
		}
	}
	return best
}
