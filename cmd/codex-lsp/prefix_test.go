package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// A longTalk is a model that does with each prompt what its first word says.
type longTalk struct {
	asked chan struct{} // one for each prompt to steer or to stop
	mu    sync.Mutex
	gates map[string]chan struct{} // by prompt, for what waits to be steered; guarded by mu
}

func (l *longTalk) items(r modeltest.Request) []modeltest.Item {
	verb, rest, _ := strings.Cut(r.Prompt(), " ")
	answer := []modeltest.Item{modeltest.Reasoning("on "+rest, "sealed-"+rest), modeltest.Text("did ", rest)}
	id := fmt.Sprint("c-", rest)
	_, done := r.Output(id)
	switch {
	case done:
	case verb == "run":
		return append(answer[:1], modeltest.CallAs(id, "exec_command", map[string]any{"cmd": "echo " + rest}))
	case verb == "patch":
		return append(answer[:1], modeltest.CustomAs(id, "apply_patch", "*** Begin Patch\n*** Add File: made"+rest+"\n+x\n*** End Patch"))
	case verb == "steer":
		l.asked <- struct{}{}
		return append([]modeltest.Item{modeltest.Gate(l.gate(rest))}, answer...)
	case verb == "stop":
		l.asked <- struct{}{}
		return append(answer, modeltest.Stall())
	}
	return answer
}

// gate is what holds the answer to a prompt.
func (l *longTalk) gate(prompt string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gates == nil {
		l.gates = make(map[string]chan struct{})
	}
	if l.gates[prompt] == nil {
		l.gates[prompt] = make(chan struct{})
	}
	return l.gates[prompt]
}

// A talk is a conversation of an editor with the program.
type talk struct {
	*execution
	script *longTalk
	editor *lsptest.Editor
	cmd    *exec.Cmd
	thread string
}

// open starts the server, and goes on with the conversation if there is one.
func (k *talk) open(t *testing.T) {
	t.Helper()
	k.cmd = exec.CommandContext(t.Context(), binary)
	k.cmd.Dir, k.cmd.Env = k.dir, append(os.Environ(), "CODEX_HOME="+k.home, "HOME="+k.home, "OPENAI_API_KEY=none")
	k.editor = lsptest.Connect(t, lsptest.Plain, startPiped(t, k.cmd))
	k.editor.Initialize(k.dir)
	if k.thread != "" {
		if err := k.editor.Execute("codex.resume", map[string]any{"threadId": k.thread}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func (k *talk) close(t *testing.T) {
	t.Helper()
	k.editor.Leave()
	if err := k.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// turn has one turn, in the way that its verb says.
func (k *talk) turn(t *testing.T, verb string, n int) {
	t.Helper()
	var result struct{ ThreadID, Status, Error string }
	wait := k.editor.Begin("workspace/executeCommand", map[string]any{"command": "codex.ask", "arguments": []any{
		map[string]any{"prompt": fmt.Sprintf("%s %d", verb, n), "threadId": k.thread, "wait": true}}})
	want := "completed"
	if verb == "steer" || verb == "stop" {
		<-k.script.asked
		command, argument := "codex.interrupt", map[string]any{"threadId": k.thread}
		if want = "interrupted"; verb == "steer" {
			want, command, argument["prompt"] = "completed", "codex.steer", fmt.Sprintf("say %d", n)
		}
		if err := k.editor.Execute(command, argument, nil); err != nil {
			t.Fatal(err)
		}
		close(k.script.gate(fmt.Sprint(n)))
	}
	if err := wait(&result); err != nil || result.Status != want {
		t.Fatalf("%s %d: %+v %v", verb, n, result, err)
	}
	k.thread = result.ThreadID
}

// TestNothingSaidEarlierChanges: fifty turns with commands, patches, steering,
// interrupts, a skill and an MCP server that come meanwhile, in three processes.
// The scripted model refuses a request that does not begin with all of the one
// before, byte for byte. The tools are the same bytes too, except where the user
// has set up a server.
func TestNothingSaidEarlierChanges(t *testing.T) {
	script := &longTalk{asked: make(chan struct{}, 1)}
	m := modeltest.ServeScript(t, modeltest.Func(script.items))
	k := &talk{execution: newExecution(t, m.URL), script: script}
	put := func(name, text string) {
		path := filepath.Join(k.home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config, err := os.ReadFile(filepath.Join(k.home, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	settings := "approval_policy = \"never\"\nsandbox_mode = \"danger-full-access\"\n" + strings.TrimPrefix(string(config), "sandbox_mode = \"workspace-write\"\n")
	put("config.toml", settings)
	k.open(t)
	verbs := []string{"say", "run", "steer", "patch", "stop"}
	for n := range 50 {
		switch n {
		case 12:
			put("skills/greet/SKILL.md", "---\nname: greet\ndescription: says hello in Welsh\n---\nSay bore da.\n")
		case 17, 34: // in another process
			k.close(t)
			k.open(t)
		case 25:
			put("config.toml", settings+fmt.Sprintf("[mcp_servers.other]\ncommand = %q\nargs = [\"mcp-server\"]\n", binary))
		}
		k.turn(t, verbs[n%len(verbs)], n)
	}
	k.close(t)
	checkTools(t, m.Requests())
}

// checkTools wants the tools to change once, when the server came, and the skill
// to be told.
func checkTools(t *testing.T, requests []modeltest.Request) {
	t.Helper()
	var before string
	var changes []int
	for i, r := range requests {
		var body struct{ Tools json.RawMessage }
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Fatal(err)
		}
		if i > 0 && string(body.Tools) != before {
			changes = append(changes, i+1)
			if before = strings.TrimSuffix(before, "]"); !strings.HasPrefix(string(body.Tools), before) {
				t.Errorf("request %d has other tools before the new ones", i+1)
			}
		}
		before = string(body.Tools)
	}
	last := requests[len(requests)-1]
	if len(changes) != 1 || !slices.Contains(last.Tools, "mcp__other") {
		t.Errorf("the tools changed in requests %d; in the end they are %q", changes, last.Tools)
	}
	if n := strings.Count(string(last.Body), "says hello in Welsh"); n != 1 {
		t.Errorf("the skill is told %d times", n)
	}
	if len(requests) < 70 {
		t.Errorf("only %d requests", len(requests))
	}
}
