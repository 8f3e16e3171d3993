package agent

import (
	"encoding/json"
	"time"

	"codex-lsp/agent/model"
)

// An Event tells a Host what happens in a thread. The JSON of each is the
// params of the codex/ notification of the same name, in the vocabulary of
// Codex's app-server protocol.
type Event interface{ ref() Ref }

// A Ref says which turn an event belongs to.
type Ref struct {
	ThreadID string `json:"threadId"`
	TurnID   string `json:"turnId,omitempty"`
}

func (r Ref) ref() Ref { return r }

// RefOf says which turn an event belongs to.
func RefOf(e Event) Ref { return e.ref() }

type (
	// TurnStarted is the first event of a turn.
	TurnStarted struct {
		Ref
		Prompt string `json:"prompt"`
	}
	// TurnCompleted is the last event of a turn, whatever its end.
	TurnCompleted struct {
		Ref
		Result
	}
	// ItemStarted announces an item that takes time.
	ItemStarted struct {
		Ref
		Item Item `json:"item"`
	}
	// ItemCompleted carries the final state of an item.
	ItemCompleted struct {
		Ref
		Item Item `json:"item"`
	}
	// MessageDelta is a piece of the answer's text.
	MessageDelta struct {
		Ref
		ItemID string `json:"itemId"`
		Delta  string `json:"delta"`
	}
	// ReasoningDelta is a piece of the model's reasoning summary.
	ReasoningDelta struct {
		Ref
		ItemID string `json:"itemId"`
		Delta  string `json:"delta"`
	}
	// OutputDelta is a piece of a running command's output.
	OutputDelta struct {
		Ref
		ItemID string `json:"itemId"`
		Delta  string `json:"delta"`
	}
	// PlanUpdated is the whole plan after update_plan.
	PlanUpdated struct {
		Ref
		Explanation string     `json:"explanation,omitempty"`
		Plan        []PlanStep `json:"plan"`
	}
	// DiffUpdated is the unified diff of everything the turn changed so far.
	DiffUpdated struct {
		Ref
		Diff string `json:"diff"`
	}
	// UsageUpdated counts the tokens of the thread.
	UsageUpdated struct {
		Ref
		Usage Usage `json:"tokenUsage"`
		Last  Usage `json:"last"` // of the last response
		// Context is about how many tokens the model reads next, of Window.
		Context int64 `json:"contextTokens"`
		Window  int64 `json:"modelContextWindow"`
		// Limits are what the provider says of the account, if it does.
		Limits []RateLimit `json:"rateLimits,omitempty"`
	}
	// Waiting names what the turn waits for. An empty Reason ends the wait.
	Waiting struct {
		Ref
		Reason WaitReason `json:"reason"`
		Detail string     `json:"detail,omitempty"` // "retry 2 of 5: …", "until 14:05:00, retry 1 of 5: …"
	}
	// Warning is something the user should know that does not end the turn.
	Warning struct {
		Ref
		Message string `json:"message"`
	}
	// ApprovalRequested says that a question was put to the user.
	ApprovalRequested struct {
		Ref
		Question Question `json:"question"`
	}
	// ApprovalResolved says that a question is settled, and by what.
	ApprovalResolved struct {
		Ref
		ID     string `json:"id"`
		Answer Answer `json:"answer"`
	}
)

// A WaitReason is what a turn waits for.
type WaitReason string

const (
	WaitConnect  WaitReason = "connect"  // there is no connection to the provider yet
	WaitModel    WaitReason = "model"    // request sent, first token not yet here
	WaitStream   WaitReason = "stream"   // the response comes; of a call that is written, the tool's name
	WaitRetry    WaitReason = "retry"    // an attempt failed, the next is due
	WaitLimit    WaitReason = "limit"    // the provider limits the rate; until when, and which retry it will be
	WaitApproval WaitReason = "approval" // the user is asked
	WaitCommand  WaitReason = "command"  // a command runs
	WaitEdit     WaitReason = "edit"     // the editor applies a patch
	WaitServers  WaitReason = "servers"  // MCP servers start
	WaitHook     WaitReason = "hook"     // hooks of an event run
)

// A Result is how a turn ended.
type Result struct {
	Status   TurnStatus    `json:"status"`
	Error    string        `json:"error,omitempty"`  // cause and remedy, when Status is failed
	Answer   string        `json:"answer,omitempty"` // the last message of the model
	Duration time.Duration `json:"-"`
	Usage    Usage         `json:"tokenUsage"`
	Files    []string      `json:"changedFiles,omitempty"` // absolute, in order of first change
}

