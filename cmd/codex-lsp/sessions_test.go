package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
)

// TestSessionsCommand goes through what the command line does to saved
// conversations.
func TestSessionsCommand(t *testing.T) {
	m := modeltest.ServeScript(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
		return []modeltest.Item{modeltest.Text("answer to " + r.Prompt())}
	}))
	e := newExecution(t, m.URL)
	run := func(code int, args ...string) string {
		t.Helper()
		e.args = args
		out, errs, got := e.run(t)
		if got != code {
			t.Errorf("%q: exit %d, want %d: %s%s", args, got, code, out, errs)
		}
		return out + errs
	}
	says := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	run(0, "exec", "first question")
	id := savedID(t, e.home)
	short := id[len(id)-rollout.ShortID:]
	run(0, "sessions", "rename", short, "My name")
	says(run(0, "sessions", "list"), short)
	says(run(0, "sessions", "list", "--size", "--all"), "1 conversations")
	says(run(0, "sessions", "search", "ANSWER", "first"), "agent: answer to first question")
	says(run(0, "sessions", "show", "My name"), "Codex: answer to first question")
	says(run(0, "sessions", "export", id), "# My name")
	run(0, "sessions", "export", id, "-o", filepath.Join(e.dir, "out.md"))
	says(e.read("out.md"), "## You\n\nfirst question")
	var page rollout.Page
	if err := json.Unmarshal([]byte(run(0, "sessions", "list", "--json")), &page); err != nil || page.Threads[0].Name != "My name" {
		t.Errorf("%+v, %v", page, err)
	}
	says(run(0, "fork", "My name"), "is the copy")
	says(run(0, "exec", "resume", "--last", "which one?"), "answer to which one?")
	says(run(0, "archive", id), "is archived")
	says(run(1, "exec", "resume", id, "go"), "codex-lsp sessions unarchive "+id)
	says(run(0, "sessions", "list", "--archived"), "My name")
	says(run(0, "unarchive", id), "is back")
	says(run(1, "delete", id), "--force does it unasked")
	run(0, "delete", "--force", id)
	says(run(1, "sessions", "show", id), "no saved conversation")
	says(run(1, "sessions", "vacuum", "--max-size", "1K"), "--force")
	says(run(0, "sessions", "vacuum", "--max-size", "1K", "--force"), "1 conversations went")
	if left, _ := filepath.Glob(filepath.Join(e.home, "journal", "0*")); len(left) > 0 {
		t.Errorf("journals are left: %q", left)
	}
	says(run(2, "resume", id), "codex-lsp exec resume")
	for args, want := range map[string]string{
		"sessions": "say what", "sessions dance": "there is no sessions dance", "sessions show": "show takes the ID of a conversation", "sessions vacuum --max-size x": "is no size",
		"sessions list --limit 0": "not above 0", "sessions search": "search what?",
	} {
		says(run(2, strings.Fields(args)...), want)
	}
}

// TestSizes reads sizes as people write them.
func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"100": 100, "1K": 1024, "2.5m": 2621440, "1GB": 1 << 30, "3 GiB": 3 << 30, "": 0, "x": 0, "-1": 0, "5Q": 0} {
		got, err := parseSize(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for n, want := range map[int64]string{5: "5 B", 1000: "1.0 KB", 999: "999 B", 20 << 20: "20 MB", 2 << 40: "2.0 TB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
