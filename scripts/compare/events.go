package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"codex-lsp/agent/mcp/mcptest"
	"codex-lsp/agent/model/modeltest"
)

// storyPatch changes, adds and deletes a file.
const storyPatch = `*** Begin Patch
*** Update File: a.txt
@@
-one
+ONE
*** Add File: b.txt
+made
*** Delete File: c.txt
*** End Patch`

// story is a turn with an item of each kind that there can be.
func story() modeltest.Turns {
	plan := func(id, status string) modeltest.Item {
		return modeltest.CallAs(id, "update_plan", map[string]any{"plan": []any{
			map[string]any{"step": "mend", "status": status}, map[string]any{"step": "rest", "status": "pending"}}})
	}
	server := func(id, tool string) modeltest.Item {
		return modeltest.Raw(fmt.Sprintf(`{"type":"function_call","id":"fc_%s","call_id":%q,"namespace":"mcp__stand","name":%q,"arguments":"{\"text\":\"hi\"}"}`, id, id, tool))
	}
	command := func(id, script string) modeltest.Item {
		return modeltest.CallAs(id, "exec_command", map[string]any{"cmd": script, "login": false})
	}
	usage := modeltest.Usage{Input: 100, Cached: 50, Output: 10, Reasoning: 5}
	says := func(items ...modeltest.Item) modeltest.Turn { return modeltest.Turn{Items: items, Usage: usage} }
	return modeltest.Turns{
		says(modeltest.Reasoning("Look first.", "x"), modeltest.Text("I look."), command("c1", "cat a.txt")),
		says(plan("p1", "in_progress")), // what is called at once is told in any order
		says(command("c2", "cat missing.txt; exit 3")),
		says(modeltest.CustomAs("c3", "apply_patch", storyPatch)),
		says(server("m1", "echo_args")),
		says(server("m2", "structured")),
		says(server("m3", "fail")),
		says(server("m4", "refuse")),
		says(modeltest.Raw(`{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"weather","queries":["weather"]}}`),
			modeltest.Raw(`{"type":"web_search_call","id":"ws_2","status":"completed","action":{"type":"open_page","url":"https://example.com/"}}`),
			plan("p2", "completed")),
		says(modeltest.Text("all ", "done")),
	}
}

// events has both play the same turn and compares what exec --json prints of it,
// line by line.
func (c comparison) events() error {
	ours, err := c.storyLines(c.lsp)
	if err != nil {
		return fmt.Errorf("codex-lsp: %w", err)
	}
	theirs, err := c.storyLines(c.codex)
	if err != nil {
		return fmt.Errorf("the real Codex: %w", err)
	}
	var differ []string
	for i := range max(len(ours), len(theirs)) {
		mine, other := "nothing", "nothing"
		if i < len(ours) {
			mine = ours[i]
		}
		if i < len(theirs) {
			other = theirs[i]
		}
		if mine != other {
			differ = append(differ, fmt.Sprintf("- line %d: %s\n  Codex: %s", i+1, mine, other))
		}
	}
	fmt.Printf("\nexec --json of a turn with each kind of item: %d lines, of which %d differ from Codex's, but for the shell that Codex writes before a command, the words of an error and the ids of searches\n", len(theirs), len(differ))
	if len(differ) > 0 {
		return fmt.Errorf("these lines differ:\n%s", strings.Join(differ, "\n"))
	}
	return nil
}

// storyLines are the events that a program prints of the story.
func (c comparison) storyLines(program string) (lines []string, err error) {
	m, err := modeltest.Start(story())
	if err != nil {
		return nil, err
	}
	defer m.Close()
	home, err := homeFor(m.URL)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(home)
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := newHome() // a project is not below Codex's home
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files := map[string]string{
		filepath.Join(dir, "a.txt"): "one\ntwo\n", filepath.Join(dir, "c.txt"): "old\n",
	}
	for path, text := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			return nil, err
		}
	}
	if err := exec.Command("git", "init", "-q", dir).Run(); err != nil {
		return nil, err
	}
	args := []string{"exec", "--json", "-C", dir, "-s", "danger-full-access", "-m", "gpt-5.5",
		"-c", "tools.update_plan.enabled=true", "-c", "model_reasoning_summary=auto",
		"-c", fmt.Sprintf("mcp_servers.stand.command=%q", self), "-c", "mcp_servers.stand.env." + mcptest.KindEnv + "=good",
		"-c", "mcp_servers.stand.default_tools_approval_mode=approve", "go"}
	cmd := exec.Command(program, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = []string{"HOME=" + home, "CODEX_HOME=" + home, "SCRIPTED_KEY=x", "PATH=" + os.Getenv("PATH")}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w\n%s%s", err, out.String(), errs.String())
	}
	if err := m.Err(); err != nil {
		return nil, err
	}
	for line := range strings.Lines(strings.ReplaceAll(out.String(), dir, "DIR")) {
		plain, err := plainEvent(line)
		if err != nil {
			return nil, err
		}
		lines = append(lines, plain)
	}
	return lines, nil
}

// plainEvent is an event without what may differ.
func plainEvent(line string) (string, error) {
	var e map[string]any
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		return "", err
	}
	if _, is := e["thread_id"]; is {
		e["thread_id"] = "ID"
	}
	item, _ := e["item"].(map[string]any)
	if script, is := item["command"].(string); is {
		if _, inner, wrapped := strings.Cut(script, "bash -c '"); wrapped {
			item["command"] = strings.TrimSuffix(inner, "'")
		}
	}
	if failure, is := item["error"].(map[string]any); is {
		failure["message"] = "WORDS"
	}
	if item["type"] == "web_search" {
		item["id"] = "ID"
	}
	plain, err := json.Marshal(e) // in the order of the keys
	return string(plain), err
}
