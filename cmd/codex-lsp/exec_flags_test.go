package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/model/modeltest"
)

// TestExecAddDir: a folder that is named beside the workspace is written as the
// workspace is, by patches and, where there is a sandbox, by commands.
func TestExecAddDir(t *testing.T) {
	t.Parallel()
	beside := t.TempDir()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Custom("apply_patch", "*** Begin Patch\n*** Add File: "+beside+"/made.txt\n+made\n*** End Patch")),
		modeltest.Says(modeltest.Text("done")))
	e := newExecution(t, m.URL, "--add-dir", beside, "go")
	if _, errs, code := e.run(t); code != 0 || read(t, filepath.Join(beside, "made.txt")) != "made\n" {
		t.Errorf("exit %d\n%s", code, errs)
	}
	e.args = []string{"exec", "--add-dir", "nowhere", "go"}
	if _, errs, code := e.run(t); code != 1 || !strings.Contains(errs, "--add-dir: there is no folder "+filepath.Join(e.dir, "nowhere")) {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// TestExecStrictConfig: a key that nobody knows is an error only if it is to be.
func TestExecStrictConfig(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	e := newExecution(t, m.URL, "-c", "modell=x", "go")
	if out, errs, code := e.run(t); code != 0 || out != "ok\n" {
		t.Errorf("exit %d\n%s", code, errs)
	}
	for _, args := range [][]string{{"-c", "modell=x"}, {"-c", "tools.nonsense=1"}} {
		e.args = append(append([]string{"exec", "--strict-config"}, args...), "go")
		if out, errs, code := e.run(t); code != 2 || out != "" || !strings.Contains(errs, "unknown configuration field `"+strings.Split(args[1], "=")[0]+"`") {
			t.Errorf("%q: exit %d\n%s", args, code, errs)
		}
	}
}

// TestExecIgnoresUsersFiles: settings and rules of the user's do not count where
// they are not wanted.
func TestExecIgnoresUsersFiles(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("a", "exec_command", map[string]any{"cmd": "cat a.txt", "login": false})),
		modeltest.Says(modeltest.Text("ok")))
	e := newExecution(t, m.URL)
	provider := read(t, filepath.Join(e.home, "config.toml"))
	if err := os.Mkdir(filepath.Join(e.home, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, e.home, map[string]string{
		"mine.config.toml": provider, "config.toml": "model = \"of-the-file\"\n" + provider,
		"rules/default.rules": "prefix_rule(pattern=[\"cat\"], decision=\"forbidden\")\n",
	})
	for _, c := range []struct {
		args        []string
		model, says string
	}{
		{nil, "of-the-file", "command rejected"},
		{[]string{"--ignore-rules"}, "of-the-file", "Process exited with code 0"},
		{[]string{"--ignore-user-config", "-p", "mine"}, "gpt-5.5", "command rejected"},
	} {
		e.args = append(append([]string{"exec", "-s", "danger-full-access"}, c.args...), "go")
		before := len(m.Requests())
		if _, errs, code := e.run(t); code != 0 {
			t.Fatalf("%q: exit %d\n%s", c.args, code, errs)
		}
		reqs := m.Requests()[before:]
		if out, _ := reqs[1].Output("a"); !strings.Contains(out, c.says) || !strings.Contains(string(reqs[0].Body), `"model":"`+c.model+`"`) {
			t.Errorf("%q: the model reads %q\n%.200s", c.args, out, reqs[0].Body)
		}
	}
}

func TestExecImages(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	for _, args := range [][]string{
		{"-i", "a.png", "look"},
		{"-i", "a.png,b.png", "look"},
		{"--image=a.png", "-i", "b.png", "look"},
		{"-i", "a.png", "b.png", "--", "look"},
		{"look", "--image", "a.png", "b.png", "--json", "--"},
		{"-i", "odd,name.png", "look"},
	} {
		e := newExecution(t, m.URL, args...)
		for _, name := range []string{"a.png", "b.png", "odd,name.png"} {
			write(t, e.dir, map[string]string{name: "\x89PNG\r\n\x1a\n"})
		}
		before := len(m.Requests())
		_, errs, code := e.run(t)
		if code != 0 {
			t.Errorf("%q: exit %d\n%s", args, code, errs)
			continue
		}
		body, want := string(m.Requests()[before].Body), 1+strings.Count(strings.Join(args, " "), "b.png")
		if n := strings.Count(body, `"data:image/png;base64,`); n != want || !strings.Contains(body, `"text":"look"`) {
			t.Errorf("%q: %d images, want %d", args, n, want)
		}
	}
}

