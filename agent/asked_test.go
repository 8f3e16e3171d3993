package agent

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

// What is approved for the session is the command as it was shown: another
// shell, which may be any program, is another question.
func TestAnotherShellIsAnotherQuestion(t *testing.T) {
	command := func(shell string) modeltest.Turn {
		args := map[string]any{"cmd": "true"}
		if shell != "" {
			args["shell"] = shell
		}
		return modeltest.Says(modeltest.CallAs("c"+shell, "exec_command", args))
	}
	m := modeltest.Serve(t, command(""), command("./evil"), command("sh"), command(""), modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(ApprovedForSession))
	askAndWait(t, newTestThread(t, m, p, nil), "go")
	var titles []string
	for _, e := range of[ApprovalRequested](p) {
		titles = append(titles, e.Question.Title)
	}
	if want := []string{"Run true?", "Run true with ./evil?", "Run true with sh?"}; !slices.Equal(titles, want) {
		t.Errorf("asked %q, want %q", titles, want)
	}
}

// An empty line can be the yes to what a command asks.
func TestInputThatCanAnswerIsAskedAbout(t *testing.T) {
	for chars, asked := range map[string]bool{"\n": true, "\r": true, "y\n": true, "\x03": false, "\x04": false, "": false} {
		if harmless(chars) == asked {
			t.Errorf("%q: harmless %v", chars, !asked)
		}
	}
}

// A pipe has no end until somebody opens the other one.
func TestImageThatIsAPipe(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "view_image", map[string]any{"path": "pipe.png"})),
		modeltest.Says(modeltest.Text("ok")))
	th := newTestThread(t, m, newPeer(always(Declined)), nil)
	if err := syscall.Mkfifo(filepath.Join(th.Cwd(), "pipe.png"), 0o600); err != nil {
		t.Fatal(err)
	}
	askAndWait(t, th, "go")
	if out := m.Requests()[1].LastOutput(); !strings.Contains(out, "not a regular file but a pipe") {
		t.Errorf("the model reads %q", out)
	}
}

// What is wrong in a configuration file is told once, at the next prompt.
func TestProblemsOfTheConfigurationAreTold(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")), modeltest.Says(modeltest.Text("ok")))
	p := newPeer(nil)
	th := newTestThread(t, m, p, func(c *config.Config) {
		c.Problems = []config.Problem{{File: "/h/config.toml", Line: 3, Column: 1, Key: "modle", Message: "unknown key"}, {Key: "model", Message: "of the editor"}}
	})
	askAndWait(t, th, "go")
	askAndWait(t, th, "go on")
	told := of[Warning](p)
	if want := "/h/config.toml:3:1: modle: unknown key"; len(told) != 1 || told[0].Message != want {
		t.Errorf("told %v, want %q once", told, want)
	}
}
