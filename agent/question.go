package agent

import (
	"encoding/json"
	"strings"

	"codex-lsp/agent/exec"
	"codex-lsp/agent/mcp"
)

// A CallID names one tool call within a thread, as the model wrote it.
type CallID string

// A Question is what the user is asked before something is done.
type Question struct {
	ID       string   `json:"id"` // unique in the process: what codex.approve takes
	ThreadID string   `json:"threadId"`
	TurnID   string   `json:"turnId"`
	CallID   CallID   `json:"callId"`
	Kind     AskKind  `json:"kind"`
	Title    string   `json:"title"`              // one line: "Run `go test ./...`?"
	Detail   string   `json:"detail"`             // the whole command, or the whole diff
	Reason   string   `json:"reason,omitempty"`   // the model's justification
	Policy   string   `json:"policy,omitempty"`   // why it is asked
	Rule     string   `json:"rule,omitempty"`     // the rule that decided, see Judgement.RuleName
	Proposal []string `json:"proposal,omitempty"` // the rules that approvedWithRule writes, as they would be written, below a comment on what they let happen
	Undo     string   `json:"undo,omitempty"`     // of a command: what it does that cannot be taken back
	Cwd      string   `json:"cwd,omitempty"`
	Files    []string `json:"files,omitempty"` // absolute; kinds patch and read

	// What an MCP server, or the model, wants to know: kind form, and the page of kind url.
	Form []FormField `json:"form,omitempty"`
	URL  string      `json:"url,omitempty"`

	Offers []Decision `json:"decisions"` // what may be answered; the plain yes first
}

// A FormChoice is one value that such a field may have.
type FormChoice = mcp.Choice

// A FormField is one thing that an MCP server, or the model, wants to know.
type FormField = mcp.Field

// An AskKind is what a question is about.
type AskKind string

const (
	AskCommand     AskKind = "command"
	AskPatch       AskKind = "patch"
	AskRead        AskKind = "read"
	AskTool        AskKind = "mcpToolCall" // of an MCP server
	AskForm        AskKind = "form"        // of an MCP server, or the model; Approved comes with Content
	AskURL         AskKind = "url"         // likewise; Approved says that the page was opened
	AskTrust       AskKind = "trust"       // a project, whose settings are to count
	AskPermissions AskKind = "permissions" // of commands, beyond the settings
)

// A Decision is an answer to a Question.
type Decision string

const (
	Approved           Decision = "approved"           // this once
	ApprovedForSession Decision = "approvedForSession" // and the same again, until the thread ends
	ApprovedWithRule   Decision = "approvedWithRule"   // and its kind, written to the rules
	Declined           Decision = "declined"           // the turn goes on without it
	Abort              Decision = "abort"              // and the turn ends
	Distrusted         Decision = "distrusted"         // never: of a project
)

// Yes tells whether what was asked may be done.
func (d Decision) Yes() bool {
	return d == Approved || d == ApprovedForSession || d == ApprovedWithRule
}

// An Answer settles a Question.
type Answer struct {
	Decision Decision `json:"decision"`
	Message  string   `json:"message,omitempty"` // the user's words to the model

	// Content is a form that was filled in: a JSON object, see [Question.Fill].
	Content string `json:"-"`

	By Settler `json:"by"`
}

// A Settler is who or what settled a question.
type Settler string

const (
	ByUser       Settler = "user"
	ByInterrupt  Settler = "interrupt"  // the turn ended first
	ByTimeout    Settler = "timeout"    // nobody answered in time
	ByDisconnect Settler = "disconnect" // the last client left and none came back
	ByNobody     Settler = "nobody"     // there was never anybody to ask
	ByPolicy     Settler = "policy"     // no question was needed
	ByHook       Settler = "hook"       // a program of the user's answered
)

// Always is what approvedWithRule writes, "" if it is not offered, and what that
// lets happen, as far as it goes beyond what is asked.
func (q Question) Always() (rules, note string) {
	var write, notes []string
	for _, p := range q.Proposal {
		if n, is := strings.CutPrefix(p, "# "); is {
			notes = append(notes, n)
		} else {
			write = append(write, p)
		}
	}
	return strings.Join(write, "; "), strings.Join(notes, "; ")
}

// Describe is a script in one clear line, for a title.
func Describe(script string) string { return exec.Describe(script) }

// Visible is a text with every character written out that a screen would hide
// or reorder, so that what is shown is what is approved.
func Visible(text string) string { return exec.Visible(text) }

// Fill makes an answer of what the user filled into a form. The error says what
// is wrong with it.
func (q Question) Fill(content map[string]any) (Answer, error) {
	if content == nil {
		content = map[string]any{}
	}
	if err := mcp.Check(q.Form, content); err != nil {
		return Answer{}, err
	}
	return Answer{Decision: Approved, By: ByUser, Content: string(mustJSON(content))}, nil
}

// With is the answer with what was filled into a form, unchecked: the ledger
// looks at it.
func (a Answer) With(content map[string]any) Answer {
	if content != nil {
		a.Content = string(mustJSON(content))
	}
	return a
}

// filled is what a form says, nil if there is nothing in it.
func (a Answer) filled() (content map[string]any) {
	_ = json.Unmarshal([]byte(a.Content), &content) // it is from Fill
	return content
}