func TestImagesApart(t *testing.T) {
	for given, want := range map[string]string{
		"-i a b":               "-i a b",
		"-i a b -- c":          "-i a -i b -- c",
		"--image a b --json c": "--image a b --json c",
		"-i a b --json c -- d": "-i a -i b --json c -- d",
		"c -i a --":            "c -i a --",
	} {
		if diff := cmp.Diff(strings.Fields(want), imagesApart(strings.Fields(given))); diff != "" {
			t.Errorf("%s: -want +got\n%s", given, diff)
		}
	}
}

// TestExecTellsOfSearches: what the provider has searched for is an item, and
// what it keeps of the input is counted.
func TestExecTellsOfSearches(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t,
		modeltest.Turn{Usage: modeltest.Usage{Input: 10, Cached: 2, CacheWrite: 8, Output: 1}, Items: []modeltest.Item{
			modeltest.Raw(`{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"go"}}`), modeltest.Text("found")}})
	e := newExecution(t, m.URL, "--json", "-c", "web_search=cached", "go")
	out, errs, code := e.run(t)
	if code != 0 || !strings.Contains(string(m.Requests()[0].Body), `{"external_web_access":false,"type":"web_search"}`) {
		t.Errorf("exit %d\n%s", code, errs)
	}
	for _, want := range []string{
		`{"type":"item.started","item":{"id":"item_0","type":"web_search","query":"go","action":{"type":"search","query":"go"}}}`,
		`{"type":"item.completed","item":{"id":"item_0","type":"web_search","query":"go","action":{"type":"search","query":"go"}}}`,
		`"usage":{"input_tokens":10,"cached_input_tokens":2,"cache_write_input_tokens":8,"output_tokens":1,"reasoning_output_tokens":0}`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
	e.args = []string{"exec", "--color=never", "go"}
	if _, errs, code := e.run(t); code != 0 || !strings.Contains(errs, "\nsearched the web: go\n") || strings.Contains(string(m.Requests()[1].Body), `"web_search"`) {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

// TestExecFeatures: what is turned off is not offered.
func TestExecFeatures(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	e := newExecution(t, m.URL, "--disable", "shell_tool", "--enable", "view_image", "--enable", "default_mode_request_user_input", "go")
	if out, errs, code := e.run(t); code != 0 || out != "ok\n" {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if got := strings.Join(m.Requests()[0].Tools, " "); strings.Contains(got, "exec_command") || !strings.Contains(got, "view_image") || strings.Contains(got, "request_user_input") {
		t.Errorf("offered: %s", got)
	}
	e.args = []string{"exec", "--enable", "a.b", "go"}
	if _, errs, code := e.run(t); code != 2 || !strings.Contains(errs, `"a.b" is no name of a feature`) {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(e.home, "history.jsonl")); err == nil {
		t.Error("what was asked is among the prompts that people typed")
	}
}

// TestExecFork: a copy goes on under an id of its own; what it is a copy of
// stays as it is.
func TestExecFork(t *testing.T) {
	t.Parallel()
	m := modeltest.ServeScript(t, modeltest.Func(func(modeltest.Request) []modeltest.Item { return []modeltest.Item{modeltest.Text("ok")} }))
	e := newExecution(t, m.URL, "remember 42")
	if _, errs, code := e.run(t); code != 0 {
		t.Fatal(errs)
	}
	id := savedID(t, e.home)
	for _, args := range [][]string{{"exec", "fork", id, "which number?"}, {"exec", "fork", "--last", "and now?"}, {"exec", "resume", "--last", "--all", "-C", t.TempDir(), "--skip-git-repo-check", "still?"}} {
		e.args = args
		if out, errs, code := e.run(t); code != 0 || out != "ok\n" {
			t.Errorf("%q: exit %d\n%s", args, code, errs)
		}
	}
	reqs := m.Requests()
	if len(reqs) != 4 || !reqs[1].Says("remember 42") || !reqs[2].Says("which number?") || !reqs[3].Says("and now?") {
		t.Error("a copy does not know what was said before")
	}
	if reqs[1].Thread == id || reqs[2].Thread == reqs[1].Thread || reqs[3].Thread != reqs[2].Thread {
		t.Errorf("threads %s, %s, %s", reqs[1].Thread, reqs[2].Thread, reqs[3].Thread)
	}
	if saved, _ := filepath.Glob(filepath.Join(e.home, "sessions", "*", "*", "*", "*")); len(saved) != 3 {
		t.Errorf("saved: %q", saved)
	}
}
