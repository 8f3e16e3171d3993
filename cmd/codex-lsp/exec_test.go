package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/model/modeltest"
)

const execPatch = `*** Begin Patch
*** Update File: a.txt
@@
-one
+ONE
 two
*** Add File: new/b.txt
+made
*** End Patch`

// An execution is one run of exec: a repository of its own, and a home whose
// configuration names the scripted model.
type execution struct {
	dir, home string
	stdin     string
	args      []string
}

func newExecution(t *testing.T, url string, args ...string) *execution {
	t.Helper()
	e := &execution{dir: t.TempDir(), home: t.TempDir(), args: append([]string{"exec"}, args...)}
	config := fmt.Sprintf("sandbox_mode = \"workspace-write\"\nmodel_provider = \"scripted\"\n[model_providers.scripted]\nname = \"Scripted\"\nbase_url = %q\n", url)
	for path, text := range map[string]string{
		filepath.Join(e.home, "config.toml"): config,
		filepath.Join(e.dir, ".git", "HEAD"): "ref: refs/heads/main\n",
		filepath.Join(e.dir, "a.txt"):        "one\ntwo\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func (e *execution) command(t *testing.T) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	cmd = exec.CommandContext(t.Context(), binary, e.args...)
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Dir, cmd.Stdout, cmd.Stderr = e.dir, stdout, stderr
	if e.stdin != "" {
		cmd.Stdin = strings.NewReader(e.stdin) // a pipe
	}
	cmd.Env = append(os.Environ(), "CODEX_HOME="+e.home)
	return cmd, stdout, stderr
}

func (e *execution) run(t *testing.T) (stdout, stderr string, code int) {
	t.Helper()
	cmd, out, errs := e.command(t)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// read is what a file of the repository holds, "" if there is none.
func (e *execution) read(name string) string {
	b, _ := os.ReadFile(filepath.Join(e.dir, name))
	return string(b)
}

func TestExecTellsPeople(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Reasoning("Look first.", "x"), modeltest.Text("I patch it."), modeltest.Custom("apply_patch", execPatch)),
		modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": "rm -rf made; touch made"})),
		modeltest.Turn{Items: []modeltest.Item{modeltest.Text("all ", "done")}, Usage: modeltest.Usage{Input: 7, Output: 5}})
	e := newExecution(t, m.URL, "fix it", "-o", "answer.txt")
	out, errs, code := e.run(t)
	if code != 0 || out != "all done\n" {
		t.Fatalf("exit %d, stdout %q\n%s", code, out, errs)
	}
	if e.read("a.txt") != "ONE\ntwo\n" || e.read("new/b.txt") != "made\n" || e.read("answer.txt") != "all done" {
		t.Errorf("files: %q, %q, %q", e.read("a.txt"), e.read("new/b.txt"), e.read("answer.txt"))
	}
	at := 0
	for _, want := range []string{
		e.dir, "gpt-5.5 at Scripted", "workspace-write", "never: nobody can be asked here",
		"\nLook first.\n", "\nI patch it.\n", "a.txt (update)\n", "\n-one\n+ONE\n", "b.txt (add)\n",
		"\n$ rm -rf made; touch made\n", "\nrefused rm -rf made; touch made\n", "deletes folders with all that is in them",
		" tokens in (", " out\n",
	} {
		i := strings.Index(errs[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, or comes too early, in\n%s", want, errs)
		}
		at += i
	}
	if strings.Contains(errs, "all done") {
		t.Error("the answer is told twice")
	}
	if _, err := os.Stat(filepath.Join(e.dir, "made")); err == nil {
		t.Error("a command that was refused has run")
	}
	if out := m.Requests()[2].LastOutput(); !strings.Contains(out, "command rejected: `rm -rf made` deletes folders with all that is in them") {
		t.Errorf("the model reads %q", out)
	}
}

// TestExecTellsPrograms compares every line of a turn that has an event of
// each kind.
func TestExecTellsPrograms(t *testing.T) {
	t.Parallel()
	plan := func(status string) modeltest.Item {
		return modeltest.Call("update_plan", map[string]any{"plan": []any{
			map[string]any{"step": "mend", "status": status}, map[string]any{"step": "rest", "status": "pending"}}})
	}
	m := modeltest.Serve(t,
		modeltest.Turn{Status: 500},
		modeltest.Turn{Usage: modeltest.Usage{Input: 100, Cached: 50, Output: 10, Reasoning: 5}, Items: []modeltest.Item{
			modeltest.Reasoning("Look <first>.", "x"), modeltest.Text("I patch it."), plan("in_progress"), modeltest.Custom("apply_patch", execPatch)}},
		modeltest.Turn{Usage: modeltest.Usage{Input: 200, Cached: 100, Output: 20}, Items: []modeltest.Item{
			modeltest.Call("exec_command", map[string]any{"cmd": "cat a.txt; exit 3", "login": false})}},
		modeltest.Turn{Usage: modeltest.Usage{Input: 300, Output: 30}, Items: []modeltest.Item{
			plan("completed"), modeltest.Custom("apply_patch", "*** Begin Patch\n*** Update File: a.txt\n*** Move to: c.txt\n@@\n-ONE\n+one\n*** End Patch")}},
		modeltest.Turn{Usage: modeltest.Usage{Input: 400, Output: 40}, Items: []modeltest.Item{modeltest.Text("all ", "done")}})
	e := newExecution(t, m.URL, "--json", "--dangerously-bypass-approvals-and-sandbox", "fix it")
	out, errs, code := e.run(t)
	if code != 0 || errs != "" {
		t.Errorf("exit %d\n%s", code, errs)
	}
	want := strings.ReplaceAll(`{"type":"thread.started","thread_id":"ID"}
{"type":"turn.started"}
{"type":"error","message":"Reconnecting... retry 1 of 4: Scripted failed (500 Internal Server Error: scripted status 500)"}
{"type":"item.completed","item":{"id":"item_0","type":"reasoning","text":"Look <first>."}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"I patch it."}}
{"type":"item.started","item":{"id":"item_2","type":"todo_list","items":[{"text":"mend","completed":false},{"text":"rest","completed":false}]}}
{"type":"item.started","item":{"id":"item_3","type":"file_change","changes":[{"path":"DIR/a.txt","kind":"update"},{"path":"DIR/new/b.txt","kind":"add"}],"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"DIR/a.txt","kind":"update"},{"path":"DIR/new/b.txt","kind":"add"}],"status":"completed"}}
{"type":"item.started","item":{"id":"item_4","type":"command_execution","command":"cat a.txt; exit 3","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_4","type":"command_execution","command":"cat a.txt; exit 3","aggregated_output":"ONE\ntwo\n","exit_code":3,"status":"failed"}}
{"type":"item.updated","item":{"id":"item_2","type":"todo_list","items":[{"text":"mend","completed":true},{"text":"rest","completed":false}]}}
{"type":"item.started","item":{"id":"item_5","type":"file_change","changes":[{"path":"DIR/a.txt","kind":"delete"},{"path":"DIR/c.txt","kind":"add"}],"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_5","type":"file_change","changes":[{"path":"DIR/a.txt","kind":"delete"},{"path":"DIR/c.txt","kind":"add"}],"status":"completed"}}
{"type":"item.completed","item":{"id":"item_6","type":"agent_message","text":"all done"}}
{"type":"item.completed","item":{"id":"item_2","type":"todo_list","items":[{"text":"mend","completed":true},{"text":"rest","completed":false}]}}
{"type":"turn.completed","usage":{"input_tokens":1000,"cached_input_tokens":150,"cache_write_input_tokens":0,"output_tokens":100,"reasoning_output_tokens":5}}
`, "DIR", e.dir)
	if diff := cmp.Diff(strings.SplitAfter(want, "\n"), strings.SplitAfter(withoutThread(t, out), "\n")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// withoutThread puts ID for the thread's id in the first line.
func withoutThread(t *testing.T, lines string) string {
	t.Helper()
	first, rest, _ := strings.Cut(lines, "\n")
	var e struct {
		ID string `json:"thread_id"`
	}
	if err := json.Unmarshal([]byte(first), &e); err != nil || len(e.ID) != 36 {
		t.Fatalf("the first line is %q", first)
	}
	return strings.Replace(first, e.ID, "ID", 1) + "\n" + rest
}

func TestExecRefusalsReachPrograms(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": "rm -rf made; touch made"}), modeltest.Custom("apply_patch", execPatch)),
		modeltest.Says(modeltest.Text("ok")))
	e := newExecution(t, m.URL, "--json", "-s", "read-only", "-c", `approval_policy="on-request"`, "fix it")
	out, errs, code := e.run(t)
	if code != 0 || errs != "" {
		t.Errorf("exit %d\n%s", code, errs)
	}
	for _, want := range []string{
		"\"aggregated_output\":\"command rejected: `rm -rf made` deletes folders with all that is in them", `"exit_code":null,"status":"declined"`,
		`"kind":"add"}],"status":"failed"`, `"type":"error","message":"patch rejected: sandbox_mode is read-only, and approval_policy is never"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
	if e.read("a.txt") != "one\ntwo\n" {
		t.Error("a patch that was refused was applied")
	}
}

func TestExecFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args      string
		out, errs string
	}{
		{"--json", `{"type":"turn.failed","error":{"message":"Scripted refused the request (400 Bad Request: no such model)\ncheck model and model_provider"}}` + "\n", ""},
		{"--color=never", "", "error: Scripted refused the request (400 Bad Request: no such model)\ncheck model and model_provider\n"},
	} {
		m := modeltest.Serve(t, modeltest.Refuses(400, `{"error":{"message":"no such model"}}`))
		out, errs, code := newExecution(t, m.URL, c.args, "go").run(t)
		if code != 1 || !strings.HasSuffix(out, c.out) || !strings.HasSuffix(errs, c.errs) {
			t.Errorf("%s: exit %d\n%s\n%s", c.args, code, out, errs)
		}
	}
}

// However often the model has to be asked, people read of each cause once.
func TestExecTellsOfRetriesOnce(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t, modeltest.Refuses(500, "busy"), modeltest.Refuses(500, "busy"), modeltest.Says(modeltest.Text("done")))
	out, errs, code := newExecution(t, m.URL, "--color=never", "go").run(t)
	if n := strings.Count(errs, "trying again"); code != 0 || out != "done\n" || n != 1 {
		t.Errorf("exit %d, stdout %q, told %d times\n%s", code, out, n, errs)
	}
}

func TestExecIsCalledWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		args  []string
		stdin string
		code  int
		says  string
	}{
		{"unknown flag", []string{"--half-auto", "go"}, "", 2, "exec: flag provided but not defined: -half-auto\ncodex-lsp exec --help tells more\n"},
		{"two prompts", []string{"fix", "it"}, "", 2, `unexpected argument "it"; a prompt of many words stands in quotes`},
		{"unknown sandbox", []string{"-s", "open", "go"}, "", 2, "read-only, workspace-write, danger-full-access"},
		{"unknown colour", []string{"--color", "blue", "go"}, "", 2, "auto, always, never"},
		{"both ways to a sandbox", []string{"-s", "read-only", "--dangerously-bypass-approvals-and-sandbox", "go"}, "", 2, "exclude each other"},
		{"no prompt", nil, " \n", 2, "the prompt is empty"},
		{"no text", []string{"-"}, "\xff\xfe", 1, "standard input is not UTF-8 text"},
		{"too much text", []string{"-"}, strings.Repeat("x", maxStdin+1), 1, "larger than 1024 KiB"},
		{"no folder", []string{"-C", "nowhere", "go"}, "", 1, "nowhere: no such file"},
		{"file for a folder", []string{"-C", "a.txt", "go"}, "", 1, "a.txt is not a folder"},
		{"no repository", []string{"-C", "/", "go"}, "", 1, "/ is not in a git repository, where changes could be seen and taken back; --skip-git-repo-check"},
		{"no image", []string{"-i", "no.png", "go"}, "", 1, "no.png: no such file"},
		{"no schema", []string{"--output-schema", "no.json", "go"}, "", 1, "no.json: no such file"},
		{"schema that is none", []string{"--output-schema", "a.txt", "go"}, "", 1, "a.txt is not a JSON object (invalid character"},
		{"schema that is nothing", []string{"--output-schema", "null.json", "go"}, "", 1, "null.json is not a JSON object (it is null)"},
		{"no place for the answer", []string{"-o", "no/answer.txt", "go"}, "", 1, "exec: file for the last message: open no/answer.txt: no such file"},
		{"folder for the answer", []string{"-o", ".git", "go"}, "", 1, ".git: is a directory"},
		{"setting that is none", []string{"-c", "model_verbosity=loud", "go"}, "", 2, "model_verbosity"},
		{"setting without a value", []string{"-c", "model", "go"}, "", 2, "expected key=value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newExecution(t, "http://127.0.0.1:1/v1", c.args...) // nobody is asked
			e.stdin = c.stdin
			write(t, e.dir, map[string]string{"null.json": "null"})
			out, errs, code := e.run(t)
			if code != c.code || !strings.Contains(errs, c.says) || out != "" {
				t.Errorf("exit %d, want %d; said %q, want %q in it; stdout %q", code, c.code, errs, c.says, out)
			}
		})
	}
}

func TestExecHelp(t *testing.T) {
	t.Parallel()
	out, errs, code := newExecution(t, "http://127.0.0.1:1/v1", "--help").run(t)
	if code != 0 || errs != "" || !strings.Contains(out, "Exit codes: ") || !strings.Contains(out, "-output-schema file") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
}

// TestExecSaysThatItReads: who leaves a pipe open learns what is waited for.
func TestExecSaysThatItReads(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"Reading prompt from stdin...\n":           nil,
		"Reading additional input from stdin...\n": {"explain"},
	} {
		m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
		cmd, out, _ := newExecution(t, m.URL, args...).command(t)
		cmd.Stderr = nil
		errs, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(errs)
		if line, err := said.ReadString('\n'); line != says {
			t.Errorf("%q %v, want %q", line, err, says)
		}
		fmt.Fprint(in, "a log")
		in.Close()
		rest, _ := io.ReadAll(said)
		if err := cmd.Wait(); err != nil || out.String() != "ok\n" || !strings.Contains(m.Requests()[0].Prompt(), "a log") {
			t.Errorf("%v, stdout %q\n%s", err, out, rest)
		}
	}
}

func TestExecInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stdin string
		args        []string
		prompt      string   // the end of the message that the model reads
		body        []string // what else is in the request
	}{
		{"argument", "", []string{"fix it"}, "fix it", nil},
		{"after the flags' end", "", []string{"--", "-m"}, "-m", nil},
		{"standard input", "fix it\n", nil, "fix it\n", nil},
		{"standard input by name", "fix it\n", []string{"-"}, "fix it\n", nil},
		{"both", "a log\n", []string{"explain"}, "explain\n\n<stdin>\na log\n</stdin>", nil},
		{"model", "", []string{"go", "--model", "gpt-6"}, "go", []string{`"model":"gpt-6"`}},
		{"setting", "", []string{"-c", "model_reasoning_effort=high", "go"}, "go", []string{`"effort":"high"`}},
		{"schema", "", []string{"--output-schema", "schema.json", "go"}, "go",
			[]string{`"format":{"type":"json_schema","name":"codex_output_schema","schema":{"type":"object"},"strict":true}`}},
		{"image", "", []string{"--image=dot.png", "look"}, "look", []string{`"image_url":"data:image/png;base64,`}},
		{"folder", "", []string{"-C", "sub", "go"}, "go", []string{`/sub\u003c/cwd`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
			e := newExecution(t, m.URL, c.args...)
			e.stdin = c.stdin
			if err := os.Mkdir(filepath.Join(e.dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"schema.json": `{"type":"object"}`, "dot.png": "\x89PNG\r\n\x1a\n"} {
				if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			out, errs, code := e.run(t)
			if code != 0 || out != "ok\n" {
				t.Fatalf("exit %d, stdout %q\n%s", code, out, errs)
			}
			req := m.Requests()[0]
			if got := req.Prompt(); !strings.HasSuffix(got, c.prompt) {
				t.Errorf("the model reads %q, want %q", got, c.prompt)
			}
			for _, want := range c.body {
				if !strings.Contains(string(req.Body), want) {
					t.Errorf("%s is missing in %s", want, req.Body)
				}
			}
		})
	}
}

// TestExecOutputCommandsNoTerminal: what a command prints is shown, not obeyed.
func TestExecOutputCommandsNoTerminal(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": `printf '\033]0;mine\007shown\n'; seq 1 60`, "login": false})),
		modeltest.Says(modeltest.Text("ok")))
	e := newExecution(t, m.URL, "-s", "danger-full-access", "--color", "never", "go")
	_, errs, code := e.run(t)
	if code != 0 || strings.ContainsAny(errs, "\x1b\x07") {
		t.Errorf("exit %d\n%q", code, errs)
	}
	if !strings.Contains(errs, "\n… 21 lines more\n21\n22\n") || !strings.Contains(errs, "\n60\n") {
		t.Errorf("the output's end is not shown:\n%s", errs)
	}
	e = newExecution(t, m.URL, "--color=always", "go")
	if _, errs, _ := e.run(t); !strings.Contains(errs, "\x1b[") {
		t.Errorf("no colours, though always:\n%s", errs)
	}
}
