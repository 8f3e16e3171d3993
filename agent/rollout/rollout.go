// Package rollout keeps threads on disk, in the files that Codex calls
// rollouts: $CODEX_HOME/sessions/YYYY/MM/DD/rollout-<time>-<thread id>.jsonl.
// A line is a JSON object {timestamp, type, payload}; the file only ever grows.
// Codex 0.169 resumes what is written here, and its files are read here. Lines
// of unknown types are skipped, a torn last line is cut off.
package rollout

import "encoding/json"

// The types of lines that matter here.
const (
	sessionMeta  = "session_meta" // the first line
	turnContext  = "turn_context"
	responseItem = "response_item" // an item of the Responses API, as the model is sent it
	compacted    = "compacted"     // replaces all items before it
	eventMsg     = "event_msg"     // what people are shown; {type, …}
)

// A line is one line of a rollout.
type line struct {
	Timestamp string          `json:"timestamp"` // RFC 3339, UTC, milliseconds
	Ordinal   *int64          `json:"ordinal,omitempty"`
	Type      string          `json:"type"`
	Payload   json.RawMessage `json:"payload"`
}

// Meta is what a thread's first line says of it.
type Meta struct {
	ID         string `json:"id"` // a UUIDv7
	Timestamp  string `json:"timestamp"`
	Cwd        string `json:"cwd"` // absolute
	Originator string `json:"originator"`
	Version    string `json:"cli_version"`
	Source     Source `json:"source"`
	Provider   string `json:"model_provider"`
	ForkedFrom string `json:"forked_from_id,omitempty"`
	// Instructions are sent before the first item.
	Instructions Instructions `json:"base_instructions"`
	// HistoryMode is "paginated" in files of Codex 0.169 and later, whose lines
	// are numbered and refer to its databases.
	HistoryMode string `json:"history_mode,omitempty"`
}

// Instructions are the text that a model is told before anything else.
type Instructions struct {
	Text string `json:"text"`
}

// A Source is how a thread was begun. Codex's is a string or, for a thread
// begun by another one, an object, which is kept as it is.
type Source json.RawMessage

// FromEditor and FromExec are the sources of our own threads, by the names that
// Codex lists them under.
var (
	FromEditor = Source(`"vscode"`)
	FromExec   = Source(`"exec"`)
)

// isThread tells whether another thread began it.
func (s Source) isThread() bool { return len(s) > 0 && s[0] == '{' }

// MarshalJSON gives back what was read.
func (s Source) MarshalJSON() ([]byte, error) { return json.RawMessage(s).MarshalJSON() }

// UnmarshalJSON takes any value.
func (s *Source) UnmarshalJSON(b []byte) error { return (*json.RawMessage)(s).UnmarshalJSON(b) }

// A TurnContext is what held for a turn.
type TurnContext struct {
	TurnID   string         `json:"turn_id"`
	Cwd      string         `json:"cwd"`
	Approval string         `json:"approval_policy"`
	Sandbox  map[string]any `json:"sandbox_policy"` // {type: read-only, …}
	Model    string         `json:"model"`
	Effort   string         `json:"effort,omitempty"`
	Summary  string         `json:"summary"`

	// Marks says that the turn's calls are marked when they are approved and
	// when they start. Codex does neither, and skips both.
	Marks bool `json:"marks_calls,omitempty"`
}

// An Event is what people are shown. Which fields are set depends on Type; the
// names are those of Codex before its paginated files.
type Event struct {
	Type   EventType `json:"type"`
	TurnID string    `json:"turn_id,omitempty"`

	Message string `json:"message,omitempty"` // user_message, agent_message, error

	CallID  string          `json:"call_id,omitempty"` // patch_apply_end, call_approved, call_started
	By      string          `json:"by,omitempty"`      // call_approved: who did
	Success *bool           `json:"success,omitempty"`
	Status  string          `json:"status,omitempty"`
	Changes map[string]Edit `json:"changes,omitempty"` // by absolute path

	Info *TokenInfo `json:"info,omitempty"` // token_count

	StartedAt  int64  `json:"started_at,omitempty"`         // task_started: Unix seconds
	LastAnswer string `json:"last_agent_message,omitempty"` // task_complete
	Millis     int64  `json:"duration_ms,omitempty"`
	Reason     string `json:"reason,omitempty"` // turn_aborted: interrupted

	Item  *pagedItem `json:"item,omitempty"`      // item_completed, of paginated files
	Turns int        `json:"num_turns,omitempty"` // thread_rolled_back
}

// An EventType says what an event tells.
type EventType string

// The events that are written and read.
const (
	TaskStarted  EventType = "task_started"
	UserMessage  EventType = "user_message"
	AgentMessage EventType = "agent_message"
	PatchEnd     EventType = "patch_apply_end"
	TokenCount   EventType = "token_count"
	TaskComplete EventType = "task_complete"
	TurnAborted  EventType = "turn_aborted"
	TurnError    EventType = "error"

	// CallApproved and CallStarted are ours: a call may run, and is about to.
	CallApproved EventType = "call_approved"
	CallStarted  EventType = "call_started"

	itemCompleted EventType = "item_completed"
	rolledBack    EventType = "thread_rolled_back"
)

// shown are the events that are read; others may be large.
var shown = map[EventType]bool{
	TaskStarted: true, UserMessage: true, AgentMessage: true, PatchEnd: true, TokenCount: true,
	TaskComplete: true, TurnAborted: true, itemCompleted: true, rolledBack: true,
	CallApproved: true, CallStarted: true,
}

// An Edit is what a patch did to one file.
type Edit struct {
	Type    string  `json:"type"` // add, update, delete
	Content *string `json:"content,omitempty"`
	Diff    string  `json:"unified_diff,omitempty"`
	MoveTo  *string `json:"move_path,omitempty"`
}

// TokenInfo counts the tokens of a thread.
type TokenInfo struct {
	Total Tokens `json:"total_token_usage"`
	Last  Tokens `json:"last_token_usage"`
	// Window is how many tokens the model can take; 0 if that was not known.
	Window int64 `json:"model_context_window,omitempty"`
}

// Tokens are counted as the provider reports them.
type Tokens struct {
	Input      int64 `json:"input_tokens"`
	Cached     int64 `json:"cached_input_tokens"`
	CacheWrite int64 `json:"cache_write_input_tokens"`
	Output     int64 `json:"output_tokens"`
	Reasoning  int64 `json:"reasoning_output_tokens"`
	Total      int64 `json:"total_tokens"`
}

// A pagedItem is an item as paginated files tell of it.
type pagedItem struct {
	Type    string `json:"type"` // UserMessage, AgentMessage, FileChange, …
	ID      string `json:"id"`
	Content []struct {
		Text string `json:"text"`
	} `json:"content"`
	Changes map[string]Edit `json:"changes"`
	Status  string          `json:"status"`
}
