package rollout

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rolloutOf writes lines of the given types and payloads.
func rolloutOf(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rollout.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCodexPaginated reads a file in the shape that Codex 0.169 writes: lines
// are numbered, and items have fields that no provider takes.
func TestCodexPaginated(t *testing.T) {
	r, err := Read(rolloutOf(t,
		`{"timestamp":"2026-11-25T15:46:01.894Z","ordinal":0,"type":"session_meta","payload":{"id":"i","session_id":"i","cwd":"/w","originator":"x","cli_version":"0.169.0","source":{"subagent":"review"},"model_provider":"m","base_instructions":{"text":"B"},"history_mode":"paginated"}}`,
		`{"ordinal":1,"type":"event_msg","payload":{"type":"task_started","turn_id":"t","started_at":1795621561}}`,
		`{"ordinal":2,"type":"world_state","payload":{"full":true,"state":{}}}`,
		`{"ordinal":3,"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"go"}],"metadata":{"history_sequence":3},"internal_chat_message_metadata_passthrough":{"turn_id":"t"}}}`,
		`{"ordinal":4,"type":"event_msg","payload":{"type":"item_completed","turn_id":"t","item":{"type":"UserMessage","id":"u","content":[{"type":"text","text":"go"}]}}}`,
		`{"ordinal":5,"type":"event_msg","payload":{"type":"item_completed","turn_id":"t","item":{"type":"FileChange","id":"c","changes":{"/w/b":{"type":"update","unified_diff":"@@ -1 +1 @@\n-a\n+b\n","move_path":null},"/w/a":{"type":"add","content":"x"}},"status":"completed"}}}`,
		`{"ordinal":6,"type":"event_msg","payload":{"type":"item_completed","turn_id":"t","item":{"type":"FileChange","id":"d","changes":{"/w/c":{"type":"add","content":"x"}},"status":"failed"}}}`,
		`{"ordinal":7,"type":"event_msg","payload":{"type":"item_completed","turn_id":"t","item":{"type":"AgentMessage","id":"m","content":[{"type":"Text","text":"ok"}]}}}`,
		`{"ordinal":8,"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":7,"total_tokens":9}}}}`,
		`{"ordinal":9,"type":"event_msg","payload":{"type":"task_complete","turn_id":"t","last_agent_message":"ok","duration_ms":100}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Newer || r.Open || len(r.Broken) > 0 || string(r.Meta.Source) != `{"subagent":"review"}` || r.Usage != (Tokens{Input: 7, Total: 9}) {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([]string{`{"content":[{"type":"input_text","text":"go"}],"role":"user","type":"message"}`}, texts(r.History)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Said{{User: true, Text: "go"}, {Text: "ok"}}, r.Said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	var edits []string
	for _, e := range r.Edits {
		edits = append(edits, e.Path+" "+e.Type+" "+e.TurnID)
	}
	if diff := cmp.Diff([]string{"/w/a add t", "/w/b update t"}, edits); diff != "" {
		t.Errorf("edits (-want +got):\n%s", diff)
	}
}

// TestCompacted: a compaction replaces all that was before it.
func TestCompacted(t *testing.T) {
	r, err := Read(rolloutOf(t,
		`{"type":"session_meta","payload":{"id":"i","cwd":"/w"}}`,
		`{"type":"response_item","payload":{"n":1}}`,
		`{"type":"compacted","payload":{"message":"all","replacement_history":[{"n":2,"metadata":{}},{"n":3}]}}`,
		`{"type":"response_item","payload":{"n":4}}`))
	if err != nil || r.Newer {
		t.Fatal(r, err)
	}
	if diff := cmp.Diff([]string{`{"n":2}`, `{"n":3}`, `{"n":4}`}, texts(r.History)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

const user = `{"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"%s"}]}}
{"type":"event_msg","payload":{"type":"user_message","message":"%[1]s"}}`

const model = `{"type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"%s"}]}}
{"type":"event_msg","payload":{"type":"agent_message","message":"%[1]s"}}`

// says are the first words of each message.
func says(items []json.RawMessage) string {
	var list []string
	for _, item := range items {
		var m struct{ Content []struct{ Text string } }
		_ = json.Unmarshal(item, &m)
		list = append(list, strings.Fields(m.Content[0].Text)[0])
	}
	return strings.Join(list, " ")
}

// TestCodexHistory reads what Codex did to histories before it numbered lines.
func TestCodexHistory(t *testing.T) {
	u := func(text string) string { return fmt.Sprintf(user, text) }
	a := func(text string) string { return fmt.Sprintf(model, text) }
	docs := u("# AGENTS.md instructions for /w")
	long := strings.Repeat("x", maxPrompts*3/4)
	for name, c := range map[string]struct {
		lines         []string
		history, said string
	}{
		"a turn taken back": {[]string{docs, u("one"), a("1"), u("two"), a("2"), u("three"), a("3"),
			`{"type":"event_msg","payload":{"type":"thread_rolled_back","num_turns":2}}`, u("four")}, "# one 1 four", "# one 1 four"},
		"more than there is": {[]string{docs, u("one"), a("1"),
			`{"type":"event_msg","payload":{"type":"thread_rolled_back","num_turns":7}}`}, "#", ""},
		"a summary": {[]string{docs, u("one"), a("1"), u("<environment_context>"), u("two"), a("2"), `{"type":"compacted","payload":{"message":"SUMMARY"}}`, u("three")},
			"# one two SUMMARY three", "# one 1 <environment_context> two 2 SUMMARY three"},
		"a second one": {[]string{u("one"), `{"type":"compacted","payload":{"message":"FIRST"}}`, u("two"), `{"type":"compacted","payload":{"message":"","replacement_history":null}}`},
			"one two (no", "one FIRST two"},
		"long prompts": {[]string{u("lost"), u("cut " + long), u("kept " + long), `{"type":"compacted","payload":{"message":"SUMMARY"}}`},
			"cut kept SUMMARY", "lost cut kept SUMMARY"},
		"the state of a repository": {[]string{u("one"), `{"type":"response_item","payload":{"type":"ghost_snapshot","ghost_commit":{"id":"abc"}}}`, a("1")},
			"one 1", "one 1"},
		"a line behind a torn one": {[]string{u("one"), `{"timestamp":"2026-11-25T20:00:01.000Z","type":"response_item","payl{"timestamp":"t",` + strings.TrimPrefix(u("two"), "{")},
			"one two", "one two"},
	} {
		r, err := Read(rolloutOf(t, append([]string{`{"type":"session_meta","payload":{"id":"i","cwd":"/w"}}`}, c.lines...)...))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, s := range r.Said {
			said = append(said, strings.Fields(s.Text)[0])
		}
		if says(r.History) != c.history || strings.Join(said, " ") != c.said {
			t.Errorf("%s: history %q, want %q\nsaid %q, want %q", name, says(r.History), c.history, said, c.said)
		}
		if size := len(texts(r.History)[0]); name == "long prompts" && (size < maxPrompts/4 || size > maxPrompts/4+200) {
			t.Errorf("%s: the first has %d bytes", name, size)
		}
	}
}
