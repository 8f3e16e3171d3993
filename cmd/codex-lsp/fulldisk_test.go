//go:build linux

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// mounted runs exec where CODEX_HOME is a file system of its own, in a mount
// namespace; mount is the shell's words for it, in which $H is the folder. What
// is left there is printed at the end.
func mounted(t *testing.T, e *execution, mount string) (stdout, stderr string, code int) {
	t.Helper()
	script := "H=$CODEX_HOME; cp $H/config.toml /dev/shm/$$.toml; " + mount + " && { cp /dev/shm/$$.toml $H/config.toml 2>/dev/null; " +
		`"$@"; code=$?; rm -f /dev/shm/$$.toml; echo; for f in $(find $H/sessions -type f 2>/dev/null); do echo "KEPT $f"; cat $f; done; exit $code; }; exit 99`
	args := append([]string{"-m", "sh", "-c", script, "sh", binary}, e.args...)
	if os.Getuid() != 0 {
		args = append([]string{"-r"}, args...)
	}
	cmd, out, errs := e.command(t)
	cmd.Path, cmd.Err = lookPath(t, "unshare"), nil
	cmd.Args = append([]string{"unshare"}, args...)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if code = cmd.ProcessState.ExitCode(); code == 99 || strings.Contains(errs.String(), "unshare: ") {
		t.Fatalf("no file system can be mounted here, which takes root or user namespaces: %s", errs)
	}
	return out.String(), errs.String(), code
}

func lookPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFullDisk: on a disk that is full a turn comes to its end, and the user is
// told once that it is not saved. A command whose start cannot be written down,
// though the call itself was, does not run until the model asks again.
func TestFullDisk(t *testing.T) {
	for _, c := range []struct {
		name, mount string
		kept        bool // some of it is
	}{
		{"full at once", "mount -t tmpfs -o size=64k none $H && { head -c 60k /dev/zero > $H/ballast || true; }", false},
		{"full later", "mount -t tmpfs -o size=64k none $H", true},
		{"read-only", "mount -t tmpfs -o size=64k none $H && cp /dev/shm/$$.toml $H/config.toml && mount -o remount,ro $H", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := modeltest.ServeScript(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
				n := len(r.Outputs())
				if n == 6 {
					return []modeltest.Item{modeltest.Text("done")}
				}
				return []modeltest.Item{modeltest.Text(strings.Repeat("long ", 2000)), modeltest.Call("exec_command", map[string]any{"login": false, "cmd": "echo ran >> marks"})}
			}))
			e := newExecution(t, m.URL, "exec")
			e.args = []string{"exec", "--dangerously-bypass-approvals-and-sandbox", "go"}
			out, errs, code := mounted(t, e, c.mount)
			if code != 0 || !strings.Contains(out, "done") {
				t.Fatalf("code %d: %s%s", code, out, errs)
			}
			if n := strings.Count(errs, "is not saved from here on"); n != 1 {
				t.Errorf("told %d times: %s", n, errs)
			}
			refused := 0
			for _, said := range m.Requests()[len(m.Requests())-1].Outputs() {
				if strings.Contains(said, "could run twice after a crash") {
					refused++
				}
			}
			if ran := strings.Count(e.read("marks"), "ran\n"); ran+refused != 6 || refused > 1 {
				t.Errorf("%d ran and %d were refused, of 6", ran, refused)
			}
			if kept := strings.Contains(out, "KEPT"); kept != c.kept {
				t.Errorf("kept %v, want %v: %s", kept, c.kept, out)
			}
			if !strings.HasSuffix(strings.TrimSpace(out), "}") && c.kept {
				t.Errorf("the last line is torn: …%s", out[max(0, len(out)-100):])
			}
		})
	}
}
