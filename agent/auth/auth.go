// Package auth signs the user in and keeps what that gave: an API key, or the
// tokens of a ChatGPT plan. It shares them with Codex: the same file, the same
// entry of the keyring, the same locks.
//
// What must hold: a sign-in that fails or is given up changes nothing that was
// there. A refresh token is used once, by one of all the threads and processes
// of a home, and never again when another has used it. Nothing of a secret is
// in an error, a log or an argument list.
package auth

import (
	"net/http"

	"codex-lsp/agent/config"
)

// An Access is what a request is sent with.
type Access struct {
	Key config.Secret // the bearer token

	// ChatGPT says that the key stands for a ChatGPT plan, so requests go to
	// Provider.ChatGPTURL.
	ChatGPT   bool
	AccountID string // the plan's workspace; "" for an API key
	FedRAMP   bool   // the workspace is in the government's cloud
}

// Dress sets the headers that an access needs, beside Authorization.
func (a Access) Dress(h http.Header) {
	if a.AccountID != "" {
		h.Set("chatgpt-account-id", a.AccountID)
	}
	if a.FedRAMP {
		h.Set("x-openai-fedramp", "true")
	}
}

// An Error is why there is no access, or why a sign-in did not succeed: the
// cause, and what to do about it.
type Error struct {
	Kind            ErrorKind
	Message, Remedy string
}

func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Message
	}
	return e.Message + "\n" + e.Remedy
}

// An ErrorKind says whether the same may succeed later.
type ErrorKind int

const (
	Unreachable ErrorKind = iota // who issues credentials could not be asked: try again
	SignedOut                    // there are no credentials
	Rejected                     // there are some, and they no longer hold
	Forbidden                    // the settings do not allow them
	Failed                       // anything else: trying again does not help
	Cancelled                    // the user gave the sign-in up
)

// signIn is the remedy for whoever has to sign in.
const signIn = "sign in: codex-lsp login in a terminal, or the command codex.login in the editor"

// signInAgain is the remedy where what there was no longer holds.
const signInAgain = "sign in again: codex-lsp login in a terminal, or the command codex.login in the editor"

var (
	errNone = &Error{SignedOut, "you are not signed in, and no API key is set", signIn + "; or set CODEX_API_KEY where the editor is started"}
	errGone = &Error{SignedOut, "you have been signed out meanwhile", signIn}
)
