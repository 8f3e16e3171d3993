// Package mcp is the client of the Model Context Protocol: it starts the
// servers that the user has set up, or reaches them by HTTP, and makes what
// they offer into tools for the model.
//
// A server is not trusted. What it sends is bounded in size and number, what it
// says of its tools is shown as its own words, and of the environment it sees
// what it needs to run and what the user gives it. A server that does not
// start, ends, or talks without being asked costs a turn its tools and nothing
// else.
//
// The package knows neither threads nor approvals. Who uses it asks before a
// call is made, and answers what servers ask through [Options.Ask].
//
// Invariants, as absences: no server outlives its [Set]; no call is made twice;
// no token is in a list of arguments or a log.
package mcp

import (
	"context"
	"encoding/json"
	"log/slog"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/network"
)

// Options are what a Set needs of its surroundings.
type Options struct {
	Log      *slog.Logger
	Version  string // of codex-lsp
	Dir      string // what programs run in that name no folder; absolute
	Getenv   func(string) string
	Services *exec.Services

	// Ask puts a question of a server to the user. It may be called at any time
	// between the start of the server and its end, and several times at once.
	Ask func(ctx context.Context, server string, q Question) Reply
}

// Settings are those that a Set goes by, and what goes with them.
type Settings struct {
	config.MCP
	Home   string        // of Codex: where sign-ins are kept
	Route  network.Route // to servers that are reached by HTTP
	Hidden []string      // names of variables that no server is handed on, whatever is set
}

// A Tool is something that a server can do.
type Tool struct {
	Server string // as the settings call it
	Name   string // as the server calls it

	// What the model knows it by. Of Chat Completions, which have no
	// namespaces, it is both with two underscores between.
	Namespace, Local string

	Title       string // for people; "" if it has none
	Description string
	Schema      json.RawMessage // of its arguments
	Hints       Hints
	Approval    config.MCPApproval
	Parallel    bool // may run beside other calls
}

// Full is the name in one piece.
func (t Tool) Full() string { return t.Namespace + "__" + t.Local }

// Hints are what a server says of a tool. Where it says nothing, the worst is
// taken to be the case, as the protocol wants it.
type Hints struct {
	ReadOnly    bool
	Destructive bool
	OpenWorld   bool
}

// Asks tells whether the user is asked before a call.
func (t Tool) Asks() bool {
	switch t.Approval {
	case config.MCPApprove:
		return false
	case config.MCPPrompt:
		return true
	case config.MCPWrites:
		return !t.Hints.ReadOnly
	}
	return !t.Hints.ReadOnly && (t.Hints.Destructive || t.Hints.OpenWorld)
}

// A Namespace is the tools of one server.
type Namespace struct {
	Name   string // as the model knows it: mcp__SERVER
	Server string
	About  string // the server's instructions
	Tools  []Tool // in an order that is always the same
}

// A Status is where a server stands.
type Status struct {
	Name      string   `json:"name"`
	State     State    `json:"state"`
	Error     string   `json:"error,omitempty"`  // cause and remedy
	Stderr    string   `json:"stderr,omitempty"` // the last that it printed there
	Tools     []string `json:"tools,omitempty"`
	LeftOut   []string `json:"leftOut,omitempty"` // tools that cannot be offered, and why
	Resources bool     `json:"resources,omitempty"`
}

// A State is where a server stands.
type State string

const (
	Starting State = "starting"
	Ready    State = "ready"
	Failed   State = "failed" // it did not start, or has ended
	Disabled State = "disabled"
	Idle     State = "idle" // no turn has needed it yet
)
