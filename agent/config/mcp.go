package config

import (
	"math"
	"slices"
	"strings"
	"time"
)

// MCP is the settings for servers of the Model Context Protocol.
type MCP struct {
	Servers []MCPServer // by name

	Store        string        // mcp_oauth_credentials_store: where tokens are kept: "auto", "file" or "keyring"
	CallbackPort int           // mcp_oauth_callback_port: where the browser comes back to; 0 for any
	CallbackURL  string        // mcp_oauth_callback_url: how it is told to; "" for the port on this machine
	Grace        time.Duration // mcp_optional_startup_grace_ms: how long a turn waits for a server that is not required; 0 for as long as it may take to start

	// Silent says that no server may put a question to the user (granular,
	// mcp_elicitations = false).
	Silent bool
}

// An MCPServer is one table of mcp_servers. It is a program on this machine if
// Command is set, else one that is reached by HTTP.
type MCPServer struct {
	Name string

	Command string
	Args    []string
	Env     map[string]Secret
	EnvVars []string // names of variables that are handed on
	Cwd     string   // "" for the thread's folder

	URL         string
	BearerVar   string            // names the variable with the token
	Headers     map[string]Secret // http_headers
	EnvHeaders  map[string]string // env_http_headers: header to variable
	Scopes      []string          // asked for when signing in
	OAuthID     string            // oauth.client_id
	OAuthSecret Secret            // oauth.client_secret

	Disabled       bool // enabled = false
	Required       bool // a turn does not begin without it
	Parallel       bool // supports_parallel_tool_calls
	StartupTimeout time.Duration
	ToolTimeout    time.Duration
	EnabledTools   []string               // nil for all
	DisabledTools  []string               // taken away from those
	Approval       MCPApproval            // default_tools_approval_mode
	ToolApproval   map[string]MCPApproval // tools.NAME.approval_mode
}

// An MCPApproval says which calls of a tool the user is asked about.
type MCPApproval string

const (
	MCPAuto    MCPApproval = "auto"    // what the server does not call harmless
	MCPPrompt  MCPApproval = "prompt"  // every one
	MCPWrites  MCPApproval = "writes"  // what it does not call read-only
	MCPApprove MCPApproval = "approve" // none
)

// Timeouts where a server's table names none: Codex's.
const (
	defaultMCPStartup = 30 * time.Second
	defaultMCPTool    = 300 * time.Second
)

// Keys that only one kind of server has.
var (
	ofProgram = strings.Fields("args env env_vars cwd")
	ofRemote  = strings.Fields("url bearer_token_env_var http_headers env_http_headers http_headers_helper oauth oauth_resource")
)

// mcp reads all that is about MCP servers.
func (r *reader) mcp() MCP {
	m := MCP{Store: "auto"}
	r.text(key{"mcp_oauth_credentials_store"}, &m.Store)
	r.number(key{"mcp_oauth_callback_port"}, &m.CallbackPort)
	r.text(key{"mcp_oauth_callback_url"}, &m.CallbackURL)
	grace := 0
	r.number(key{"mcp_optional_startup_grace_ms"}, &grace)
	m.Grace = time.Duration(grace) * time.Millisecond
	asks := true
	r.flag(key{"approval_policy", "granular", "mcp_elicitations"}, &asks)
	m.Silent = !asks
	for _, name := range r.tables(key{"mcp_servers"}) {
		m.Servers = append(m.Servers, r.mcpServer(key{"mcp_servers", name}))
	}
	return m
}

