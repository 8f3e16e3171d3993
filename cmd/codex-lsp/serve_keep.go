package main

import (
	"os"

	"codex-lsp/agent"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
)

// keep has the agent keep conversations, and what they do to files. Where nothing
// is to be left, it does not, and chat documents, which are files because editors
// open files, are in a folder that forget removes.
func keep(o *agent.Options, home string, ephemeral bool) (chats string, forget func(), err error) {
	if !ephemeral {
		o.Sessions, o.Journals, o.Source, o.KeepPrompts = rollout.NewStore(home), journal.NewStore(home), rollout.FromEditor, true
		return "", func() {}, nil
	}
	chats, err = os.MkdirTemp("", "codex-lsp-chats-")
	return chats, func() { _ = os.RemoveAll(chats) }, err
}
