// Package config reads Codex's config.toml. It is the only reader of that
// file; everything else gets a [Config], which never changes once loaded.
package config

import "time"

// A Config holds the effective settings of one process or thread.
type Config struct {
	Home     string // $CODEX_HOME, absolute
	File     string // the config.toml that was read; "" if there is none
	Model    string
	Effort   string // model_reasoning_effort; "" for the model's default
	Summary  string // model_reasoning_summary
	Verbose  string // model_verbosity
	Provider Provider
	Account  Account
	Approval ApprovalPolicy
	Sandbox  SandboxMode
	Commands Commands
	// RulesSilent says that nobody is asked where a rule wants it (granular,
	// rules = false).
	RulesSilent bool

	// GrantsSilent says the same of permissions that the model requests
	// (granular, request_permissions).
	GrantsSilent bool
	NoRules      bool // the rules of the user and the project do not count

	// What the user has decided about the project; ProjectUndecided without one.
	Trust          Trust
	Project        string   // what a decision is stored for, absolute; "" for none
	ProjectFolders []string // its .codex folders that count, the nearest last
	TrustMatters   bool     // nothing is decided, and a decision would change something

	ProjectDocMaxBytes  int
	ProjectDocFallbacks []string
	RootMarkers         []string
	Context             Context
	History             History
	Instructions        string // developer_instructions
	InstructionsFile    string // model_instructions_file: replaces the base prompt
	ToolOutputTokens    int    // tool_output_token_limit; 0 for the model's
	ReviewChanges       bool   // review_changes: what the agent changed is marked until it is accepted

	MCP   MCP // mcp_servers and what goes with them
	Hooks Hooks

	Skills   Skills
	Features Features
	Search   WebSearch // see SearchMode

	RequiredRules []RequiredRule // of the machine's requirements

	searchLimit searchLimit

	Problems []Problem // what could not be used, for the user

	root   *node // the settings as they are written, all layers merged
	layers []*layer
}

// A Provider is where the model is.
type Provider struct {
	ID            string
	Name          string
	BaseURL       string
	EnvKey        string            // names the variable with the key
	HeaderVars    []string          // name the variables behind env_http_headers
	KeyHint       string            // env_key_instructions
	Key           Secret            // the key itself; of CODEX_API_KEY where Account is set
	Account       bool              // the user signs in: where there is no Key, what that gave is sent
	Ambient       Secret            // OPENAI_API_KEY, for who has not signed in
	ChatGPTURL    string            // the BaseURL for who has signed in with ChatGPT; "" for the same
	Command       *TokenCommand     // prints the key
	Wire          string            // "responses" or "chat"
	CAFile        string            // CODEX_CA_CERTIFICATE or SSL_CERT_FILE: further authorities to trust, PEM
	Proxy         Proxy             // Options.Proxy
	Query         map[string]Secret // added to the URL
	Headers       map[string]Secret // env_http_headers resolved
	RequestTries  int               // request_max_retries
	StreamTries   int               // stream_max_retries
	StreamTimeout time.Duration     // stream_idle_timeout_ms
}

// An ApprovalPolicy says when the user is asked.
type ApprovalPolicy string

const (
	Untrusted ApprovalPolicy = "untrusted"
	OnRequest ApprovalPolicy = "on-request"
	OnFailure ApprovalPolicy = "on-failure"
	Never     ApprovalPolicy = "never"

	// The granular form, and that with sandbox_approval = false: nothing is
	// asked for want of a sandbox.
	Granular ApprovalPolicy = "granular"
	Silent   ApprovalPolicy = "granular, sandbox_approval = false"
)

// A SandboxMode says what a command may touch.
type SandboxMode string

const (
	ReadOnly       SandboxMode = "read-only"
	WorkspaceWrite SandboxMode = "workspace-write"
	FullAccess     SandboxMode = "danger-full-access"
)
