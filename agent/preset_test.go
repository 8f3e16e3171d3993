package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

func TestExpanded(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "prompts"), 0o700); err != nil {
		t.Fatal(err)
	}
	const template = "---\ndescription: Review\n---\nLook at $1 and $2 of $BRANCH in $PATH for $$5: $ARGUMENTS\n"
	if err := os.WriteFile(filepath.Join(home, "prompts", "look.md"), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"hello":                              "hello",
		"/usr/bin/x is gone":                 "/usr/bin/x is gone",
		`/prompts:look "a b" BRANCH=main c `: "Look at a b and c of main in $PATH for $5: \"a b\" BRANCH=main c\n",
		"/prompts:look":                      "Look at  and  of $BRANCH in $PATH for $5: \n",
	} {
		if got, err := expanded(home, text); got != want || err != nil {
			t.Errorf("%q stands for %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"/prompts:dance":     "there is no prompt dance",
		"/prompts:../look":   "there is no prompt ../look",
		"/prompts:look 'one": "the arguments of /prompts:look",
	} {
		if got, err := expanded(home, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q stands for %q, %v", text, got, err)
		}
	}
}

// TestSkillsInATurn: the model is told which skills there are, and gets the one
// that the user names. Of an untrusted project it hears nothing.
func TestSkillsInATurn(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok"))) // of each thread
	dir := t.TempDir()
	skill := filepath.Join(dir, ".agents", "skills", "release", "SKILL.md")
	if err := os.MkdirAll(filepath.Dir(skill), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(skill, []byte("---\nname: release\ndescription: How it is released\n---\nTag it first.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(trust config.Trust) string {
		a := newTestAgent(t, m, nil, func(c *config.Config) { c.Trust, c.Skills.Tell = trust, true })
		th, err := a.NewThread(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer th.Attach(newPeer(nil))()
		askAndWait(t, th, "do a $release")
		requests := m.Requests()
		return string(requests[len(requests)-1].Body)
	}
	body := ask(config.ProjectTrusted)
	for _, part := range []string{"- release: How it is released (file: " + skill + ")", "Tag it first."} {
		if !strings.Contains(body, part) {
			t.Errorf("the model is not told %q: %s", part, body)
		}
	}
	if body := ask(config.ProjectUntrusted); strings.Contains(body, "released") || strings.Contains(body, "Tag it") {
		t.Errorf("of an untrusted project the model is told: %s", body)
	}
}
