package lsp

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/lsp/lsptest"
)

func TestCommandArguments(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	for _, c := range []struct {
		name, command, arguments string
		code                     int
		want                     string // of the error; "" for none
	}{
		{"no arguments", "codex.status", `null`, 0, ""},
		{"no argument", "codex.status", `[]`, 0, ""},
		{"null", "codex.status", `[null]`, 0, ""},
		{"object", "codex.status", `[{}]`, 0, ""},
		{"unknown field", "codex.ask", `[{"promt":"hi"}]`, -32602,
			`codex.ask: "promt" is not a field; the fields are prompt, threadId, cwd, textDocument, range, images, wait, chat`},
		{"wrong type", "codex.ask", `[{"prompt":7}]`, -32602, `codex.ask: "prompt" must be a string, not a JSON number`},
		{"wrong type inside", "codex.ask", `[{"prompt":"x","textDocument":{"uri":true}}]`, -32602, `codex.ask: "textDocument.uri" must be a string, not a JSON bool`},
		{"wrong type of a flag", "codex.ask", `[{"prompt":"x","wait":"yes"}]`, -32602, `codex.ask: "wait" must be true or false, not a JSON string`},
		{"no object", "codex.ask", `["hi"]`, -32602, `codex.ask: the argument must be an object, not a JSON string`},
		{"two arguments", "codex.ask", `[{"prompt":"x"},{}]`, -32602, `codex.ask: takes one object as its only argument, not 2 arguments`},
		{"no field is known", "codex.listThreads", `[{"all":true}]`, -32602, `codex.listThreads: "all" is not a field; the fields are none`},
		{"missing prompt", "codex.ask", `[{}]`, -32602, `codex.ask: "prompt" is missing: say what to do, or name a chat document (*.codex.md) in textDocument to send what it says`},
		{"unknown thread", "codex.ask", `[{"prompt":"x","threadId":"t9"}]`, -32602, `codex.ask: "threadId" is unknown: no thread "t9" in this session; codex.listThreads names those there are`},
		{"relative folder", "codex.newThread", `[{"cwd":"src"}]`, -32602, `codex.newThread: "cwd" must be an absolute path or a file: URI, not "src"`},
		{"folder that is not there", "codex.newThread", `[{"cwd":"/no/such/folder"}]`, -32602, `codex.newThread: "cwd" is no folder: /no/such/folder`},
		{"range of nothing", "codex.ask", `[{"prompt":"x","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}}}]`, -32602,
			`codex.ask: "range" needs a textDocument that it is a part of`},
		{"document that is nowhere", "codex.ask", `[{"prompt":"x","textDocument":{"uri":"untitled:a"}}]`, -32602,
			`codex.ask: "textDocument" is neither open nor a file: untitled:a`},
		{"wrong decision", "codex.approve", `[{"id":"x","decision":"yes"}]`, -32602,
			`codex.approve: "decision" must be one of approved, approvedForSession, approvedWithRule, declined, abort, not "yes"`},
		{"unknown approval", "codex.approve", `[{"id":"x","decision":"approved"}]`, -32602,
			`codex.approve: "id" is none: x: no such approval; codex.listApprovals names the open ones`},
		{"unknown terminal", "codex.killTerminal", `[{"id":5}]`, -32602,
			`codex.killTerminal: "id" is none: there is no terminal 5; codex.listTerminals names those there are`},
		{"nothing to steer", "codex.steer", `[{"prompt":"faster"}]`, -32803, `codex.steer: no turn is running; codex.ask starts one`},
		{"unknown command", "codex.dance", `[]`, -32602,
			`there is no command "codex.dance"; the commands are codex.acceptHunk, codex.account, codex.approve, codex.archiveThread, codex.ask, codex.changedFiles, codex.compact, codex.deleteThread, codex.exportThread, codex.forkThread, codex.interrupt, codex.killTerminal, codex.listApprovals, codex.listServers, codex.listSessions, codex.listTerminals, codex.listThreads, codex.login, codex.loginServer, codex.logout, codex.newThread, codex.nextHunk, codex.openChat, codex.previousHunk, codex.redoTurn, codex.rejectHunk, codex.renameThread, codex.resume, codex.searchSessions, codex.setModel, codex.showChanges, codex.status, codex.steer, codex.trust, codex.undoCompact, codex.undoTurn`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := b.Call("workspace/executeCommand", map[string]any{"command": c.command, "arguments": json.RawMessage(c.arguments)}, nil)
			var failed *lsptest.Error
			if errors.As(err, &failed) != (c.want != "") {
				t.Fatalf("%s %s: got error %v, want %q", c.command, c.arguments, err, c.want)
			}
			if failed != nil && (failed.Message != c.want || failed.Code != c.code) {
				t.Errorf("%s %s:\n got %d %s\nwant %d %s", c.command, c.arguments, failed.Code, failed.Message, c.code, c.want)
			}
		})
	}
}

func TestCommandPrefix(t *testing.T) {
	p := lsptest.Plain
	p.Options = map[string]any{"commandPrefix": "codex.server."}
	b := newBench(t, p, nil)
	for _, name := range []string{"codex.server.status", "codex.status"} {
		if err := b.Execute(name, nil, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	want := []string{
		"codex.server.acceptHunk", "codex.server.account", "codex.server.approve", "codex.server.archiveThread",
		"codex.server.ask", "codex.server.changedFiles", "codex.server.compact", "codex.server.deleteThread",
		"codex.server.exportThread", "codex.server.forkThread", "codex.server.interrupt", "codex.server.killTerminal",
		"codex.server.listApprovals", "codex.server.listServers", "codex.server.listSessions", "codex.server.listTerminals",
		"codex.server.listThreads", "codex.server.login", "codex.server.loginServer", "codex.server.logout",
		"codex.server.newThread", "codex.server.nextHunk", "codex.server.openChat", "codex.server.previousHunk",
		"codex.server.redoTurn", "codex.server.rejectHunk", "codex.server.renameThread", "codex.server.resume",
		"codex.server.searchSessions", "codex.server.setModel", "codex.server.showChanges", "codex.server.status",
		"codex.server.steer", "codex.server.trust", "codex.server.undoCompact", "codex.server.undoTurn",
	}
	if diff := cmp.Diff(want, commandNames("codex.server.")); diff != "" {
		t.Errorf("advertised ids (-want +got):\n%s", diff)
	}
}

func TestThreadKeepsItsFolder(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	other := t.TempDir()
	var first, again, elsewhere ThreadRef
	for arg, into := range map[*ThreadRef]string{&first: "", &elsewhere: other} {
		if err := b.Execute("codex.newThread", map[string]any{"cwd": into}, arg); err != nil {
			t.Fatal(err)
		}
	}
	if first.Cwd != b.dir || elsewhere.Cwd != other {
		t.Errorf("threads are bound to %s and %s, want %s and %s", first.Cwd, elsewhere.Cwd, b.dir, other)
	}
	err := b.Execute("codex.ask", map[string]any{"prompt": "x", "threadId": first.ThreadID, "cwd": other}, nil)
	want := `codex.ask: "cwd" is ` + other + `, but thread ` + first.ThreadID + ` is bound to ` + b.dir + `; codex.newThread starts one there`
	var failed *lsptest.Error
	if !errors.As(err, &failed) || failed.Message != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := b.Execute("codex.newThread", map[string]any{"cwd": string(uriOf(other))}, &again); err != nil || again.Cwd != other {
		t.Errorf("a URI as folder: %+v, %v", again, err)
	}
}
