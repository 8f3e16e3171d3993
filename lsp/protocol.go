package lsp

import (
	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// This file holds what goes over the wire beyond the protocol's own messages.
// The JSON of each command's argument and result is the JSON of these types.
// Clients in other languages mirror them.

// ProtocolVersion is the version of what this file holds. It changes when a
// client that mirrors the old file would misread the new one; what is only
// added does not change it.
const ProtocolVersion = 1

// experimental is what the server announces beside its capabilities.
type experimental struct {
	CodexProtocol int `json:"codexProtocol"` // ProtocolVersion
}

// The codex/ notifications. The params of each are the JSON of the event named
// beside it. They go only to clients that announced
// initializationOptions.capabilities.events.
const (
	MethodTurnStarted       = "codex/turn/started"                      // agent.TurnStarted
	MethodTurnWaiting       = "codex/turn/waiting"                      // agent.Waiting
	MethodTurnCompleted     = "codex/turn/completed"                    // agent.TurnCompleted
	MethodPlanUpdated       = "codex/turn/plan/updated"                 // agent.PlanUpdated
	MethodDiffUpdated       = "codex/turn/diff/updated"                 // agent.DiffUpdated
	MethodItemStarted       = "codex/item/started"                      // agent.ItemStarted
	MethodItemCompleted     = "codex/item/completed"                    // agent.ItemCompleted
	MethodMessageDelta      = "codex/item/agentMessage/delta"           // agent.MessageDelta
	MethodReasoningDelta    = "codex/item/reasoning/summaryTextDelta"   // agent.ReasoningDelta
	MethodOutputDelta       = "codex/item/commandExecution/outputDelta" // agent.OutputDelta
	MethodUsageUpdated      = "codex/thread/tokenUsage/updated"         // agent.UsageUpdated
	MethodApprovalRequested = "codex/approval/requested"                // agent.ApprovalRequested
	MethodApprovalResolved  = "codex/approval/resolved"                 // agent.ApprovalResolved
	MethodWarning           = "codex/warning"                           // agent.Warning
)

// MethodReviewMarks tells a client that announced capabilities.review which
// changes of a document wait for review. The params are a [ReviewMarks].
const MethodReviewMarks = "codex/review/marks"

// ReviewMarks are the hunks of a document that wait for review, from its top:
// {"uri": "…", "version": 3, "hunks": […]}. The client is told again when they
// have moved.
type ReviewMarks struct {
	URI     string       `json:"uri"`
	Version int32        `json:"version"`
	Hunks   []ReviewHunk `json:"hunks"`
}

// A ReviewHunk is {"id": "…", "threadId": "…", "range": {…}, "removed": "text",
// "added": "text"}. The range is of whole lines, and empty for a removal.
type ReviewHunk struct {
	agent.Hunk
	ThreadID string         `json:"threadId"`
	Range    protocol.Range `json:"range"`
}

// ReviewParams is the argument of codex.acceptHunk and codex.rejectHunk:
// {"textDocument"?: {"uri": "…"}, "hunks"?: ["id"], "position"?: {…}}. Meant are
// the hunks named, or else those at the position, or else all of the document,
// or without one, of all files.
type ReviewParams struct {
	TextDocument *DocumentRef       `json:"textDocument"`
	Hunks        []string           `json:"hunks"`
	Position     *protocol.Position `json:"position"`
}

// ReviewResult says how many hunks were decided: {"hunks": 2}.
type ReviewResult struct {
	Hunks int `json:"hunks"`
}

// MoveParams is the argument of codex.nextHunk and codex.previousHunk:
// {"textDocument": {"uri": "…"}, "position": {…}}. After the last hunk comes the
// first again, and without one in the document, the first of another.
type MoveParams struct {
	TextDocument DocumentRef       `json:"textDocument"`
	Position     protocol.Position `json:"position"`
}

// MoveResult says where the hunk is: {"uri": "…", "range": {…}}. It is null when
// no hunk waits. The client is asked to show it, if it can be.
type MoveResult struct {
	URI   string         `json:"uri"`
	Range protocol.Range `json:"range"`
}

// LoginParams is the argument of codex.login: {"method"?: "browser"}. The
// method is "browser", on the machine that the server runs on, or "code", which
// the user types into a browser on whichever machine. An API key is not sent
// through an editor, whose log may keep it: codex-lsp login takes it.
type LoginParams struct {
	Method string `json:"method"`
}

// LoginResult says where the user signs in, and with which code, if with one:
// {"url": "https://…", "code"?: "ABCD-1234"}. The client is asked to open the
// page. How it went is shown to the user, and codex.account tells it.
type LoginResult struct {
	URL  string `json:"url"`
	Code string `json:"code,omitempty"`
}

// LogoutResult says whether anybody was signed in: {"signedOut": true}.
type LogoutResult struct {
	SignedOut bool `json:"signedOut"`
}

// AskParams is the argument of codex.ask:
//
//	{"prompt": "…", "threadId"?: "…", "cwd"?: "/abs", "textDocument"?: {"uri": "…"},
//	 "range"?: {…}, "images"?: ["/abs.png"], "wait"?: true, "chat"?: true}
//
// The thread is the one named, else the chat document's, else the default one
// of the folder (cwd, or the document's, or the first). A running turn is
// steered. Without a prompt, textDocument must be a chat document, whose last
// "## You" section is sent.
type AskParams struct {
	Prompt       string          `json:"prompt"`
	ThreadID     string          `json:"threadId"`
	Cwd          string          `json:"cwd"`          // a path or a file: URI
	TextDocument *DocumentRef    `json:"textDocument"` // goes with the prompt
	Range        *protocol.Range `json:"range"`        // the part of it that is meant
	Images       []string        `json:"images"`       // paths or file: URIs
	Wait         bool            `json:"wait"`         // hold the reply until the turn ends
	Chat         bool            `json:"chat"`         // show the answer in the thread's chat document
}

// A DocumentRef names a document. A version is taken and not needed.
type DocumentRef struct {
	URI     string `json:"uri"`
	Version *int32 `json:"version"`
}

// AskResult is what codex.ask answers:
//
//	{"threadId": "…", "turnId": "…", "cwd": "/abs"}
//
// and, with wait, how the turn ended:
//
//	{…, "status": "completed"|"interrupted"|"failed", "answer"?: "…",
//	 "error"?: "…", "changedFiles"?: ["/abs"]}
type AskResult struct {
	ThreadID     string           `json:"threadId"`
	TurnID       string           `json:"turnId"`
	Cwd          string           `json:"cwd"` // the folder that the thread is bound to
	Status       agent.TurnStatus `json:"status,omitempty"`
	Answer       string           `json:"answer,omitempty"`
	Error        string           `json:"error,omitempty"`
	ChangedFiles []string         `json:"changedFiles,omitempty"`
}

// SteerParams is the argument of codex.steer: {"prompt": "…", "threadId"?: "…",
// "turnId"?: "…"}. Without a turn id, whichever turn runs is meant. The answer
// is {"threadId", "turnId"}.
type SteerParams struct {
	Prompt   string `json:"prompt"`
	ThreadID string `json:"threadId"`
	TurnID   string `json:"turnId"`
}

// A TurnRef is the answer of codex.steer.
type TurnRef struct {
	ThreadID string `json:"threadId"`
	TurnID   string `json:"turnId"`
}

// ThreadParams is the argument of codex.interrupt, codex.listApprovals,
// codex.listTerminals and codex.status: {"threadId"?: "…"}. Without one, all
// threads are meant; for codex.interrupt, all that this client takes part in. It is
// the argument of codex.compact and codex.undoCompact, too; there the thread
// asked last is meant.
type ThreadParams struct {
	ThreadID string `json:"threadId"`
}

// InterruptResult is what codex.interrupt answers: {"interrupted": true,
// "threadIds": ["…"]}. The end of each turn is told as always.
type InterruptResult struct {
	Interrupted bool     `json:"interrupted"`
	ThreadIDs   []string `json:"threadIds"`
}

// SetModelParams is the argument of codex.setModel: {"threadId"?: "…", "cwd"?:
// "/abs", "model"?: "…", "effort"?: "…", "summary"?: "…", "verbosity"?: "…"}.
// What is missing stays as it is, and "" is what the settings say. It holds for
// one thread, from its next turn on. Without any of the four it only answers.
type SetModelParams struct {
	ThreadID  string  `json:"threadId"`
	Cwd       string  `json:"cwd"`
	Model     *string `json:"model"`
	Effort    *string `json:"effort"`
	Summary   *string `json:"summary"`
	Verbosity *string `json:"verbosity"`
}

// SetModelResult is what codex.setModel answers: {"threadId": "…", "cwd": "…",
// "model": "…", "effort": "…", "summary": "…", "verbosity": "…", "efforts":
// ["low", …], "modelContextWindow": 272000}.
type SetModelResult struct {
	ThreadRef
	agent.Chosen
}

// NewThreadParams is the argument of codex.newThread: {"cwd"?: "/abs"}. The
// new thread becomes the default one of its folder.
type NewThreadParams struct {
	Cwd string `json:"cwd"`
}

// A ThreadRef is what codex.newThread answers: {"threadId": "…", "cwd": "/abs"}.
type ThreadRef struct {
	ThreadID string `json:"threadId"`
	Cwd      string `json:"cwd"`
}

// ResumeParams is the argument of codex.resume: {"threadId"?: "…", "cwd"?:
// "/abs"}. It goes on with a saved conversation, which becomes the default one
// of its folder: the one named, from now on about cwd if that is given, or the
// last one about the folder.
type ResumeParams struct {
	ThreadID string `json:"threadId"`
	Cwd      string `json:"cwd"`
}

// ResumeResult is what codex.resume answers: {"threadId": "…", "cwd": "/abs",
// "title": "…"}. The id is another one where the saved conversation is only read.
type ResumeResult struct {
	ThreadRef
	Title string `json:"title"`
}

// A SessionFilter says which saved conversations are meant: those about cwd, or
// else about the first folder, or all; archived ones only if it says so; at most
// limit, 25 unless it says otherwise.
type SessionFilter struct {
	Cwd      string `json:"cwd"`
	All      bool   `json:"all"`
	Archived bool   `json:"archived"`
	Limit    int    `json:"limit"`
}

// SessionsParams is the argument of codex.listSessions: {"cwd"?: "/abs", "all"?:
// true, "archived"?: true, "limit"?: 25, "after"?: "…"}. after is the cursor that
// the page before came with. The answer is a [rollout.Page].
type SessionsParams struct {
	SessionFilter
	After string `json:"after"`
}

// SearchParams is the argument of codex.searchSessions: {"text": "…", …} and a
// [SessionFilter]. The answer is a [rollout.Found].
type SearchParams struct {
	SessionFilter
	Text string `json:"text"`
}

// ForkParams is the argument of codex.forkThread: {"threadId"?: "…", "turns"?:
// 3}: a copy with the first turns, or all, which becomes the default thread of
// its folder. The answer is a [ResumeResult]. Of this command and those below,
// without a thread the one asked last is meant.
type ForkParams struct {
	ThreadID string `json:"threadId"`
	Turns    int    `json:"turns"`
}

// RenameParams is the argument of codex.renameThread: {"threadId"?: "…", "name":
// "…"}.
type RenameParams struct {
	ThreadID string `json:"threadId"`
	Name     string `json:"name"`
}

// ArchiveParams is the argument of codex.archiveThread: {"threadId"?: "…",
// "back"?: true}. back brings an archived one back.
type ArchiveParams struct {
	ThreadID string `json:"threadId"`
	Back     bool   `json:"back"`
}

// DeleteParams is the argument of codex.deleteThread: {"threadId"?: "…",
// "confirmed": true}, which the user has said.
type DeleteParams struct {
	ThreadID  string `json:"threadId"`
	Confirmed bool   `json:"confirmed"`
}

// A SessionRef is what those commands answer: {"threadId": "…"}.
type SessionRef struct {
	ThreadID string `json:"threadId"`
}

// ExportParams is the argument of codex.exportThread: {"threadId"?: "…", "path"?:
// "/abs.md"}. The file must not be there.
type ExportParams struct {
	ThreadID string `json:"threadId"`
	Path     string `json:"path"` // a path or a file: URI
}

// ExportResult is what it answers: {"uri": "file:///…"}, or without a path
// {"markdown": "…"}.
type ExportResult struct {
	URI      string `json:"uri,omitempty"`
	Markdown string `json:"markdown,omitempty"`
}

// ShowChangesResult is what codex.showChanges answers, whose argument is a
// [ChangedFilesParams]: {"threadId": "…", "turnId": "…", "uri": "file:///….diff"}.
// Without a turn the last one that changed something is meant. The client is
// asked to show the document.
type ShowChangesResult struct {
	TurnRef
	URI string `json:"uri"`
}

// UndoParams is the argument of codex.undoTurn and codex.redoTurn: {"threadId"?:
// "…", "turnId"?: "…", "cwd"?: "/abs", "textDocument"?: {"uri": "file:///…"}}.
// Without a thread the one asked last is meant, without a turn the last one that
// has something to put back, without a document all of its files. The answer is
// an [agent.Reverted].
type UndoParams struct {
	ThreadID     string       `json:"threadId"`
	TurnID       string       `json:"turnId"`
	Cwd          string       `json:"cwd"`
	TextDocument *DocumentRef `json:"textDocument"`
}

// ChangedFilesParams is the argument of codex.changedFiles: {"threadId"?: "…",
// "turnId"?: "…"}. Without a thread the one asked last is meant, without a
// turn all of its turns. The answer is a list of [agent.ChangedFile].
type ChangedFilesParams struct {
	ThreadID string `json:"threadId"`
	TurnID   string `json:"turnId"`
}

// ApproveParams is the argument of codex.approve: {"id": "…", "decision":
// "approved"|"approvedForSession"|"approvedWithRule"|"declined"|"abort",
// "message"?: "…"}. The message is for the model.
type ApproveParams struct {
	ID       string         `json:"id"`
	Decision agent.Decision `json:"decision"`
	Message  string         `json:"message"`

	// Content is the form of an MCP server, filled in, with an approval:
	// {"field": value, …}.
	Content map[string]any `json:"content"`
}

// ApproveResult is what codex.approve answers: {"accepted": true, "decision":
// "approved"}. When somebody was faster accepted is false, and the decision is
// the one that stands.
type ApproveResult struct {
	Accepted bool           `json:"accepted"`
	Decision agent.Decision `json:"decision"`
}

// StatusResult is what codex.status answers: {"version": "…", "threads": […],
// "approvals": […]}.
type StatusResult struct {
	Version   string           `json:"version"`
	Threads   []agent.Status   `json:"threads"`
	Approvals []agent.Question `json:"approvals"`
}

// OpenChatParams is the argument of codex.openChat: {"threadId"?: "…", "cwd"?:
// "/abs", "draft"?: "…"}. The draft is put under the last "## You".
type OpenChatParams struct {
	ThreadID string `json:"threadId"`
	Cwd      string `json:"cwd"`
	Draft    string `json:"draft"`
}

// OpenChatResult is what codex.openChat answers: {"threadId": "…", "cwd":
// "/abs", "uri": "file:///…"}. The client is asked to show the document.
type OpenChatResult struct {
	ThreadRef
	URI string `json:"uri"`
}
