package config

import "maps"

// Features are the parts that are turned on or off under [features], as far as
// that differs from what is usual. Codex has many more; they are accepted and have
// no effect.
type Features struct {
	NoShell        bool // shell_tool = false: the model runs no commands
	NoImages       bool // view_image = false: it looks at no images
	NoHooks        bool // hooks = false: no programs of the user run at events
	NoServerForms  bool // tool_call_mcp_elicitation = false: MCP servers ask the user nothing
	GiveUp         bool // unbounded_connection_retries = false: a missing network is not waited for
	AskUser        bool // default_mode_request_user_input: the model may ask the user questions
	AskPermissions bool // request_permissions_tool: it may ask for more than the sandbox allows
}

// features are those that are set.
func (r *reader) features() map[string]bool {
	set := make(map[string]bool)
	if n := r.root.at(key{"features"}); n != nil {
		for name, c := range n.table {
			if on, is := c.value.(bool); is {
				set[name] = on
			}
		}
	}
	return set
}

// setFeatures puts in those in force. limits are those that an administrator sets.
func (c *Config) setFeatures(r *reader, limits map[string]bool) {
	c.Features = featuresOf(r.features(), limits)
	asks := true
	r.flag(key{"tools", "experimental_request_user_input", "enabled"}, &asks)
	c.Features.AskUser = c.Features.AskUser && asks
}

func featuresOf(set, limits map[string]bool) Features {
	all := maps.Clone(set)
	maps.Copy(all, limits)
	off := func(name string) bool { on, set := all[name]; return set && !on }
	return Features{
		NoShell: off("shell_tool"), NoImages: off("view_image"), NoHooks: off("hooks"),
		NoServerForms: off("tool_call_mcp_elicitation"), GiveUp: off("unbounded_connection_retries"),
		AskUser: all["default_mode_request_user_input"], AskPermissions: all["request_permissions_tool"],
	}
}