func (r *reader) mcpServer(k key) MCPServer {
	s := MCPServer{Name: k[len(k)-1], Approval: MCPAuto, StartupTimeout: defaultMCPStartup, ToolTimeout: defaultMCPTool}
	at := func(names ...string) key { return append(slices.Clone(k), names...) }
	r.mcpTransport(k, at)
	r.text(at("command"), &s.Command)
	r.texts(at("args"), &s.Args)
	s.Env = r.secrets(at("env"))
	r.mcpEnvVars(at("env_vars"), &s.EnvVars)
	r.text(at("cwd"), &s.Cwd)
	r.text(at("url"), &s.URL)
	r.text(at("bearer_token_env_var"), &s.BearerVar)
	s.Headers = r.secrets(at("http_headers"))
	for header, variable := range r.secrets(at("env_http_headers")) {
		if s.EnvHeaders == nil {
			s.EnvHeaders = make(map[string]string)
		}
		s.EnvHeaders[header] = string(variable)
	}
	r.texts(at("scopes"), &s.Scopes)
	r.text(at("oauth", "client_id"), &s.OAuthID)
	var secret string
	r.text(at("oauth", "client_secret"), &secret)
	s.OAuthSecret = Secret(secret)
	enabled := true
	r.flag(at("enabled"), &enabled)
	s.Disabled = !enabled
	r.flag(at("required"), &s.Required)
	r.flag(at("supports_parallel_tool_calls"), &s.Parallel)
	r.seconds(at("startup_timeout_ms"), &s.StartupTimeout, time.Millisecond)
	r.seconds(at("startup_timeout_sec"), &s.StartupTimeout, time.Second)
	r.seconds(at("tool_timeout_sec"), &s.ToolTimeout, time.Second)
	r.texts(at("enabled_tools"), &s.EnabledTools)
	r.texts(at("disabled_tools"), &s.DisabledTools)
	modes := []MCPApproval{MCPAuto, MCPPrompt, MCPWrites, MCPApprove}
	oneOf(r, at("default_tools_approval_mode"), &s.Approval, modes...)
	for _, tool := range r.tables(at("tools")) {
		var mode MCPApproval
		oneOf(r, at("tools", tool, "approval_mode"), &mode, modes...)
		if mode != "" {
			if s.ToolApproval == nil {
				s.ToolApproval = make(map[string]MCPApproval)
			}
			s.ToolApproval[tool] = mode
		}
	}
	return s
}

// mcpTransport refuses a server that is of no kind, or of both, as Codex does.
func (r *reader) mcpTransport(k key, at func(...string) key) {
	n := r.root.at(k)
	_, program := n.table["command"]
	_, remote := n.table["url"]
	switch {
	case !program && !remote:
		r.fail(n, k, "invalid transport: give a command to run, or the url of a server")
	case program:
		for _, name := range ofRemote {
			if c := n.table[name]; c != nil {
				r.fail(c, at(name), "%s is not supported for stdio: a server with a command has none", name)
			}
		}
	case remote:
		for _, name := range ofProgram {
			if c := n.table[name]; c != nil {
				r.fail(c, at(name), "%s is not supported for streamable_http: a server with a url has none", name)
			}
		}
	}
	if c := n.table["bearer_token"]; c != nil {
		r.fail(c, at("bearer_token"), "a token does not belong in this file: put it into a variable, and its name in bearer_token_env_var")
	}
	if c := n.table["http_headers_helper"]; c != nil {
		r.warn(c, at("http_headers_helper"), "ignored: no helper is run for headers here; use env_http_headers")
	}
	if c := n.table["oauth_resource"]; c != nil {
		r.warn(c, at("oauth_resource"), "ignored: a sign-in is for the resource that the server names")
	}
}

// mcpEnvVars reads names of variables, in either form.
func (r *reader) mcpEnvVars(k key, into *[]string) {
	n := r.root.at(k)
	if n == nil {
		return
	}
	list, ok := n.value.([]any)
	if tables, is := n.value.([]map[string]any); is {
		ok = true
		for _, t := range tables {
			list = append(list, t)
		}
	}
	if !ok {
		return
	}
	for i, v := range list {
		name, ok := v.(string)
		if t, is := v.(map[string]any); is {
			name, ok = t["name"].(string)
			if t["source"] == "remote" {
				continue // of a machine that there is none of here
			}
		}
		if !ok || name == "" {
			r.fail(n, k, "expected names of variables, or {name, source}; found %s at index %d", describe(v), i)
			return
		}
		*into = append(*into, name)
	}
}

// seconds reads a positive number of some unit.
func (r *reader) seconds(k key, into *time.Duration, unit time.Duration) {
	n := r.root.at(k)
	if n == nil {
		return
	}
	var f float64
	switch v := n.value.(type) {
	case int64:
		f = float64(v)
	case float64:
		f = v
	}
	if !(f > 0) || f*float64(unit) > math.MaxInt64/2 {
		r.fail(n, k, "expected a number above 0, found %s", n.found(k))
		return
	}
	*into = time.Duration(f * float64(unit))
}
