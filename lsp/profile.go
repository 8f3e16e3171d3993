package lsp

import (
	"slices"
	"strings"
	"time"

	"go.lsp.dev/protocol"
)

// A profile is what a client really does, where that is more, less or other
// than it announces. It decides nothing that the client's capabilities decide.
type profile struct {
	name string

	// manyPrompts: several window/showMessageRequest may be open at once.
	// Elsewhere a second one evicts the first, or waits behind it unseen.
	manyPrompts bool
	// fewButtons: the prompt is a small box, in which more than three actions
	// crowd each other out.
	fewButtons bool
	// markdownForms: a form to fill in is a Markdown file, to which the server is
	// attached for chats already, and not plain text.
	markdownForms bool
	// prompt is how much text a prompt may have.
	prompt promptSize
	// prefills: the first action stands in the answer line already, so a key
	// that was meant for the text could be an approval.
	prefills bool
	// patience is how long an unanswered prompt keeps others from being shown.
	patience time.Duration
	// approvalTimeout is when a question nobody answers counts as declined; 0
	// for never. Only for clients that cannot answer at all.
	approvalTimeout time.Duration

	// editDeadline is how long after workspace/applyEdit the document may take
	// to show the edit, or the reply to come.
	editDeadline time.Duration
	// quiet is how long a document must not have changed before it is edited:
	// longer than the client holds back what the user types, because its
	// version check covers only what it has sent.
	quiet time.Duration
	// pulls: what is held back comes when the client is told to pull
	// diagnostics, just before it does.
	pulls bool
	// stale: an edit may be made in a newer text than the one it is for.
	stale bool
	// idle: didChange comes when the user pauses, so its coming is the moment
	// to edit, and waiting for quiet would miss it.
	idle bool
	// versioned: takes documentChanges with versions, announced or not.
	versioned bool
	// noFileOps: the file operations that it announces cannot be relied on.
	noFileOps bool
	// loneCR: a '\r' alone ends a line, as the protocol says.
	loneCR bool
}

// unknownClient is the profile of a client that is none of the known: the
// protocol taken at its word, with a long breath. A prompt that it drops for
// another stays listed, and is shown again when the user asks for something.
var unknownClient = profile{
	name: "unknown", manyPrompts: true, patience: 2 * time.Minute, editDeadline: 10 * time.Second, stale: true, loneCR: true,
}

// clients are the profiles of known clients, by what their clientInfo.name
// contains in lower case. The first that matches is taken.
var clients = []struct {
	names []string
	profile
}{
	{[]string{"visual studio code", "vscode", "vscodium", "code-server", "code - oss", "cursor", "windsurf"}, profile{
		name: "vscode", manyPrompts: true, fewButtons: true, patience: 2 * time.Minute,
		editDeadline: 10 * time.Second, versioned: true, loneCR: true,
	}},
	{[]string{"neovim"}, profile{
		// didChange is held back while the user types, the first one of a
		// document until a pause of 150 ms, and an edit for a version that is
		// no longer true is applied all the same.
		name: "neovim", patience: 2 * time.Minute, quiet: 300 * time.Millisecond,
		editDeadline: 5 * time.Second, stale: true, versioned: true,
	}},
	{[]string{"helix"}, profile{
		// Ends with a panic, and takes unsaved work along, when a prompt is
		// taller than the screen.
		name: "helix", patience: 2 * time.Minute, editDeadline: 5 * time.Second, versioned: true, markdownForms: true,
		prompt: promptSize{rows: 13, columns: 60},
	}},
	{[]string{"eglot"}, profile{
		// Answers to a prompt left with C-g never come; didChange comes when
		// the user has been idle for half a second.
		name: "eglot", patience: time.Minute, editDeadline: 10 * time.Second, prefills: true,
		stale: true, idle: true, versioned: true, noFileOps: true,
	}},
	{[]string{"emacs"}, profile{ // lsp-mode names its editor
		// Claims renames that it did not do.
		name: "lsp-mode", patience: time.Minute, editDeadline: 10 * time.Second,
		stale: true, versioned: true, noFileOps: true,
	}},
	{[]string{"kate"}, profile{
		name: "kate", patience: time.Minute, approvalTimeout: 30 * time.Second,
		editDeadline: 3 * time.Second, noFileOps: true,
	}},
	{[]string{"vim-lsp"}, profile{
		// Only the first action of a prompt can be chosen. With its event queue,
		// which is on unless g:lsp_use_event_queue is 0, didChange comes a second
		// after the last key, as one change, and edits are made without a look at
		// any version: a line that the user typed meanwhile, and that the edit
		// replaced, was never told of, so nobody can bring it back.
		name: "vim-lsp", patience: time.Minute, editDeadline: 5 * time.Second,
		stale: true, noFileOps: true,
	}},
}

// profileOf finds the client's profile, and adds what it said of itself.
func profileOf(p *protocol.InitializeParams, can abilities) profile {
	found := unknownClient
	name := strings.ToLower(p.ClientInfo.Name)
	for _, c := range clients {
		if slices.ContainsFunc(c.names, func(part string) bool { return strings.Contains(name, part) }) {
			found = c.profile
			break
		}
	}
	if name == "" && !answersRequests(p.Capabilities) {
		found.name, found.manyPrompts, found.approvalTimeout = "mute", false, 30*time.Second
	}
	if w := p.Capabilities.Workspace; w != nil && w.WorkspaceEdit != nil && isTrue(w.WorkspaceEdit.DocumentChanges) {
		found.versioned = true
	}
	found.pulls = found.quiet > 0 && can.Debounce == nil && pullsDiagnostics(p.Capabilities)
	if can.Debounce != nil {
		found.quiet = 2 * time.Duration(*can.Debounce) * time.Millisecond
		found.stale = found.stale && *can.Debounce > 0 // its version check misses nothing then
	}
	if can.Approvals {
		found.manyPrompts = true // it draws them itself, as it likes
	}
	return found
}

// pullsDiagnostics tells whether the client pulls when it is told to.
func pullsDiagnostics(c protocol.ClientCapabilities) bool {
	return c.TextDocument != nil && c.TextDocument.Diagnostic != nil &&
		c.Workspace != nil && c.Workspace.Diagnostics != nil && isTrue(c.Workspace.Diagnostics.RefreshSupport)
}

// answersRequests tells whether a nameless client shows any sign of answering
// the server's requests. ALE and old Kates show none, and do not.
func answersRequests(c protocol.ClientCapabilities) bool {
	w := c.Workspace
	return w != nil && (isTrue(w.ApplyEdit) || isTrue(w.Configuration))
}

// takesEdits tells whether the client announced workspace/applyEdit.
func (n *negotiated) takesEdits() bool {
	return n.caps.Workspace != nil && isTrue(n.caps.Workspace.ApplyEdit)
}

// takesFileOp tells whether the client carries out a file operation.
func (n *negotiated) takesFileOp(op protocol.ResourceOperationKind) bool {
	e := n.workspaceEdit()
	return n.takesEdits() && !n.profile.noFileOps && slices.Contains(e.ResourceOperations, op)
}

func (n *negotiated) workspaceEdit() protocol.WorkspaceEditClientCapabilities {
	if n.caps.Workspace == nil || n.caps.Workspace.WorkspaceEdit == nil {
		return protocol.WorkspaceEditClientCapabilities{}
	}
	return *n.caps.Workspace.WorkspaceEdit
}

func isTrue(b *bool) bool { return b != nil && *b }
