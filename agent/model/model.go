// Package model asks a language model for one response and streams it. It is
// the only package that knows go-openai, HTTP and the two wires (Responses and
// Chat Completions); what it hands on are Responses items as raw JSON, so that
// history can be sent back exactly as the model wrote it.
//
// A [Client] makes one attempt per Stream, HTTP-level retries included. What
// to do when a stream breaks after items were completed is for the turn loop
// to say: those items are history, and their calls have run.
package model

import (
	"encoding/json"
	"time"

	"codex-lsp/agent/config"
)

// A Request is everything one response depends on.
type Request struct {
	Model    string
	Input    []json.RawMessage // Responses items, sent as they are
	Tools    []Tool
	Parallel bool // may the model make several calls in one response
	Effort   string
	Summary  string // of the reasoning: auto, concise, detailed, none
	Verbose  string // text verbosity; "" where the model has none
	Schema   json.RawMessage
	ThreadID string // the prompt cache key, and the id in the headers
	TurnID   string
	Search   *Search // how the provider may search the web; nil for not at all, as with Chat Completions
}

// A Tool is offered to the model. Exactly one of Parameters and Grammar is set.
type Tool struct {
	Name        string
	Description string
	Parameters  json.RawMessage // JSON schema of a function's arguments
	Grammar     string          // Lark grammar of a custom tool's free text

	// Namespace is what the tool belongs to, "" for none, and About what that
	// is. Chat Completions, which have no namespaces, know the tool by Full.
	Namespace, About string
}

// Full is the name of a tool in one piece.
func (t Tool) Full() string { return Full(t.Namespace, t.Name) }

// Full is the name of a tool in a namespace in one piece.
func Full(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "__" + name
}

// A Search is the provider's own tool web_search.
type Search struct {
	Live    bool // the web itself is read
	Indexed bool // as far as it is in the provider's index
	Options config.WebSearch
}

// An Event is one step of a streamed response.
type Event interface{ event() }

type (
	// Connected says that there is a connection, and that the request goes out.
	Connected struct{}
	// CallStarted says that the model begins to write a call, whose pieces are
	// not told.
	CallStarted struct{ Name string }
	// TextDelta is a piece of the answer.
	TextDelta struct{ ItemID, Text string }
	// ReasoningDelta is a piece of a reasoning summary.
	ReasoningDelta struct{ ItemID, Text string }
	// Searching says that the provider searches the web; the item comes when it
	// has.
	Searching struct{ ItemID string }
	// ItemDone carries one finished output item, verbatim.
	ItemDone struct{ Item json.RawMessage }
	// Done ends a good stream. No other end is a good one.
	Done struct {
		ResponseID string
		Usage      Usage
		Limits     []RateLimit
	}
	// Wait says that an attempt failed and when the next one starts.
	Wait struct {
		Reason string // "retry 2 of 5: 503 Service Unavailable"
		Until  time.Time
	}
)

func (Connected) event()      {}
func (CallStarted) event()    {}
func (TextDelta) event()      {}
func (ReasoningDelta) event() {}
func (Searching) event()      {}
func (ItemDone) event()       {}
func (Done) event()           {}
func (Wait) event()           {}

// Usage counts the tokens of one response.
type Usage struct{ Input, Cached, CacheWrite, Output, Reasoning, Total int64 }

// A RateLimit is one window that the provider's headers report.
type RateLimit struct {
	Name        string // "primary", "secondary"
	UsedPercent float64
	Window      time.Duration
	ResetsAt    time.Time
}

// An Error is why a response could not be had, in words for the user: the
// cause, and what to do about it.
type Error struct {
	Kind    ErrorKind
	Message string
	Remedy  string
	Status  int           // of the HTTP response, 0 if there was none
	After   time.Duration // what the provider asks to wait; 0 if it does not say
}

func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Message
	}
	return e.Message + "\n" + e.Remedy
}

// An ErrorKind decides whether the turn loop tries again.
type ErrorKind string

const (
	Broken   ErrorKind = "broken"   // the stream ended early or went silent: try again
	Offline  ErrorKind = "offline"  // no connection: try again until the user gives up
	Refused  ErrorKind = "refused"  // the request is wrong: the same again cannot help
	NoKey    ErrorKind = "noKey"    // no credentials, or not accepted
	Limited  ErrorKind = "limited"  // rate limit or quota
	TooLong  ErrorKind = "tooLong"  // the context window is full
	Cut      ErrorKind = "cut"      // response.incomplete: max output, content filter
	Internal ErrorKind = "internal" // the provider failed: 5xx, response.failed
)