// A TurnStatus is how a turn ended.
type TurnStatus string

const (
	Completed   TurnStatus = "completed"
	Interrupted TurnStatus = "interrupted"
	Failed      TurnStatus = "failed"
)

// Usage counts tokens, as the provider reports them.
type Usage struct {
	Input  int64 `json:"inputTokens"`
	Cached int64 `json:"cachedInputTokens"`
	// CacheWrite is what of the input the provider keeps for later.
	CacheWrite int64 `json:"cacheWriteInputTokens"`
	Output     int64 `json:"outputTokens"`
	Reasoning  int64 `json:"reasoningOutputTokens"`
	Total      int64 `json:"totalTokens"`
}

// A RateLimit is how much of what an account may use in a time is used.
type RateLimit struct {
	Name     string  `json:"name"` // primary, secondary
	Used     float64 `json:"usedPercent"`
	Minutes  int64   `json:"windowDurationMins,omitempty"`
	ResetsAt int64   `json:"resetsAt,omitempty"` // Unix time
}

// limitsOf are limits as clients read them.
func limitsOf(limits []model.RateLimit) []RateLimit {
	var list []RateLimit
	for _, l := range limits {
		r := RateLimit{Name: l.Name, Used: l.UsedPercent, Minutes: int64(l.Window.Minutes())}
		if !l.ResetsAt.IsZero() {
			r.ResetsAt = l.ResetsAt.Unix()
		}
		list = append(list, r)
	}
	return list
}

// An Item is one thing that a turn did, as a client shows it.
// Which fields are set depends on Type.
type Item struct {
	ID     string     `json:"id"` // the call id for commands and patches
	Type   ItemType   `json:"type"`
	Status ItemStatus `json:"status,omitempty"`

	Text string `json:"text,omitempty"` // userMessage, agentMessage, reasoning, contextCompaction

	Command  string `json:"command,omitempty"` // commandExecution: the script as the model wrote it
	Cwd      string `json:"cwd,omitempty"`
	Output   string `json:"aggregatedOutput,omitempty"`
	ExitCode *int   `json:"exitCode,omitempty"`
	Millis   int64  `json:"durationMs,omitempty"`
	Denied   string `json:"denied,omitempty"` // what the sandbox has kept it from, in a sentence; not in Codex's protocol

	Changes []FileChange `json:"changes,omitempty"` // fileChange
	Path    string       `json:"path,omitempty"`    // imageView

	Query  string          `json:"query,omitempty"`  // webSearch: what is looked for, in one line
	Action json.RawMessage `json:"action,omitempty"` // {type: search, openPage, …}, as the provider has it

	Server    string          `json:"server,omitempty"` // mcpToolCall
	Tool      string          `json:"tool,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"` // {content, structuredContent}, bounded
	Error     *ItemError      `json:"error,omitempty"`  // why there is none

	Raw json.RawMessage `json:"-"` // as the model wrote it, where it did
}

// An ItemError is why a call of an MCP server has no result.
type ItemError struct {
	Message string `json:"message"`
}

// An ItemType is one of the item types of Codex's app-server protocol.
type ItemType string

const (
	UserMessage      ItemType = "userMessage"
	AgentMessage     ItemType = "agentMessage"
	Reasoning        ItemType = "reasoning"
	CommandExecution ItemType = "commandExecution"
	FileChangeItem   ItemType = "fileChange"
	ImageView        ItemType = "imageView"
	McpToolCall      ItemType = "mcpToolCall"
	WebSearch        ItemType = "webSearch" // by the provider

	// ContextCompaction has the summary that took the conversation's place.
	ContextCompaction ItemType = "contextCompaction"
)

// An ItemStatus is where a command or patch stands.
type ItemStatus string

const (
	ItemInProgress ItemStatus = "inProgress"
	ItemCompletedS ItemStatus = "completed"
	ItemFailed     ItemStatus = "failed"
	ItemDeclined   ItemStatus = "declined"
)

// A FileChange is one file of a fileChange item.
type FileChange struct {
	Path   string `json:"path"` // absolute
	Kind   string `json:"kind"` // add, update, delete
	MoveTo string `json:"movePath,omitempty"`
	Diff   string `json:"diff"` // unified, with file headers

	text string // of a file that was added or deleted
}

// A PlanStep is one line of the model's plan.
type PlanStep struct {
	Step   string `json:"step"`
	Status string `json:"status"` // pending, in_progress, completed
}
