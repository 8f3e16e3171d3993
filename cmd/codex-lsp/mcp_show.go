package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp"
)

// A shownServer is a server as Codex's mcp list --json has it, without what
// must not be shown.
type shownServer struct {
	Name           string   `json:"name"`
	Enabled        bool     `json:"enabled"`
	Transport      any      `json:"transport"`
	StartupTimeout float64  `json:"startup_timeout_sec"`
	ToolTimeout    float64  `json:"tool_timeout_sec"`
	EnabledTools   []string `json:"enabled_tools"`
	DisabledTools  []string `json:"disabled_tools"`
	Required       bool     `json:"required"`
	Approval       string   `json:"default_tools_approval_mode"`
	Auth           string   `json:"auth_status"` // unsupported, bearer_token, o_auth, not_logged_in
}

type stdioTransport struct {
	Type    string            `json:"type"`
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"` // its values hidden
	EnvVars []string          `json:"env_vars"`
	Cwd     *string           `json:"cwd"`
}

type httpTransport struct {
	Type       string            `json:"type"`
	URL        string            `json:"url"`
	BearerVar  *string           `json:"bearer_token_env_var"`
	Headers    map[string]string `json:"http_headers"` // its values hidden
	EnvHeaders map[string]string `json:"env_http_headers"`
}

// hiddenValue stands for a value that may be a secret.
const hiddenValue = "*****"

func hiddenValues(m map[string]config.Secret) map[string]string {
	if m == nil {
		return nil
	}
	hidden := make(map[string]string, len(m))
	for name := range m {
		hidden[name] = hiddenValue
	}
	return hidden
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// shownOf is what is shown of a server. Nobody is asked for it.
func shownOf(c *config.Config, s config.MCPServer) shownServer {
	shown := shownServer{
		Name: s.Name, Enabled: !s.Disabled, StartupTimeout: s.StartupTimeout.Seconds(), ToolTimeout: s.ToolTimeout.Seconds(),
		EnabledTools: s.EnabledTools, DisabledTools: s.DisabledTools, Required: s.Required, Approval: string(s.Approval), Auth: "unsupported",
	}
	if s.URL == "" {
		shown.Transport = stdioTransport{"stdio", s.Command, append([]string{}, s.Args...), hiddenValues(s.Env), append([]string{}, s.EnvVars...), orNil(s.Cwd)}
		return shown
	}
	shown.Transport = httpTransport{"streamable_http", s.URL, orNil(s.BearerVar), hiddenValues(s.Headers), s.EnvHeaders}
	switch in, err := mcp.NewStore(mcpSettings(c)).Load(s); {
	case s.BearerVar != "":
		shown.Auth = "bearer_token"
	case err == nil && in != nil:
		shown.Auth = "o_auth"
	default:
		shown.Auth = "not_logged_in"
	}
	return shown
}

func (c *mcpCall) list(settings *config.Config, stdout io.Writer) error {
	all := []shownServer{}
	for _, s := range settings.MCP.Servers {
		all = append(all, shownOf(settings, s))
	}
	if c.json {
		return printServers(stdout, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(stdout, "There are no MCP servers. This adds one: codex-lsp mcp add NAME -- COMMAND")
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSERVER\tSTATUS\tSIGN-IN")
	for _, s := range all {
		status := "enabled"
		if !s.Enabled {
			status = "disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, oneLine(placeOf(s.Transport)), status, authText[s.Auth])
	}
	return w.Flush()
}

var authText = map[string]string{"unsupported": "-", "bearer_token": "token", "o_auth": "signed in", "not_logged_in": "not signed in"}

// placeOf is where a server is, in a line.
func placeOf(transport any) string {
	switch t := transport.(type) {
	case stdioTransport:
		return strings.Join(append([]string{t.Command}, t.Args...), " ")
	case httpTransport:
		return t.URL
	}
	return ""
}

func (c *mcpCall) get(settings *config.Config, s config.MCPServer, stdout io.Writer) error {
	shown := shownOf(settings, s)
	if c.json {
		return printServers(stdout, shown)
	}
	var b strings.Builder
	row := func(name string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "[]" {
			fmt.Fprintf(&b, "  %s: %s\n", name, oneLine(text))
		}
	}
	fmt.Fprintf(&b, "%s\n", oneLine(s.Name))
	row("enabled", shown.Enabled)
	row("command", placeIf(s.Command, shown))
	row("url", s.URL)
	row("cwd", s.Cwd)
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		row("env", name+"="+hiddenValue)
	}
	row("env_vars", strings.Join(s.EnvVars, ", "))
	row("bearer_token_env_var", s.BearerVar)
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		row("http_headers", name+": "+hiddenValue)
	}
	if s.URL != "" {
		row("sign-in", authText[shown.Auth])
	}
	row("startup_timeout_sec", shown.StartupTimeout)
	row("tool_timeout_sec", shown.ToolTimeout)
	row("default_tools_approval_mode", shown.Approval)
	for _, name := range slices.Sorted(maps.Keys(s.ToolApproval)) {
		row("tools."+name+".approval_mode", s.ToolApproval[name])
	}
	row("enabled_tools", strings.Join(s.EnabledTools, ", "))
	row("disabled_tools", strings.Join(s.DisabledTools, ", "))
	fmt.Fprintf(&b, "  remove: codex-lsp mcp remove %s\n", oneLine(s.Name))
	_, err := io.WriteString(stdout, b.String())
	return err
}

func placeIf(command string, s shownServer) string {
	if command == "" {
		return ""
	}
	return placeOf(s.Transport)
}

func printServers(stdout io.Writer, v any) error {
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
