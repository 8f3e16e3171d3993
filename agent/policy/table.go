package policy

import "slices"

// A Verdict is what becomes of a command.
type Verdict string

const (
	Run    Verdict = "run"
	Ask    Verdict = "ask"
	Forbid Verdict = "forbid"
)

// The values of approval_policy. The granular one is Silent if it has
// sandbox_approval = false: then nothing is asked for want of a sandbox.
const (
	Untrusted = "untrusted"
	OnRequest = "on-request"
	OnFailure = "on-failure"
	Never     = "never"
	Granular  = "granular"
	Silent    = "granular, sandbox_approval = false"
)

// The values of sandbox_mode.
const (
	ReadOnly       = "read-only"
	WorkspaceWrite = "workspace-write"
	FullAccess     = "danger-full-access"
)

// Approvals and Modes are all values, in the order of the documentation.
var (
	Approvals = []string{Untrusted, OnRequest, OnFailure, Granular, Silent, Never}
	Modes     = []string{ReadOnly, WorkspaceWrite, FullAccess}
)

// A Setting is what decides beside the script.
type Setting struct {
	Approval  string // approval_policy
	Mode      string // sandbox_mode
	Sandboxed bool   // there is a sandbox that holds the command to the mode
	Outside   bool   // the model asks for the command to run outside of it
}

// A Decision is a verdict, and why.
type Decision struct {
	Verdict Verdict
	Reason  string
}

// A row decides for some settings. The first that fits holds.
type row struct {
	approvals, modes []string
	sandbox          string // "with" one, "without", or "any"
	verdicts         [Catastrophic + 1]Verdict
	why              string // what the settings have to do with it
}

var (
	untrusted  = []string{Untrusted}
	never      = []string{Never}
	asking     = []string{OnRequest, OnFailure, Granular}
	silent     = []string{Silent}
	restricted = []string{ReadOnly, WorkspaceWrite}
	full       = []string{FullAccess}
)

const (
	readsOnly   = "approval_policy is untrusted"
	unaskable   = "approval_policy is never, so nobody is asked"
	unprotected = "no sandbox holds it, codex-lsp doctor says why"
	refused     = "no sandbox holds it, codex-lsp doctor says why, and approval_policy lets none be asked about; with sandbox_mode = \"danger-full-access\" they would run unasked"
	held        = "the sandbox holds it to sandbox_mode"
	open        = "sandbox_mode is danger-full-access"
	leaving     = "it asks to run outside of the sandbox"
	kept        = "it asks to run outside of the sandbox, and approval_policy lets none be asked about"
)

// table is all that is decided about commands. Its last columns are, in order,
// what is safe, plain, unclear, dangerous and catastrophic.
var table = []row{
	{untrusted, restricted, "with", [...]Verdict{Run, Ask, Ask, Ask, Forbid}, readsOnly},
	{untrusted, restricted, "without", [...]Verdict{Ask, Ask, Ask, Ask, Forbid}, unprotected},
	{untrusted, full, "any", [...]Verdict{Run, Ask, Ask, Ask, Forbid}, readsOnly},

	{asking, restricted, "with", [...]Verdict{Run, Run, Ask, Ask, Forbid}, held},
	{asking, restricted, "without", [...]Verdict{Ask, Ask, Ask, Ask, Forbid}, unprotected},
	{asking, full, "any", [...]Verdict{Run, Run, Ask, Ask, Forbid}, open},

	{silent, restricted, "with", [...]Verdict{Run, Run, Ask, Ask, Forbid}, held},
	{silent, restricted, "without", [...]Verdict{Forbid, Forbid, Forbid, Forbid, Forbid}, refused},
	{silent, full, "any", [...]Verdict{Run, Run, Ask, Ask, Forbid}, open},

	{never, restricted, "with", [...]Verdict{Run, Run, Forbid, Forbid, Forbid}, unaskable},
	{never, restricted, "without", [...]Verdict{Forbid, Forbid, Forbid, Forbid, Forbid}, refused},
	{never, full, "any", [...]Verdict{Run, Run, Forbid, Forbid, Forbid}, unaskable},
}

// Decide returns what becomes of a script. A setting that is not known is asked
// about, unless what it does is forbidden by all.
//
// What is to run outside of the sandbox is decided about as if there were none.
// With full access there is none to leave.
func Decide(s Setting, c Class) Decision {
	for _, r := range table {
		if r.fits(s) {
			v := r.verdicts[c.Level]
			return Decision{v, s.reason(v, r.why, c)}
		}
	}
	if c.Level == Catastrophic {
		return Decision{Forbid, c.Reason}
	}
	return Decision{Ask, "approval_policy or sandbox_mode has a value that is not known"}
}

func (r row) fits(s Setting) bool {
	return slices.Contains(r.approvals, s.Approval) && slices.Contains(r.modes, s.Mode) &&
		(r.sandbox == "any" || (s.Sandboxed && !s.Outside) == (r.sandbox == "with"))
}

// reason joins what the script does with what the settings say. Harm comes
// first; what is forbidden whatever the settings, is by its harm alone.
func (s Setting) reason(v Verdict, why string, c Class) string {
	leaves := s.Sandboxed && s.Outside && s.Mode != FullAccess
	switch {
	case c.Level == Catastrophic:
		return c.Reason + "; no setting allows that"
	case leaves && v == Forbid:
		why = kept
	case leaves:
		why = leaving
	case v == Ask && c.Level >= Unclear:
		return c.Reason
	}
	return c.Reason + "; " + why
}
